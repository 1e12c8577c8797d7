"""What did LocalQueues use since Kueue last wrote their usage down? (R7.16)

Every admission settles a penalty, but the status of a LocalQueue shows its usage only as of the last sample. What was
admitted since stands in the Workloads: when the present admission began, when finished work ran, and of evicted work
how often and for how long in all, though not when. Admissions without a time are put evenly between submission and
what is known: a guess, which the import says.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from kueue_sim.model import PastJob, PodSetAssignment, Scenario, Workload


class Episode(NamedTuple):
    """One admission: for how long the workload held its quota, None as end while it still does; ``usage`` is what it
    held, in canonical units, empty: all it asked for."""

    workload: Workload
    begin_ms: int
    end_ms: int | None
    usage: Mapping[str, int] = MappingProxyType({})


def episodes(scenario: Scenario) -> Iterator[Episode]:
    """Every admission before the simulation begins."""
    for job in scenario.past:
        yield from _of_past(job)
    for one in scenario.workloads:
        if one.status is None:
            return
        yield from _of_present(one, scenario.timing.termination_ms)


def _of_past(job: PastJob) -> Iterator[Episode]:
    if job.ended_ms is None:
        return
    begin = job.ended_ms - job.ran_ms if job.admitted_ms is None else job.admitted_ms
    yield Episode(job.workload, begin, job.ended_ms)
    yield from _untimed(job.workload, job.evictions, job.past_execution_ms, begin)


def _of_present(one: Workload, grace_ms: int) -> Iterator[Episode]:
    status = one.status
    assert status is not None
    admission, eviction = status.admission, status.eviction
    earlier, past_ms, until_ms = status.admissions, status.past_execution_ms, 0
    if admission is not None:
        earlier -= 1
        until_ms = admission.reserved_ms
        if admission.admitted_ms is not None:
            yield Episode(one, admission.admitted_ms, None, used(admission.pod_sets))
    elif eviction is not None and earlier:
        length = past_ms // earlier
        yield Episode(one, eviction.at_ms - length, min(0, eviction.at_ms + grace_ms))
        earlier, past_ms, until_ms = earlier - 1, past_ms - length, eviction.at_ms - length
    yield from _untimed(one, earlier, past_ms, until_ms)


def _untimed(one: Workload, number: int, length_ms: int, until_ms: int) -> Iterator[Episode]:
    """So many admissions of this length in all, evenly between submission and ``until_ms``."""
    each = length_ms // max(1, number)
    gap = max(0, until_ms - one.created_ms - length_ms) // (number + 1)
    for place in range(number):
        begin = one.created_ms + gap + place * (each + gap)
        yield Episode(one, begin, begin + each)


def unsampled(found: Iterable[Episode], since_ms: int) -> list[Episode]:
    """The workloads that a sample at ``since_ms`` does not know to the end."""
    return [one for one in found if one.end_ms is None or one.end_ms > since_ms]


def used(assignments: tuple[PodSetAssignment, ...]) -> dict[str, int]:
    """Usage per resource, all flavors together (R7.7)."""
    total: dict[str, int] = {}
    for assignment in assignments:
        for resource in assignment.flavors:
            total[resource] = total.get(resource, 0) + assignment.usage.get(resource, 0)
    return total
