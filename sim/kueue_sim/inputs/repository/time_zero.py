"""When does a scenario begin that is nothing but objects of a cluster? With the first Workload that was made there."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kueue_sim.inputs.text.field import Field
from kueue_sim.units import format_instant, is_instant, parse_instant

_USAGE = ("status", "fairSharing", "admissionFairSharingStatus")


def time_zero(objects: Iterable[Field]) -> tuple[str, str] | None:
    """The instant and, in words, what happened then; None where no object has an instant that counts.

    Workloads are submitted when they were created. Without any, the last sample of a LocalQueue's usage is the present.
    """
    given = list(objects)
    created = [*_instants(given, "Workload", "metadata", "creationTimestamp")]
    if created:
        return format_instant(min(created)), "the first creationTimestamp of a Workload"
    sampled = [*_instants(given, "LocalQueue", *_USAGE, "lastUpdate")]
    return (format_instant(max(sampled)), "the last sample of a LocalQueue's usage") if sampled else None


def without_later_usage(objects: Sequence[Field], begins: str) -> tuple[list[Field], list[str]]:
    """The objects, LocalQueues without the usage that was consumed after the beginning, and their names."""
    names, kept = [], []
    for one in objects:
        later = any(at > parse_instant(begins) for at in _instants([one], "LocalQueue", *_USAGE, "lastUpdate"))
        if later:
            names.append(one.get("metadata", "name").text())
            one = replace(one, value={key: child for key, child in one.mapping().items() if key != "status"})
        kept.append(one)
    return kept, names


def _instants(objects: Iterable[Field], kind: str, *steps: str) -> Iterator[int]:
    """Milliseconds since the epoch at a place of the objects of a kind."""
    for one in objects:
        value = one.get(*steps).value
        if one.get("kind").value == kind and isinstance(value, str) and is_instant(value):
            yield parse_instant(value)
