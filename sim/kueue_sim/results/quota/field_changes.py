"""Which fields of which objects differ between two policies? As text, with what Kubernetes calls them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from kueue_sim.model import ClusterQueue, Cohort, Policy, ResourceGroup
from kueue_sim.units import format_quantity

_NAMES = {
    "nominal": "nominalQuota",
    "cohort": "cohortName",
    "parent": "parentName",
    "fair_weight": "fairSharing.weight",
}
_LEFT_OUT = ("name", "namespace", "resource_groups")
UNSET, NONE = "not set", "–"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one object, as it is in the base and in the variant."""

    object: str
    field: str
    before: str
    after: str


def policy_changes(base: Policy, variant: Policy) -> Iterator[Change]:
    """Kind by kind, object by object; an object that is in one of them alone is a change without a field."""
    kinds = {
        "ClusterQueue": "cluster_queues",
        "Cohort": "cohorts",
        "LocalQueue": "local_queues",
        "ResourceFlavor": "flavors",
        "WorkloadPriorityClass": "priority_classes",
        "Topology": "topologies",
        "AdmissionCheck": "admission_checks",
    }
    for kind, name in kinds.items():
        before, after = ({full_name(item): item for item in getattr(side, name)} for side in (base, variant))
        for key in dict.fromkeys((*before, *after)):
            label = f"{kind} {key}"
            if key not in after or key not in before:
                yield Change(label, "", "there" if key in before else NONE, "there" if key in after else NONE)
            else:
                yield from field_changes(label, before[key], after[key])


def full_name(item: object) -> str:
    """The name of an object, behind that of its namespace where it has one."""
    namespace = getattr(item, "namespace", "")
    name = str(getattr(item, "name", ""))
    return f"{namespace}/{name}" if namespace else name


def field_changes(label: str, before: object, after: object) -> Iterator[Change]:
    """The fields in which two values of one type differ."""
    if before == after:
        return
    old, new = dict(_fields(before)), dict(_fields(after))
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield Change(label, name, old.get(name, NONE), new.get(name, NONE))


def _fields(value: object, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every field below a value, with its path and content as text."""
    if isinstance(value, ClusterQueue | Cohort):
        yield from _quota_fields(value.resource_groups)
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            if item.name not in _LEFT_OUT:
                yield from _fields(
                    getattr(value, item.name), f"{prefix}.{spelled(item.name)}" if prefix else spelled(item.name)
                )
    elif isinstance(value, Mapping):
        for key, content in value.items():
            amount = format_quantity(content, key) if prefix == "allocatable" else content
            yield from _fields(amount, f"{prefix}.{key}")
    else:
        yield prefix, as_text(value)


def _quota_fields(groups: tuple[ResourceGroup, ...]) -> Iterator[tuple[str, str]]:
    for group in groups:
        for flavor in group.flavors:
            for resource, quota in flavor.resources:
                name = f"{flavor.name}.{resource}" if len(group.flavors) > 1 else resource
                for item in fields(quota):
                    amount = getattr(quota, item.name)
                    yield (
                        f"{name}.{spelled(item.name)}",
                        "no limit" if amount is None else format_quantity(amount, resource),
                    )


def as_text(value: object) -> str:
    """A value as people write it; nothing is ``not set``."""
    if value is None or value == ():
        return UNSET
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def spelled(name: str) -> str:
    """A field as Kubernetes spells it: ``stopPolicy``, ``fairSharing.weight``."""
    if name in _NAMES:
        return _NAMES[name]
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
