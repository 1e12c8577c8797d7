"""A verdict that depends on one number, whatever happens in other queues: how much they leave free.

A full cohort looks at the same heads after each end of a job, and most are refused again with another number. At which
level a head would borrow and what evictions in its own queue could free follow from its own queue, where no Cohort lies
between that and the root. So both are worked out anew only when a workload of its queue came, went or moved.

Worked number: a queue with quota 16 uses 20 and asks for 8; its own workloads of a lower priority use 4, and others may
be taken from only by who stays within its quota (R10.24). With 3 free 5 are missing, more than the 4: refused. When 2
more are free, 3 are missing, and a search is due. With 8 free it fits.
"""

from dataclasses import dataclass

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.compiled_request import CompiledRequest
from kueue_sim.policy.flavors.flavor_fungibility import FITS, NO_FLAVOR
from kueue_sim.policy.preemption.beside import Beside
from kueue_sim.policy.preemption.targets import Preemption
from kueue_sim.policy.quota.quota_tree import borrowing_level
from kueue_sim.policy.workloads.assignment import Assignment, Verdict
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending


@dataclass(slots=True, eq=False)
class StandingVerdict:
    """What is known of a request for ``amount`` of one ``slot``. ``freed`` is the most that evictions could free of it
    in the own queue, ``beside`` are the queues where they could free more, None where they cannot, and ``level`` is
    that of borrowing, as of the ``changes`` that the ``holders`` of the queue's quota had seen. ``mode`` is that of a
    refusal: whether eviction is considered (R5.22) follows from the amount."""

    queue: CompiledQueue
    pending: Pending
    preemption: Preemption
    holders: Reservations
    slot: int
    amount: int
    mode: int
    level: int
    freed: int
    beside: Beside | None
    changes: int

    def now(self) -> Verdict | None:
        """Mode, level and what is missing at the present amounts; None where more has to be looked at."""
        node, slot, amount = self.queue.node, self.slot, self.amount
        free = node.raw_available(slot)
        missing = amount - free
        if self.holders.changes != self.changes:
            within = node.usage[slot] + amount <= node.nominal[slot]
            self.level = 0 if within else borrowing_level(node, slot, amount)[0]
            if missing > 0 and self.mode != NO_FLAVOR:
                freed = self.preemption.freed_at_home(self.queue, self.pending, slot, amount)
                if freed is None:
                    return None
                (self.freed, self.beside), self.changes = freed, self.holders.changes
        if missing <= 0:
            return FITS, self.level, 0
        more = missing - self.freed
        refused = more > 0 and (self.beside is None or more > self.beside.freed(more))
        return (self.mode, self.level, missing if free > 0 else amount) if refused else None


def standing_verdict(
    queue: CompiledQueue,
    pending: Pending,
    request: CompiledRequest,
    refusal: Assignment,
    holders: Reservations,
    preemption: Preemption,
) -> StandingVerdict | None:
    """What stands of a refusal; None where that depends on more than what is free, the own queue, whose quota the
    ``holders`` have, and under fair sharing the queues with a larger share."""
    node, verdict = queue.node, refusal.verdict
    if verdict is None or request.single is None or refusal.resumes_after:
        return None
    mode, level, missing = verdict
    above = node.parent
    flat = above is None or (above is node.root and above.height == 1)  # V14: where levels are told as they are
    if missing <= 0 or not flat or not (mode == NO_FLAVOR or refusal.in_vain):
        return None
    slot, amount = request.single
    found = (0, None) if mode == NO_FLAVOR else preemption.freed_at_home(queue, pending, slot, amount)
    if found is None:
        return None
    freed, beside = found
    changes = holders.changes
    return StandingVerdict(queue, pending, preemption, holders, slot, amount, mode, level, freed, beside, changes)
