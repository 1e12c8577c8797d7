"""What somebody should look at: work evicted again and again, preemptions for nothing, pods that found no node."""

from typing import TYPE_CHECKING

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.report.text.loops import loop_in_words, ways_out
from kueue_sim.report.text.wording import amount, count, resource_name, team_name
from kueue_sim.results.history.by_workload import Mask
from kueue_sim.results.quota.quota_over_time import hours
from kueue_sim.results.tables.offered_load import ENOUGH, scarcest

if TYPE_CHECKING:
    from kueue_sim.results.run_result import RunResult
    from kueue_sim.results.tables.offered_load import OfferedLoad

LOOPS = 3
"""Loops of preemption that are told one by one."""
NEAR_SATURATION = 0.95
"""Offered load from which on a mean wait says more of the length of the run than of the policy."""
OFTEN = 3
"""Evictions of one workload from which on it is called out."""


def findings(result: "RunResult") -> tuple[str, ...]:
    """Warnings about the run, each with a number of workloads or events and what it cost; worst news first."""
    found = (
        *_loops(result), *_overload(result), _unplaced(result), _idle(result), _repeated(result), _never(result),
        _endless(result),
    )  # fmt: skip
    return tuple(text for text in found if text)


def _loops(result: "RunResult") -> list[str]:
    """The loops that cost most, each with what is known to end it."""
    loops = result.loops
    told = [
        f"{loop_in_words(one, result.resource)}. Known ways out: {'; '.join(ways_out(one))}" for one in loops[:LOOPS]
    ]
    rest = loops[LOOPS:]
    if rest:
        number, lost = sum(one.rounds for one in rest), sum(one.lost_hours for one in rest)
        cost = f"{amount(lost, result.resource)} {resource_name(result.resource)}-h"
        told.append(f"{count(len(rest), 'more loop')} with {count(number, 'round')}, {cost} lost")
    return told


def _overload(result: "RunResult") -> list[str]:
    """Trees, and queues without one, that are offered about as much as they have of what is scarcest there."""
    cohorts = {queue.name: queue.cohort for queue in result.scenario.policy.cluster_queues}
    told = []
    for resource, one in scarcest(result.offered_by_resource):
        alone = one.kind == "cohort" or not cohorts.get(one.name)
        if one.load is None or one.load < NEAR_SATURATION or one.workloads < ENOUGH or not alone:
            continue
        name = f"cohort {one.name}" if one.kind == "cohort" else team_name(one.name)
        quota = "its quota" if resource == result.resource else f"its quota of {resource}"
        told.append(
            f"{name} is offered {one.load:.2f} of {quota} ({_of_quota(one, resource)}): waits grow with the length of "
            "the run"
        )
    return told


def _of_quota(one: "OfferedLoad", resource: str) -> str:
    """Hours asked for of those that quota gives."""
    asked, given = (amount(hours, resource) for hours in (one.asked_hours, one.quota_hours))
    return f"{asked} of {given} {resource_name(resource)}-h"


def _cost(result: "RunResult", amount_ms: int) -> str:
    return f"{amount(hours(amount_ms, result.resource), result.resource)} {resource_name(result.resource)}-h"


def _unplaced(result: "RunResult") -> str:
    unplaced = result.history.work.unplaced
    number, whole = int(np.count_nonzero(unplaced)), int(unplaced.sum())
    if amount(hours(whole, result.resource)) == "0":
        return ""
    cost = _cost(result, whole)
    return f"{cost} of quota without use: {count(number, 'workload')} held it while no node had room for the pods"


def _idle(result: "RunResult") -> str:
    evictions = result.evictions
    number = int(np.count_nonzero(evictions.idle))
    if not number:
        return ""
    cost = _cost(result, int(evictions.lost[evictions.idle].sum()))
    return f"{count(number, 'preemption')} for nothing: the victim was admitted again before the preemptor; {cost} lost"


def _repeated(result: "RunResult") -> str:
    work = result.history.work
    times = work.preempted + work.evicted
    often = times >= OFTEN
    number = int(np.count_nonzero(often))
    if not number:
        return ""
    cost = _cost(result, int(work.lost_amount[often].sum()))
    worst = int(np.argmax(times))
    key = result.history.facts.workloads[worst].key
    return (
        f"{count(number, 'workload')} evicted {OFTEN} times or more, {key} {int(times[worst])} times; "
        f"{cost} lost{_mostly(result, often)}"
    )


def _mostly(result: "RunResult", often: Mask) -> str:
    """What more than half of what these workloads lost is due to; their evictions count alike if none was lost."""
    evictions = result.evictions
    theirs = often[evictions.victim]
    lost, total = evictions.lost, int(result.history.work.lost_amount[often].sum())
    if not total:
        lost, total = np.ones_like(lost), int(np.count_nonzero(theirs))
    causes = {
        f"for the work of {result.history.queues[queue]}": int(lost[theirs & (evictions.by_queue == queue)].sum())
        for queue in np.unique(evictions.by_queue[theirs & (evictions.by_queue != NONE)]).tolist()
    }
    causes["with failed nodes"] = total - int(lost[theirs].sum())
    worst = max(causes, key=lambda cause: causes[cause])
    return f", mostly {worst}" if 2 * causes[worst] > total else ""


def _never(result: "RunResult") -> str:
    work = result.history.work
    late = (work.submitted != NONE) & (work.admissions == 0) & (work.waiting_since != NONE)
    half = result.run.end_ms / 2
    starved = late & (result.run.end_ms - work.submitted > half) & (result.run.end_ms > 0)
    number = int(np.count_nonzero(starved))
    return f"{count(number, 'workload')} never admitted after waiting more than half of the run" if number else ""


def _endless(result: "RunResult") -> str:
    """A run that is over at once because nothing in it ends: averages over no time say nothing."""
    run = result.run
    number = sum(state == "admitted" for state in run.left.values())
    if run.end_ms or not number or run.interrupted or result.scenario.horizon_ms is not None:
        return ""
    holders = f"{count(number, 'workload')} {'holds' if number == 1 else 'hold'} quota"
    return (
        f"nothing ends here: {holders} until deleted, so the run is over at once; "
        "--runtime says how long work runs, --until how far to look"
    )
