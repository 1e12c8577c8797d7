"""Partial admission: how many pods can be had when not all can? (rules 5.7)."""

from collections.abc import Callable, Sequence

from kueue_sim.model import PodSet
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.workload_info import FIT, Target

Outcome = tuple[Assignment, list[Target]]
"""An assignment, and whom it would evict."""


def most_pods(pod_sets: Sequence[PodSet], attempt: Callable[[Sequence[int]], Outcome]) -> Outcome | None:
    """The outcome with the most pods that fits or can be made to fit by preemption, None when there is none.

    ``attempt`` tries one number of pods per pod set. A binary search, as Kueue does it: where fewer pods do not
    always fit better, it can miss the best answer. Implements R5.50–R5.55.
    """
    spare = [ps.count - (ps.count if ps.min_count is None else ps.min_count) for ps in pod_sets]
    most = sum(spare)
    if most <= 0:
        return None
    low, high = 0, most + 1
    best: tuple[int, Outcome] | None = None
    while low < high:
        step = (low + high) // 2
        counts = [ps.count - extra * step // most for ps, extra in zip(pod_sets, spare, strict=True)]
        outcome = attempt(counts)
        if outcome[0].mode == FIT or outcome[1]:
            best = step, outcome
            high = step
        else:
            low = step + 1
    return best[1] if best is not None and best[0] == low else None
