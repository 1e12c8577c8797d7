"""The past of an imported cluster as a recording in which earlier forecasts are tried against what really happened.

The jobs that the cluster remembers are submitted when they were and run as long as they ran, under the policy of today;
that gives the states that forecasts are made from. What they are held against is when the jobs really started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kueue_sim.model import Scenario, Workload
from kueue_sim.units import format_instant, parse_instant
from kueue_sim.whatif.forecasting.correction import ENOUGH

MOST_JOBS = 3000
MOST_PLACED = 300
"""Jobs of a past that is played again; where a topology places them each takes longer."""


@dataclass(frozen=True, slots=True)
class OwnPast:
    """``scenario`` plays it up to ``now_ms`` on its own clock; ``started`` is when jobs really were first admitted, by
    key; what is not in it had not started by then."""

    scenario: Scenario
    now_ms: int
    started: Mapping[str, int]


def own_past(scenario: Scenario) -> OwnPast | None:
    """None where the cluster remembers too few starts, or too many jobs to play them again."""
    ended = [job for job in scenario.past if job.ended]
    there = [one for one in scenario.workloads if one.status is not None]
    waited = sum(job.admitted_ms is not None and job.admitted_ms > job.workload.created_ms for job in ended)
    most = MOST_PLACED if scenario.policy.topologies else MOST_JOBS
    if waited < ENOUGH or len(ended) + len(there) > most:
        return None
    begin = min(job.workload.created_ms for job in ended) // 1000 * 1000
    work: dict[str, Workload] = {}
    started: dict[str, int] = {}
    for job in ended:
        one = _submitted(job.workload, -begin, f"past-{len(work):05d}", job.ran_ms)
        work[one.key] = one
        if job.admitted_ms is not None:
            started[one.key] = job.admitted_ms - begin
    for one in there:
        again = _submitted(one, -begin, f"there-{len(work):05d}", None)
        at_ms = _first_admitted(one)
        if one.created_ms >= begin and at_ms != 0:
            work[again.key] = again
            started |= {} if at_ms is None else {again.key: at_ms - begin}
    queues = tuple(replace(one, consumed={}, consumed_at_ms=0) for one in scenario.policy.local_queues)
    trace = replace(
        scenario,
        policy=replace(scenario.policy, local_queues=queues),
        workloads=tuple(sorted(work.values(), key=lambda one: one.created_ms)),
        past=(),
        timeline=(),
        horizon_ms=-begin,
        start=format_instant(parse_instant(scenario.start) + begin),
    )
    return OwnPast(trace, -begin, started)


def _submitted(one: Workload, by_ms: int, name: str, runtime_ms: int | None) -> Workload:
    uid = f"{one.namespace}/{name}"
    return one._replace(name=name, uid=uid, created_ms=one.created_ms + by_ms, runtime_ms=runtime_ms, status=None)


def _first_admitted(one: Workload) -> int | None:
    """When it was first admitted, None when it was not yet, 0 when nobody wrote that down."""
    status = one.status
    assert status is not None
    if not status.admissions:
        return None
    admission = status.admission
    first = admission is not None and status.admissions == 1 and admission.admitted_ms is not None
    return admission.admitted_ms if first and admission is not None else 0
