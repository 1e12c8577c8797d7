"""How well one flavor serves: does what is asked for fit, could it be had by evicting others, or not at all (R5.20)?

Each resource is compared with the quota tree as it is now. What exceeds all that the queue could ever use cannot be
had; what is missing otherwise may be had by eviction, where the rules consider one (R5.22). Whether anybody can be
evicted is asked only when every resource of the flavor could be had: that is a search for victims.

Worked number: a queue with nominal quota 8 uses 6 and asks for 4 in a cohort of 16 that uses 13. The request exceeds
the nominal quota by 2, so it would borrow, at level 1; 3 are free, so 1 is missing; at most 4, its own quota allows
eviction for it, and the search decides between *preempt* and *no candidates*.
"""

from collections.abc import Mapping, Sequence

from kueue_sim.model import PreemptionPolicy, Settings
from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.flavor_fungibility import (
    FITS,
    NO_CANDIDATES,
    NO_FLAVOR,
    PREEMPT_OWN,
    RECLAIM,
    FlavorMode,
    Rank,
    flavor_preference,
)
from kueue_sim.policy.flavors.preemption_oracle import Oracle, Standing
from kueue_sim.policy.quota.quota_tree import borrowing_level
from kueue_sim.policy.workloads.workload_info import Pending

_BEST = (FITS, 0)
"""The rank of a flavor that serves within the queue's own quota."""

Contested = tuple[int, int, int, Standing]
"""A resource that eviction may help to: where its verdict is noted, its slot, the amount and how that stands."""


class QuotaFit:
    """Compares requests with the present state of a policy's quota trees.

    Without ``remembers`` the oracle is asked even where nobody may ever be evicted.
    """

    def __init__(self, settings: Settings, oracle: Oracle, remembers: bool) -> None:
        self._oracle = oracle
        self._remembers = remembers
        self._fair = settings.fair_sharing is not None
        self._release = release = settings.release
        self._distances = release.levels_order_entries
        self._searches = release.searches_victims_per_flavor
        self._level_after = release.level_after_preemption
        self.follows_amounts = self._distances and self._searches
        """Whether what is told of an amount in vain follows from its level in any tree (V4, V14)."""
        self.follows_the_worst = self.follows_amounts and release.sorted_resources and release.useless_flavors_last
        """Whether a flavor is in vain as soon as one of its resources is, all of which are compared (V8, V10)."""
        self.prefers = flavor_preference(settings)
        self.fungible = settings.gate("FlavorFungibility")
        """Whether a scan goes on behind the flavor it stopped at the last time (R5.40)."""

    def single(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int) -> tuple[int, int, int]:
        """Mode, level and what is missing of the only resource of the only flavor there is."""
        mode, level, missing, standing = self._compare(queue, slot, amount)
        if standing is None or (queue.never_preempts and self._remembers and self._searches):
            return mode, level, missing
        found, after = self._ask(queue, pending, slot, amount, level, standing)
        return found, after, missing

    def judge(
        self,
        queue: CompiledQueue,
        pending: Pending,
        demands: Sequence[tuple[str, int, int]],
        assumed: Mapping[int, int],
        state: list[int],
    ) -> Rank:
        """How well a flavor serves, which is how it serves the worst of its resources. Implements R5.20–R5.25.

        Mode, level and what is missing of each are added to ``state``.
        """
        rank = _BEST
        contested: list[Contested] = []
        fungibility = queue.spec.flavor_fungibility
        for _, slot, amount in demands:
            value = assumed.get(slot, 0) + amount if assumed else amount
            mode, level, missing, standing = self._compare(queue, slot, value)
            if standing is not None:
                contested.append((len(state), slot, value, standing))
            elif mode == NO_FLAVOR:
                rank = (NO_FLAVOR, 0)
            elif level:
                rank = (FITS, level) if rank == _BEST else self.prefers.worse(rank, (FITS, level), fungibility)
            state += (mode, level, missing)
            if rank[0] == NO_FLAVOR and not self._release.sorted_resources:  # V10: the first one without quota ends it
                break
        if contested and rank[0] != NO_FLAVOR:
            highest = self._level_in_vain(queue, pending, contested, state) if len(contested) > 1 else -1
            for place, slot, value, standing in contested:
                level = state[place + 1]
                if level > highest or not self._oracle.keeps_level(queue, pending, slot, value, level):
                    state[place], state[place + 1] = self._ask(queue, pending, slot, value, level, standing)
                one = state[place], state[place + 1]
                rank = one if rank == _BEST else self.prefers.worse(rank, one, fungibility)
        return rank

    def rank(self, queue: CompiledQueue, verdicts: Sequence[int]) -> Rank:
        """The rank of a flavor by mode, level and what is missing of each of its resources (R5.25)."""
        rank, rules = _BEST, queue.spec.flavor_fungibility
        for one in zip(verdicts[::3], verdicts[1::3], strict=True):
            if one[0] == NO_FLAVOR:
                return NO_FLAVOR, 0
            rank = one if rank == _BEST else self.prefers.worse(rank, one, rules)
        return rank

    def _level_in_vain(
        self, queue: CompiledQueue, pending: Pending, contested: Sequence[Contested], state: Sequence[int]
    ) -> int:
        """The highest level of borrowing among the resources that nobody can be evicted for, as far as that is known
        without a search; −1 where none is.

        Where one resource is in vain, the flavor is (R5.25), whatever could be had of the rest. So nobody is looked
        for who would give that, where its level is no higher, and the same afterwards: then it does not rank the
        flavor, and the answer is as if nobody were found.
        """
        if not (self.follows_the_worst and self._remembers):
            return -1
        found = [
            state[place + 1]
            for place, slot, value, standing in contested
            if self._oracle.rules_out(queue, pending, slot, value, standing)
        ]
        return max(found, default=-1)

    def _compare(self, queue: CompiledQueue, slot: int, amount: int) -> tuple[FlavorMode, int, int, Standing | None]:
        """Mode, level and what is missing; with the standing where an eviction may help. Implements R5.20–R5.22."""
        node = queue.node
        nominal = node.nominal[slot]
        level, below_root = 0, node.parent is not None
        if node.usage[slot] + amount > nominal:
            level, below_root = borrowing_level(node, slot, amount)
        free = node.raw_available(slot)
        missing = amount - free if free > 0 else amount
        told = level if self._distances or level == 0 else 1  # V14
        if missing <= 0:
            return FITS, told, 0, None
        if amount > node.potential_available[slot]:
            return NO_FLAVOR, 0, -1, None
        if self.considers_eviction(queue, slot, amount, below_root):
            return NO_CANDIDATES, told, missing, (level, below_root, amount - free)
        return NO_FLAVOR, told, missing, None

    def _ask(
        self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, level: int, standing: Standing
    ) -> Rank:
        """Mode and level where something is missing that eviction may give."""
        if not self._searches:
            return self._guess(queue, pending, slot, amount, standing), level
        if queue.never_preempts and self._remembers:
            return NO_CANDIDATES, level
        mode, level_after = self._oracle.simulate(queue, pending, slot, amount, standing)
        return mode, level_after if self._level_after else level

    def _guess(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, standing: Standing) -> FlavorMode:
        """Without a search per flavor: it is a preemption, and a reclaim if nobody of the own queue has to go (V4)."""
        nominal = queue.node.nominal[slot]
        own = amount <= nominal or (standing[1] and self._distances)
        if not own or queue.node.usage[slot] + amount > nominal:
            return PREEMPT_OWN
        found = self._oracle.simulate(queue, pending, slot, amount, standing)[0]
        return PREEMPT_OWN if found == PREEMPT_OWN else RECLAIM

    def considers_eviction(self, queue: CompiledQueue, slot: int, amount: int, below_root: bool) -> bool:
        """Whether what is missing of so much may be had by eviction (R5.22). ``below_root``: whether a subtree below
        the root could hold the amount."""
        own = amount <= queue.node.nominal[slot] or (below_root and self._distances)
        return own or self.preempts_for_more(queue)

    def preempts_for_more(self, queue: CompiledQueue) -> bool:
        """Whether eviction is considered for work that exceeds what its queue may call its own (R5.22)."""
        reclaim = queue.spec.preemption.reclaim_within_cohort
        return queue.may_preempt_while_borrowing or (self._fair and reclaim is not PreemptionPolicy.NEVER)
