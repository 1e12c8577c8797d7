"""A refusal that stands whatever happens in other queues, as long as they leave too little free.

A full cohort looks at the same heads after each end of a job, and most are refused again with another number. What a
head may use at all, at which level it would borrow and what evictions in its own queue could free follow from its own
queue, where no Cohort lies between that and the root. So until a workload of its queue comes, goes or moves, the
answer depends on one number: how much is free.

Worked number: a queue with quota 16 uses 20 and asks for 8; its own workloads of a lower priority use 4. Others may be
taken from only by who stays within its quota (R10.24). With 3 free 5 are missing, more than the 4: refused. When a job
of another queue ends, 2 more are free: 3 are missing, and a search is due.
"""

from dataclasses import dataclass

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.compiled_request import CompiledRequest
from kueue_sim.policy.flavors.flavor_fungibility import NO_CANDIDATES
from kueue_sim.policy.preemption.targets import Preemption
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending


@dataclass(slots=True, eq=False)
class StandingRefusal:
    """``freed`` is the most that evictions could free of the slot, all in the own queue; true until its ``holders`` have
    seen more than ``changes``. ``answers`` are those of the request, by mode, level and what is missing."""

    node: QuotaNode
    holders: Reservations
    changes: int
    slot: int
    amount: int
    freed: int
    mode: int
    level: int
    answers: dict[tuple[int, ...], Assignment]

    def again(self) -> Assignment | None:
        """The answer at the present amounts; None: it may be another one than a refusal, or was never given."""
        if self.holders.changes != self.changes:
            return None
        free = self.node.raw_available(self.slot)
        missing = self.amount - free
        if missing <= self.freed:
            return None
        return self.answers.get((self.mode, self.level, missing if free > 0 else self.amount))


def standing_refusal(
    queue: CompiledQueue,
    pending: Pending,
    request: CompiledRequest,
    assignment: Assignment,
    holders: Reservations,
    preemption: Preemption,
) -> StandingRefusal | None:
    """What keeps refusing a head that was refused just now; None where that depends on more than its own queue, whose
    quota the ``holders`` have, and on what is free."""
    node, verdict = queue.node, assignment.verdict
    if request.single is None or verdict is None or verdict[2] <= 0 or pending.status is not None:
        return None
    if node.parent is not None and node.parent is not node.root:
        return None
    slot, amount = request.single
    freed: int | None = 0
    if verdict[0] == NO_CANDIDATES:
        freed = preemption.freed_at_home(queue, pending, slot, amount) if assignment.in_vain else None
    if freed is None:
        return None
    mode, level, _ = verdict
    return StandingRefusal(node, holders, holders.changes, slot, amount, freed, mode, level, request.answers)
