"""What do the conditions of a Kubernetes object say, and when did they come to say so?"""

from collections.abc import Iterator, Mapping
from typing import Any

from kueue_sim.units import is_instant

Manifest = dict[str, Any]


def status_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The status of an object, empty when it has none."""
    status = manifest.get("status")
    return status if isinstance(status, Mapping) else {}


def condition(manifest: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The condition of this type, None when the object has none."""
    found = status_of(manifest).get("conditions")
    known = found if isinstance(found, list | tuple) else ()
    return next((item for item in known if isinstance(item, Mapping) and item.get("type") == kind), None)


def is_true(manifest: Mapping[str, Any], kind: str) -> bool:
    """Whether the object has a condition of this type and it is True."""
    found = condition(manifest, kind)
    return found is not None and found.get("status") == "True"


def since(manifest: Mapping[str, Any], kind: str) -> str | None:
    """When the condition of this type became what it is, as it stands there."""
    found = condition(manifest, kind)
    return None if found is None else found.get("lastTransitionTime")


def eviction_count(manifest: Mapping[str, Any]) -> int:
    """How often a Workload was evicted so far."""
    stats = status_of(manifest).get("schedulingStats") or {}
    return sum(int(one.get("count") or 0) for one in stats.get("evictions") or ())


_TIMES = frozenset(
    ("creationTimestamp", "lastTransitionTime", "lastHeartbeatTime", "lastUpdate", "lastProbeTime", "startTime", "time")
)
"""Fields with an instant that had passed when it was written."""


def instants(value: object) -> Iterator[str]:
    """Every instant inside an object at which something had happened."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            if key in _TIMES and isinstance(child, str) and is_instant(child):
                yield child
            elif isinstance(child, Mapping | list):
                yield from instants(child)
    elif isinstance(value, list):
        for child in value:
            yield from instants(child)


def executed_before_s(manifest: Mapping[str, Any]) -> int | None:
    """For how many seconds a Workload was admitted in earlier attempts, None when none is written down. v1beta1 spells
    the field with an x too many."""
    status = status_of(manifest)
    found: int | None = status.get("accumulatedPastExecutionTimeSeconds")
    return status.get("accumulatedPastExexcutionTimeSeconds") if found is None else found
