"""Loops of preemption in words: who, how often, from when to when, what it cost, and what is known to end it."""

from kueue_sim.report.text.wording import amount, count, resource_name, team_name
from kueue_sim.results.tables.loops import Loop
from kueue_sim.units import format_moments

_NAMED = 5
_WITHIN_QUEUE = (
    "a ClusterQueue that preempts its own lower priorities for work that has to borrow: withinClusterQueue: Never "
    "there (HyperPod: PreemptTeamTasks=Never), or quota for its largest gang"
)
_FAIR_SHARING = (
    "fair sharing that lets the victim back in: the strategies LessThanOrEqualToFinalShare and LessThanInitialShare "
    "both, or gangs that fit into the nominal quota"
)
_RECLAIM = "lending that is taken back at once: a lendingLimit of 0 (HyperPod: DontLend), or a borrowingLimit of 0"
_WAYS_OUT = {
    "InClusterQueue": _WITHIN_QUEUE,
    "InCohortFairSharing": _FAIR_SHARING,
    "InCohortReclamation": _RECLAIM,
    "InCohortReclaimWhileBorrowing": "borrowWithinCohort: Never, so that work which borrows preempts nobody",
}
_GATE = "feature gate PrioritizePreemptorWorkloads (alpha): who preempts is admitted before the victim comes back"


def loop_in_words(loop: Loop, resource: str) -> str:
    """One loop as a sentence, without the ways out."""
    who = _listed(loop.workloads)
    teams = ", ".join(team_name(name) for name in loop.cluster_queues)
    unit = resource_name(resource)
    times = format_moments((loop.from_ms, loop.to_ms))
    when = f"for ever from {times[loop.from_ms]}" if loop.for_ever else f"{times[loop.from_ms]} to {times[loop.to_ms]}"
    counted = f" ({loop.counted:,} of them counted, not played)" if loop.counted else ""
    cost = f"{amount(loop.lost_hours, resource)} {unit}-h of run time lost"
    held = f", {amount(loop.ending_hours, resource)} {unit}-h held by pods that ended" if loop.ending_hours else ""
    end = "; nothing would ever end it, so the run ends here" if loop.for_ever else ""
    return (
        f"loop of preemption: {who} ({teams}) evict each other and come back, {when}: {count(loop.rounds, 'round')}"
        f"{counted}, {count(loop.preemptions, 'preemption')}, {cost}{held}{end}"
    )


def ways_out(loop: Loop) -> tuple[str, ...]:
    """What is known to end a loop of this kind, by Kueue's reasons of its preemptions; the first is the mildest."""
    found = [_WAYS_OUT[reason] for reason in loop.reasons if reason in _WAYS_OUT]
    return (*found, _GATE)


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
