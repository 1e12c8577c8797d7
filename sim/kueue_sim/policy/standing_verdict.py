"""A verdict that stands whatever happens in other queues, but for how much they leave free.

A full cohort looks at the same heads after each end of a job, and most are refused again with another number. At which
level a head would borrow and what evictions in its own queue could free follow from its own queue, where no Cohort lies
between that and the root. So until a workload of its queue comes, goes or moves, the verdict depends on one number.

Worked number: a queue with quota 16 uses 20 and asks for 8; its own workloads of a lower priority use 4, and others may
be taken from only by who stays within its quota (R10.24). With 3 free 5 are missing, more than the 4: refused. When 2
more are free, 3 are missing, and a search is due. With 8 free it fits.
"""

from dataclasses import dataclass

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.compiled_request import CompiledRequest
from kueue_sim.policy.flavors.flavor_fungibility import FITS, NO_FLAVOR
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.assignment import Assignment, Verdict
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import NO_FIT


@dataclass(slots=True, eq=False)
class StandingVerdict:
    """``freed`` is the most that evictions could free of the slot, all in the own queue; true until its ``holders``
    have seen more than ``changes``. ``mode`` is that of a refusal."""

    node: QuotaNode
    holders: Reservations
    changes: int
    slot: int
    amount: int
    freed: int
    mode: int
    level: int

    def now(self) -> Verdict | None:
        """Mode, level and what is missing at the present amounts; None where that takes a search, or something happened
        in the queue."""
        if self.holders.changes != self.changes:
            return None
        free = self.node.raw_available(self.slot)
        missing = self.amount - free
        if missing > self.freed:
            return self.mode, self.level, missing if free > 0 else self.amount
        return (FITS, self.level, 0) if missing <= 0 else None


def standing_verdict(
    queue: CompiledQueue,
    request: CompiledRequest,
    refusal: Assignment,
    holders: Reservations,
    freed_alone: int | None,
) -> StandingVerdict | None:
    """What stands of a refusal; None where that depends on more than the own queue, whose quota the ``holders`` have,
    and on what is free. ``freed_alone`` is what evictions in its queue could free, None where others could be evicted
    as well, or were looked at."""
    if refusal.mode == NO_FIT or queue.never_preempts:
        freed_alone = 0
    node, verdict = queue.node, refusal.verdict
    if freed_alone is None or verdict is None or request.single is None or refusal.resumes_after:
        return None
    mode, level, missing = verdict
    above = node.parent
    flat = above is None or (above is node.root and above.height == 1)  # V14: where levels are told as they are
    if missing <= 0 or not flat or not (mode == NO_FLAVOR or refusal.in_vain):
        return None
    slot, amount = request.single
    return StandingVerdict(node, holders, holders.changes, slot, amount, freed_alone, mode, level)
