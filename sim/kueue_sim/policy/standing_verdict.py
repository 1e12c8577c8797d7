"""A verdict that depends on what is free, whatever happens in other queues.

A full cohort looks at the same heads after each end of a job, and most are refused again with another number. At which
level a head would borrow, whether eviction is considered for it, what evictions in its own queue could free, and
whether others may be taken from at all: all of it follows from usage between its queue and the root, the root aside. So
it is worked out anew only when a workload of its queue came, went or moved, or a Cohort below the root is charged with
another amount. Where several resources are asked for, each has its verdict, and one that is in vain makes all of the
request so. Several flavors have their verdicts each: a request is refused as long as all of them are.

Worked number: a queue with quota 16 uses 20 and asks for 8; its own workloads of a lower priority use 4, and others may
be taken from only by who stays within its quota (R10.24). With 3 free 5 are missing, more than the 4: refused. When 2
more are free, 3 are missing, and a search is due. With 8 free it fits. The same queue in a Cohort of 32 below the root,
which uses 30: 8 more exceed that as well. When another queue of the Cohort returns 6, the 8 could be held below the
root, and whoever uses more than its quota outside may be taken from (R10.19).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.compiled_request import CompiledRequest
from kueue_sim.policy.flavors.flavor_fungibility import FITS, NO_CANDIDATES, NO_FLAVOR, FlavorMode
from kueue_sim.policy.flavors.quota_fit import QuotaFit
from kueue_sim.policy.preemption.beside import NOBODY_ELSE, Others
from kueue_sim.policy.preemption.targets import Preemption
from kueue_sim.policy.quota.quota_tree import QuotaNode, borrowing_level
from kueue_sim.policy.workloads.assignment import Assignment, Verdict
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.workload_info import Pending

_UNKNOWN = 1 << 62
"""More than anybody misses: who may be evicted was not asked for yet."""


@dataclass(slots=True, eq=False)
class StandingVerdict:
    """What is known of a request for ``amount`` of one ``slot``, as of the ``changes`` that the ``holders`` of the
    queue's quota had seen, and of what the Cohorts ``between`` the queue and the root were ``charged`` with. ``used``
    is what the root uses by slot where all that is free there is free to the queue, else None; it fits as long as no
    more than ``spare`` is used. ``own``: eviction is considered for it in any case (R5.22).

    ``level`` is that of borrowing, ``mode`` that of a refusal: whether eviction is considered (R5.22). ``at_home`` is
    the most that evictions could free in the own queue, ``others`` are those who could give up more, None while
    neither was asked for. A request that misses more than what is ``in_reach`` is refused, whatever happens outside.
    """

    queue: CompiledQueue
    pending: Pending
    request: CompiledRequest
    fit: QuotaFit
    preemption: Preemption
    holders: Reservations
    slot: int
    amount: int
    between: tuple[QuotaNode, ...]
    used: Sequence[int] | None
    spare: int
    own: bool
    changes: int = -1
    charged: list[int] = field(default_factory=list)
    mode: FlavorMode = NO_FLAVOR
    level: int = 0
    below_root: bool = False
    at_home: int = 0
    others: Others | None = None
    in_reach: int = 0

    def now(self) -> Verdict | None:
        """Mode, level and what is missing at the present amounts; None where more has to be looked at."""
        if self.holders.changes != self.changes or (self.between and self._is_charged_otherwise()):
            self._look()
        used, amount = self.used, self.amount
        missing = amount - self.queue.node.raw_available(self.slot) if used is None else used[self.slot] - self.spare
        if missing > self.in_reach:
            return self.mode, self.level, missing if missing < amount else amount
        return self._reached(missing)

    def _reached(self, missing: int) -> Verdict | None:
        """The same where it fits, or might be freed by evictions."""
        if missing <= 0:
            return FITS, self.level, 0
        others = self.others or self._ask()
        more = missing - self.at_home
        if others is None or more <= 0 or (others is not NOBODY_ELSE and more <= others.freed(more)):
            return None
        return self.mode, self.level, min(missing, self.amount)

    def _is_charged_otherwise(self) -> bool:
        slot = self.slot
        return [cohort.usage[slot] for cohort in self.between] != self.charged

    def _look(self) -> None:
        """Level and mode as they are now; who may be evicted is asked for when something is missing."""
        queue, slot, amount = self.queue, self.slot, self.amount
        self.changes = self.holders.changes
        if self.between:
            self.charged = [cohort.usage[slot] for cohort in self.between]
        self.level, self.below_root = borrowing_level(queue.node, slot, amount)
        considered = self.own or self.fit.considers_eviction(queue, slot, amount, self.below_root)
        self.mode, self.others = NO_CANDIDATES if considered else NO_FLAVOR, None
        self.in_reach = _UNKNOWN if considered else 0

    def _ask(self) -> Others | None:
        """Who may be evicted, as things are now."""
        queue, pending, slot, ask = self.queue, self.pending, self.slot, self.preemption
        self.at_home = ask.freed_at_home(queue, pending, slot)
        self.others = ask.others(queue, pending, slot, self.amount, self.below_root, self.at_home)
        if self.others is NOBODY_ELSE:
            self.in_reach = self.at_home
        return self.others

    def compared(self) -> Verdict:
        """Mode, level and what is missing at the present amounts, whether or not a search is due."""
        if self.holders.changes != self.changes or (self.between and self._is_charged_otherwise()):
            self._look()
        amount, free = self.amount, self.queue.node.raw_available(self.slot)
        if amount <= free:
            return FITS, self.level, 0
        if amount > self.queue.node.potential_available[self.slot]:
            return NO_FLAVOR, 0, -1
        return self.mode, self.level, amount - free if free > 0 else amount

    def keeps_level(self) -> bool:
        """Whether its level of borrowing is the same once others were evicted, whoever they are."""
        return self.preemption.keeps_level(self.queue, self.pending, self.slot, self.amount, self.level)

    def is_in_vain_with(self, contested: frozenset[int]) -> bool:
        """Whether it is in vain where all of these slots are short (R10.13): whoever uses more than its quota of any of
        them may have to give up this one, too."""
        queue, slot, amount = self.queue, self.slot, self.amount
        more = amount - queue.node.raw_available(slot) - self.at_home
        if self.others is NOBODY_ELSE:
            return more > 0
        others = self.preemption.others(queue, self.pending, slot, amount, self.below_root, self.at_home, contested)
        return others is not None and more > others.freed(more)


@dataclass(slots=True, eq=False)
class FlavorVerdict:
    """What is known of a request for the ``resources`` of one flavor. ``alone``: no other one is on the list.

    As of the last comparison, ``short`` are the resources that are missing where nobody can be evicted for all of them,
    and ``level`` is how far the flavor borrows then, which ranks it.
    """

    resources: Sequence[StandingVerdict]
    alone: bool
    short: list[StandingVerdict] = field(default_factory=list)
    level: int = 0

    def now(self, numbers: list[int]) -> int | None:
        """How well it serves, as the worst of its resources does (R5.25); None where more has to be looked at. Mode,
        level and what is missing of each are added to ``numbers``."""
        short, worst = self.short, FITS
        short.clear()
        for one in self.resources:
            verdict = one.compared()
            numbers += verdict
            if verdict[0] == NO_CANDIDATES:
                short.append(one)
            if verdict[0] < worst:
                worst = verdict[0]
        return None if worst == NO_CANDIDATES and not self._is_in_vain() else worst

    def _is_in_vain(self) -> bool:
        """Whether nobody can be evicted for one of its resources at least, and the others do not rank it, whoever could
        be evicted for those."""
        self.level, rest = -1, []
        for one in self.short:
            if one.now() is None:
                rest.append(one)
            elif one.level > self.level:
                self.level = one.level
        for one in rest:
            if one.level > self.level or not one.keeps_level():
                return False
        return self.level >= 0


@dataclass(slots=True, eq=False)
class StandingVerdicts:
    """What is known of a request for several resources, or that several flavors may serve: by resource group the
    flavors that may. The number of pods (``uncounted``) as such is no part of what has to fit after an eviction
    (R1.28)."""

    pending: Pending
    request: CompiledRequest
    fit: QuotaFit
    groups: Sequence[Sequence[FlavorVerdict]]
    uncounted: frozenset[int]

    def now(self) -> tuple[int, ...] | None:
        """What a scan of each resource group takes down: that it begins with the first flavor, then mode, level and
        what is missing of each resource of each flavor. Where no flavor has quota, nobody's eviction is considered
        (R5.22), and the groups behind are not looked at (R5.5).

        None where more has to be looked at, as where one of several flavors fits: it may end the scan, and the next one
        begins behind it (R5.40).
        """
        if self.pending.progress is not None:
            return None
        numbers: list[int] = []
        short: list[StandingVerdict] = []
        for flavors in self.groups:
            numbers.append(0)
            best: FlavorVerdict | None = None
            for flavor in flavors:
                mode = flavor.now(numbers)
                if mode is None or (mode == FITS and not flavor.alone):
                    return None
                if mode != NO_FLAVOR and (best is None or self._is_better(flavor, best)):
                    best = flavor
            if best is None:
                return tuple(numbers)
            short += best.short
        return tuple(numbers) if self._is_in_vain(short) else None

    def _is_better(self, one: FlavorVerdict, other: FlavorVerdict) -> bool:
        """Whether it is the better one of two flavors that are in vain."""
        rules = one.resources[0].queue.spec.flavor_fungibility
        return self.fit.prefers.better((NO_CANDIDATES, one.level), (NO_CANDIDATES, other.level), rules)

    def _is_in_vain(self, short: Sequence[StandingVerdict]) -> bool:
        """Whether nobody can be evicted for all that is short, in the flavors that serve best."""
        contested = frozenset([one.slot for one in short])
        for one in short:
            if one.slot not in self.uncounted and (len(short) == 1 or one.is_in_vain_with(contested)):
                return True
        return False


Standing = StandingVerdict | StandingVerdicts
"""What is known of a request that was refused: ``now`` are the numbers that its answer follows from at the present
amounts, None where more has to be looked at."""


def standing_verdict(
    queue: CompiledQueue,
    pending: Pending,
    request: CompiledRequest,
    answer: Assignment,
    holders: Reservations,
    fit: QuotaFit,
    preemption: Preemption,
) -> Standing | None:
    """What stands of an answer, a refusal or one that fits; None where that depends on more than amounts. ``holders``
    have the queue's quota.

    Where one flavor alone may serve, an amount beyond what the queue could ever use is refused for good; beside other
    resource groups it is the reason only when the groups before it fit.
    """
    serving, node, single = request.serving, queue.node, request.single
    if serving is None or answer.resumes_after or not fit.fungible:
        return None
    between, root = node.branch[:-1], node.root
    used = root.usage if node.pooled else None

    def standing(slot: int, amount: int) -> StandingVerdict:
        spare = root.subtree_quota[slot] - amount
        own = fit.considers_eviction(queue, slot, amount, below_root=False)
        return StandingVerdict(
            queue, pending, request, fit, preemption, holders, slot, amount, between, used, spare, own
        )

    if single is not None:
        slot, amount = single
        told = answer.verdict is not None and answer.verdict[0] in (NO_FLAVOR, NO_CANDIDATES, FITS)
        known = told and slot not in queue.pod_slots and (fit.follows_amounts or node.root.height <= 1)
        if not known or amount > node.potential_available[slot]:
            return None
        return standing(slot, amount)
    demands = [demand for options in serving for option in options for demand in option.demands]
    exceeds = any(amount > node.potential_available[slot] for _, slot, amount in demands)
    if not fit.follows_the_worst or (exceeds and len(serving) > 1):
        return None
    groups = [
        [
            FlavorVerdict(
                [standing(slot, amount) for _, slot, amount in option.demands],
                len(part.options) == 1,
            )
            for option in options
        ]
        for part, options in zip(request.groups[0].parts, serving, strict=True)
    ]
    return StandingVerdicts(pending, request, fit, groups, queue.pod_slots)
