"""What must fit together inside one object? Each function yields the fields that do not, with what is wrong."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from kueue_sim.inputs.kueue.validation.forms import INT32, shown
from kueue_sim.inputs.kueue.validation.known_fields import (
    FIELDS_SINCE,
    VERSIONS,
    served,
)
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.model import has_since
from kueue_sim.units import exact_quantity

Wrong = Iterator[tuple[Field, str]]


@dataclass(frozen=True, slots=True)
class Relation:
    """What must fit together in an object, in words; ``wrong`` yields what does not."""

    accepted: str
    wrong: Callable[[Field], Wrong]


def accepting(accepted: str) -> Callable[[Callable[[Field], Wrong]], Relation]:
    """Makes a relation of a function."""
    return lambda wrong: Relation(accepted, wrong)


USER_CLASSES = 1_000_000_000
"""The highest priority of a PriorityClass that users may make."""
SMALLEST_WEIGHT = Fraction(1, 10**9)


def mappings(field: Field) -> list[Field]:
    """The items of a list that are mappings; what is no list is another reader's mistake."""
    return [item for item in field.items() if isinstance(item.value, Mapping)] if is_list(field) else []


def is_list(field: Field) -> bool:
    """Whether the value is a list, so that its entries can be looked at."""
    return isinstance(field.value, list | tuple)


def amount(field: Field) -> Fraction | None:
    """A quantity, None for what is none (another reader says so)."""
    try:
        return exact_quantity(str(field.value)) if field.present else None
    except ValueError:
        return None


# -- every object --


@accepting("a version that the kind has")
def api_version(manifest: Field) -> Wrong:
    """The group and version belong to the kind; absent in objects inside a scenario, where the kind says enough."""
    given, kind = manifest.get("apiVersion"), manifest.get("kind").text()
    accepted = VERSIONS.get(kind)
    if accepted is not None and given.present and given.value not in accepted:
        yield given, f"{shown(given.value)} has no kind {kind}; accepted: {', '.join(accepted)}"


@accepting("a version that the release serves: v1beta2 from 0.15, v1alpha1 of Cohorts up to 0.12, of Topologies 0.13")
def served_version(manifest: Field) -> Wrong:
    """The API server of the release that the user's file names takes objects of this version (V9)."""
    given, kind, release = manifest.get("apiVersion"), manifest.get("kind").text(), manifest.report.release
    if not release or given.value not in VERSIONS[kind]:
        return
    accepted = served(kind, release)
    if given.value not in accepted:
        yield given, unserved(given, kind, release, accepted)


def unserved(given: Field, kind: str, release: str, accepted: Iterable[str]) -> str:
    """Why the API server refuses an object of a version, as kubectl says it."""
    refusal = f'no matches for kind "{kind}" in version "{given.value}"'
    return f"Kueue {release} does not serve it ({refusal}); accepted: {', '.join(accepted)}"


# -- quota --


@accepting("at most 256 flavors and 256 resources in all, 512 pairs in a group")
def totals(manifest: Field) -> Wrong:
    """Limits over all resource groups together, and of the pairs of flavor and resource in one."""
    groups = mappings(manifest.get("spec", "resourceGroups"))
    for part, most in (("flavors", 256), ("coveredResources", 256)):
        total = sum(len(group.get(part).items()) for group in groups if is_list(group.get(part)))
        if total > most:
            yield (
                manifest.get("spec", "resourceGroups"),
                f"{total} {part} in all are too many; at most {most} are accepted",
            )
    for group in groups:
        pairs = sum(len(one.get("resources").items()) for one in mappings(group.get("flavors")))
        if pairs > 512:
            yield group, f"{pairs} pairs of flavor and resource are too many; at most 512 are accepted in a group"


OTHER_FIELDS: Mapping[str, Mapping[str, str]] = {
    "v1beta2": {
        "cohort": "write cohortName",
        "admissionChecks": "write admissionChecksStrategy",
        "parent": "write parentName",
        "priorityClassName": "write priorityClassRef",
        "priorityClassSource": "write priorityClassRef",
        "retryDelayMinutes": "leave it out",
    },
    "v1beta1": {
        "cohortName": "write cohort",
        "parent": "write parentName",
        "priorityClassRef": "write priorityClassName and priorityClassSource",
    },
    "v1alpha1": {"parentName": "write parent"},
}
"""Fields that another version has, and what to do in this one."""


@accepting("names of the version: cohortName, parentName in v1beta2, cohort in v1beta1; fields that the release has")
def fields_of_the_version(manifest: Field) -> Wrong:
    """Versions have other names for some fields (V9); releases before a field came have it in no version."""
    given = str(manifest.get("apiVersion").value).rpartition("/")[2]
    spec, kind, release = manifest.get("spec"), manifest.get("kind").text(), manifest.report.release
    for other, what in OTHER_FIELDS.get(given, {}).items():
        if spec.get(other).present:
            yield spec.get(other), f"{given} has no field {other!r}; {what}"
    for steps, since in FIELDS_SINCE.get(kind, ()) if release else ():
        if spec.get(*steps).present and not has_since(release, since):
            yield (
                spec.get(*steps),
                f'Kueue {release} has no such field (unknown field "spec.{".".join(steps)}"); it came with {since}',
            )


@accepting("cohort and cohortName are the same")
def one_cohort(manifest: Field) -> Wrong:
    """Both names of the cohort mean the same."""
    old, new = manifest.get("spec", "cohort"), manifest.get("spec", "cohortName")
    if old.present and new.present and old.value != new.value:
        yield old, f"cohort {shown(old.value)} and cohortName {shown(new.value)} differ; leave one out"


@accepting("one of admissionChecks and admissionChecksStrategy")
def one_list_of_checks(manifest: Field) -> Wrong:
    """Checks are listed in one place."""
    spec = manifest.get("spec")
    if spec.get("admissionChecks").present and spec.get("admissionChecksStrategy").present:
        yield spec.get("admissionChecks"), "admissionChecks and admissionChecksStrategy exclude each other"


@accepting("0, or more than 1n")
def fair_weight(manifest: Field) -> Wrong:
    """A weight that Kueue's arithmetic can hold."""
    weight = manifest.get("spec", "fairSharing", "weight")
    value = amount(weight)
    if value is not None and 0 < value <= SMALLEST_WEIGHT:
        yield weight, f"{shown(weight.value)} is too small; accepted: 0, or more than 1n"


@accepting("In and NotIn have values, Exists and DoesNotExist none")
def selector_values(manifest: Field) -> Wrong:
    """Only the operators that compare values have any."""
    for item in mappings(manifest.get("spec", "namespaceSelector", "matchExpressions")):
        operator, values = item.get("operator").value, item.get("values").value
        if operator in ("In", "NotIn") and not values:
            yield item, f"values are missing; operator {operator} needs some"
        if operator in ("Exists", "DoesNotExist") and values:
            yield item.get("values"), f"operator {operator} has no values"


def _flavors(manifest: Field) -> list[str]:
    groups = mappings(manifest.get("spec", "resourceGroups"))
    return [one.get("name").text() for group in groups for one in mappings(group.get("flavors"))]


@accepting("flavors of the queue")
def flavors_of_checks(manifest: Field) -> Wrong:
    """A check is for flavors that the queue has."""
    own = _flavors(manifest)
    for rule in mappings(manifest.get("spec", "admissionChecksStrategy", "admissionChecks")):
        for item in rule.get("onFlavors").items() if is_list(rule.get("onFlavors")) else ():
            if item.value not in own:
                yield item, f"the queue has no flavor {shown(item.value)}; {near_miss(item.value, own)}"


@accepting("checks that differ")
def distinct_checks(manifest: Field) -> Wrong:
    """A check is listed once."""
    seen: set[str] = set()
    for rule in mappings(manifest.get("spec", "admissionChecksStrategy", "admissionChecks")):
        name = rule.get("name")
        if isinstance(name.value, str) and name.value in seen:
            yield name, f"a second check named {shown(name.value)}"
        seen.add(str(name.value))


@accepting("one resource group with at most 16 flavors, no StrictFIFO, constraints with TryPreferredFlavors only")
def concurrent_admission(manifest: Field) -> Wrong:
    """Variants of a workload, one for each flavor, need a queue that can hold them (gate ConcurrentAdmission)."""
    spec = manifest.get("spec")
    policy = spec.get("concurrentAdmissionPolicy")
    if not policy.present:
        return
    groups = mappings(spec.get("resourceGroups"))
    if len(groups) != 1:
        yield spec.get("resourceGroups"), "must have exactly one resource group with a concurrentAdmissionPolicy"
    elif is_list(groups[0].get("flavors")) and len(groups[0].get("flavors").items()) > 16:
        yield groups[0].get("flavors"), "more than 16 flavors are too many with a concurrentAdmissionPolicy"
    migration = policy.get("migration")
    if migration.get("constraints").present and migration.get("mode").value not in (None, "", "TryPreferredFlavors"):
        yield migration.get("constraints"), "constraints may only be set with mode TryPreferredFlavors"
    if spec.get("queueingStrategy").value == "StrictFIFO":
        yield spec.get("queueingStrategy"), "StrictFIFO cannot be used with a concurrentAdmissionPolicy"


@accepting("a flavor of the queue")
def last_acceptable_flavor(manifest: Field) -> Wrong:
    """The flavor at which migration ends is one of the queue's."""
    name = manifest.get("spec", "concurrentAdmissionPolicy", "migration", "constraints", "lastAcceptableFlavorName")
    own = _flavors(manifest)
    if name.present and name.value not in own:
        yield name, f"the queue has no flavor {shown(name.value)}; {near_miss(name.value, own)}"


@accepting("with TryNextFlavor for both conditions")
def flavor_preference(manifest: Field) -> Wrong:
    """A preference between borrowing and preemption compares all flavors."""
    rules = manifest.get("spec", "flavorFungibility")
    if not rules.get("preference").present:
        return
    if any(rules.get(name).value != "TryNextFlavor" for name in ("whenCanBorrow", "whenCanPreempt")):
        yield rules.get("preference"), "preference needs whenCanBorrow and whenCanPreempt to be TryNextFlavor"


# -- classes and limits --


@accepting("at most 1000000000, but for the system's classes")
def class_value_of_users(manifest: Field) -> Wrong:
    """Higher priorities are kept for the system."""
    value = manifest.get("value")
    of_system = manifest.get("metadata", "name").text().startswith("system-")
    if isinstance(value.value, int) and USER_CLASSES < value.value <= INT32 and not of_system:
        yield (
            value,
            f"{value.value} is too large; at most {USER_CLASSES} is accepted for classes that are not the system's",
        )


@accepting("min, defaultRequest, default, max in this order")
def limits_in_order(manifest: Field) -> Wrong:
    """No bound or default of a LimitRange is above the next one."""
    names = ("min", "defaultRequest", "default", "max")
    for item in mappings(manifest.get("spec", "limits")):
        for resource in {key for name in names for key, _ in item.get(name).entries()}:
            present = [(name, amount(item.get(name, resource))) for name in names]
            known = [(name, value) for name, value in present if value is not None]
            for (low, less), (high, more) in pairwise(known):
                if less > more:
                    yield item.get(low, resource), f"{low} of {resource} is above {high}"


# -- workloads --


@accepting("names that differ")
def pod_set_names(manifest: Field) -> Wrong:
    """Pod sets are told apart by their names."""
    seen: set[str] = set()
    for item in mappings(manifest.get("spec", "podSets")):
        name = item.get("name").text("main")
        if name in seen:
            yield item.get("name") if item.get("name").present else item, f"a second pod set named {name!r}"
        seen.add(name)
