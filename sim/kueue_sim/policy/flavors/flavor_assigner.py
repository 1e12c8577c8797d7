"""Flavor assignment: which flavor each pod set gets, or why none (rules 5.1–5.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kueue_sim.model import PreemptionPolicy
from kueue_sim.policy.compiled_policy import CompiledGroup, CompiledPolicy, CompiledQueue
from kueue_sim.policy.flavors.flavor_matching import FlavorMatcher
from kueue_sim.policy.quota.quota_tree import borrowing_level
from kueue_sim.policy.workloads.assignment import Assignment, milder, pod_set_groups, requests_of, visiting_order, worse
from kueue_sim.policy.workloads.workload_info import (
    FIT,
    NO_FIT,
    PREEMPT,
    FlavorChoice,
    Pending,
    PodSetResult,
    ScanProgress,
    Target,
)
from kueue_sim.units import format_quantity

NO_FLAVOR, NO_CANDIDATES, PREEMPT_OWN, RECLAIM, FITS = range(5)
"""How well one flavor serves, from worst to best (R5.23–R5.24)."""

_MODE_OF = (NO_FIT, PREEMPT, PREEMPT, PREEMPT, FIT)

Pinned = Sequence[Mapping[str, str]]
"""Per pod set, the only flavor allowed for each resource (R4.32)."""


class Oracle(Protocol):
    """Answers whether evicting others would make room for one amount of one (flavor, resource), or for all of them."""

    def simulate(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int) -> tuple[int, int]:
        """(NO_CANDIDATES, PREEMPT_OWN or RECLAIM; borrowing level afterwards). Implements R5.23–R5.24."""
        ...

    def targets(self, queue: CompiledQueue, pending: Pending, assignment: Assignment) -> list[Target]:
        """Whom to evict for the whole of an assignment (R10.12)."""
        ...


@dataclass(slots=True)
class _Search:
    flavors: dict[str, FlavorChoice] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    no_fit: str = ""


class FlavorAssigner:
    """Assigns flavors against the present state of a world's quota trees."""

    def __init__(self, compiled: CompiledPolicy, oracle: Oracle) -> None:
        self._world = compiled
        self._oracle = oracle
        settings = compiled.settings
        self.fungible = settings.gate("FlavorFungibility")
        self._fair = settings.fair_sharing is not None
        self.matcher = FlavorMatcher(compiled)

    def assign(
        self,
        queue: CompiledQueue,
        pending: Pending,
        counts: Sequence[int],
        cycle: int,
        pinned: Pinned | None = None,
        replaced: Sequence[tuple[Mapping[str, str], Mapping[str, int]]] | None = None,
    ) -> Assignment:
        """The best flavors for these pod counts; stops at the first pod set group without any (R5.5).

        ``replaced`` holds flavors and usage of the slice that an elastic workload replaces (R5.61–R5.62).
        """
        results = [
            PodSetResult(pod_set, number, requests_of(pod_set, number, "pods" in queue.group_of))
            for pod_set, number in zip(pending.pod_sets, counts, strict=True)
        ]
        assignment = Assignment([], {}, 0, ScanProgress((), queue.generation, cycle))
        for members in pod_set_groups(pending.pod_sets):
            failed = self._assign_group(
                queue, pending, [results[i] for i in members], members, assignment, pinned, replaced
            )
            if failed:
                break
        self._finish(assignment, results)
        return assignment

    def _finish(self, assignment: Assignment, results: Sequence[PodSetResult]) -> None:
        assignment.complete()
        order = {id(result): index for index, result in enumerate(results)}
        assignment.pod_sets.sort(key=lambda result: order[id(result)])
        done = {id(result) for result in assignment.pod_sets}
        assignment.progress.tried = tuple(
            {resource: choice.tried for resource, choice in result.flavors.items()} if id(result) in done else {}
            for result in results
        )
        assignment.mode = min((result.mode for result in assignment.pod_sets), default=NO_FIT)
        for result in assignment.pod_sets:
            if result.mode == NO_FIT:
                assignment.no_fit_reason = worse(assignment.no_fit_reason, result.no_fit_reason)

    def _assign_group(
        self,
        queue: CompiledQueue,
        pending: Pending,
        results: Sequence[PodSetResult],
        members: Sequence[int],
        assignment: Assignment,
        pinned: Pinned | None,
        replaced: Sequence[tuple[Mapping[str, str], Mapping[str, int]]] | None,
    ) -> bool:
        total: dict[str, int] = {}
        for result in results:
            for resource, amount in result.requests.items():
                total[resource] = total.get(resource, 0) + amount
        chosen: dict[str, FlavorChoice] | None = {}
        reasons: list[str] = []
        no_fit = ""
        rejections: dict[frozenset[str], str] = {}
        for resource in sorted(total, key=visiting_order):
            group = queue.group_of.get(resource)
            if group is None and (total[resource] == 0 or self._world.settings.ignore_undeclared_resources):
                continue
            if chosen and resource in chosen:
                continue
            if group is None:
                chosen, reasons = None, [f"resource {resource} unavailable in ClusterQueue"]
                no_fit = "NoMatchingFlavor"
                break
            search = self._search(queue, pending, group, resource, total, members, assignment, pinned, replaced)
            if not search.flavors:
                chosen, reasons, no_fit = None, search.reasons, worse(no_fit, search.no_fit)
                break
            assert chosen is not None
            chosen.update(search.flavors)
            reasons.extend(search.reasons)
            rejections[group.covered] = search.no_fit
        failed = False
        for result in results:
            result.rejections = rejections
            self._settle(queue, result, chosen, reasons, no_fit, assignment, replaced, members, results)
            failed = failed or (bool(result.requests) and not result.flavors and bool(result.reasons))
        return failed

    def _settle(
        self,
        queue: CompiledQueue,
        result: PodSetResult,
        chosen: Mapping[str, FlavorChoice] | None,
        reasons: Sequence[str],
        no_fit: str,
        assignment: Assignment,
        replaced: Sequence[tuple[Mapping[str, str], Mapping[str, int]]] | None,
        members: Sequence[int],
        results: Sequence[PodSetResult],
    ) -> None:
        """Give a member of the group the flavors of what it requests, and charge them to the assignment."""
        result.reasons = tuple(reasons)
        result.no_fit_reason = no_fit
        if chosen is not None:
            if result.requests:
                wanted = {resource: chosen[resource] for resource in result.requests if resource in chosen}
            elif result.pod_set.topology is not None and result.pod_set.topology.group is not None:
                wanted = {
                    resource: choice
                    for resource, choice in chosen.items()
                    if self._world.flavors[choice.flavor].topology_name is not None
                }
            else:
                wanted = {}
            result.flavors = wanted
            old = replaced[members[results.index(result)]][1] if replaced is not None else {}
            for resource, choice in wanted.items():
                amount = result.requests.get(resource, 0) - old.get(resource, 0)
                slot = self._world.forest.slot_of[choice.flavor, resource]
                assignment.usage[slot] = assignment.usage.get(slot, 0) + amount
                assignment.borrowing = max(assignment.borrowing, choice.level)
        assignment.pod_sets.append(result)

    def _search(
        self,
        queue: CompiledQueue,
        pending: Pending,
        group: CompiledGroup,
        resource: str,
        total: Mapping[str, int],
        members: Sequence[int],
        assignment: Assignment,
        pinned: Pinned | None,
        replaced: Sequence[tuple[Mapping[str, str], Mapping[str, int]]] | None,
    ) -> _Search:
        """Try the group's flavors in order from where the last scan stopped. Implements R5.10, R5.30–R5.36.

        Without fungible flavors every scan starts anew, yet it counts as unfinished, which keeps the workload active.
        """
        search = _Search()
        wanted = [(name, amount) for name, amount in sorted(total.items()) if name in group.covered]
        best: dict[str, FlavorChoice] = {}
        best_rank = (NO_FLAVOR, 1 << 60)
        least = ""
        start = 0
        if self.fungible and pending.progress is not None and members[0] < len(pending.progress.tried):
            start = pending.progress.tried[members[0]].get(resource, -1) + 1
        index = -1
        fungibility = queue.spec.flavor_fungibility
        allowed = pending.workload.allowed_flavors
        for index in range(start, len(group.flavors)):
            flavor, slots = group.flavors[index]
            if pinned is not None and not any(pinned[i].get(resource) == flavor for i in members):
                search.reasons.append(
                    f"skipping flavor {flavor} as it is not found in the nomination mapping for resource {resource}"
                )
                continue
            if allowed and flavor not in allowed:
                search.reasons.append(
                    f"skipping flavor {flavor} due to WorkloadAllowedResourceFlavorAnnotation annotation"
                )
                continue
            mismatch = self.matcher.mismatch(queue, group, flavor, [pending.pod_sets[i] for i in members])
            if mismatch:
                search.reasons.append(mismatch)
                least = milder(least, "NoMatchingFlavor")
                continue
            choices: dict[str, FlavorChoice] = {}
            rank = (FITS, 0)
            why = ""
            for name, amount in wanted:
                for before, usage in (replaced[i] for i in members) if replaced is not None else ():
                    if before.get(name, "") != flavor:
                        rank = (NO_FLAVOR, 1 << 60)
                        search.reasons.append(
                            f"could not assign {flavor} flavor since the original workload is assigned: "
                            f"{before.get(name, '')}"
                        )
                        why = worse(why, "NoMatchingFlavor")
                        break
                    amount -= usage.get(name, 0)
                slot = slots[name]
                mode, level, reason, cause = self._classify(
                    queue, pending, flavor, name, slot, assignment.usage.get(slot, 0), amount
                )
                if reason:
                    search.reasons.append(reason)
                    why = worse(why, cause)
                if preferred(rank, (mode, level), fungibility.preference):
                    rank = (mode, level)
                choices[name] = FlavorChoice(flavor, _MODE_OF[mode], level, index)
            if rank[0] == NO_FLAVOR:
                least = milder(least, why)
            if self.fungible:
                if not _go_on(rank, fungibility.when_can_borrow, fungibility.when_can_preempt):
                    best, best_rank = choices, rank
                    break
                if preferred(rank, best_rank, fungibility.preference):
                    best, best_rank = choices, rank
            elif rank[0] > best_rank[0]:
                best, best_rank = choices, rank
                if rank[0] == FITS:
                    break
        tried = 0 if not self.fungible else -1 if index == len(group.flavors) - 1 else index
        for choice in best.values():
            choice.tried = tried
        search.flavors = best
        search.no_fit = least
        if best_rank[0] == FITS:
            search.reasons = []
        return search

    def preempts_for_more(self, queue: CompiledQueue) -> bool:
        """Whether eviction is considered for work that exceeds what its queue may call its own (R5.22)."""
        reclaim = queue.spec.preemption.reclaim_within_cohort
        return queue.may_preempt_while_borrowing or (self._fair and reclaim is not PreemptionPolicy.NEVER)

    def nobody_helps(self, queue: CompiledQueue, pending: Pending, amounts: Sequence[tuple[int, int]]) -> bool:
        """Whether for none of these slots there is anybody whose eviction would make room for its amount (R5.23)."""
        return all(self._oracle.simulate(queue, pending, slot, value)[0] == NO_CANDIDATES for slot, value in amounts)

    def has_targets(self, queue: CompiledQueue, pending: Pending, assignment: Assignment) -> bool:
        """Whether evicting others makes room for all of an assignment, if that is possible at all."""
        return assignment.mode == PREEMPT and bool(self._oracle.targets(queue, pending, assignment))

    def _classify(
        self, queue: CompiledQueue, pending: Pending, flavor: str, resource: str, slot: int, assumed: int, amount: int
    ) -> tuple[int, int, str, str]:
        """How well one flavor serves one resource: mode, borrowing level, and if not a fit the message and
        cause. Implements R5.20–R5.24."""
        value = assumed + amount
        node = queue.node
        if value > node.potential_available[slot]:
            reason = (
                f"insufficient quota for {resource} in flavor {flavor}, previously considered podsets requests "
                f"({format_quantity(assumed, resource)}) + current podset request "
                f"({format_quantity(amount, resource)}) > maximum capacity "
                f"({format_quantity(node.potential_available[slot], resource)})"
            )
            return NO_FLAVOR, 0, reason, "ExceedsMaxQuota"
        level, below_root = borrowing_level(node, slot, value)
        free = node.available(slot)
        if value <= free:
            return FITS, level, "", ""
        reason = (
            f"insufficient unused quota for {resource} in flavor {flavor}, "
            f"{format_quantity(value - free, resource)} more needed"
        )
        if value <= node.nominal[slot] or below_root or self.preempts_for_more(queue):
            mode, level = self._oracle.simulate(queue, pending, slot, value)
            return mode, level, reason, ""
        return NO_FLAVOR, level, reason, "WaitingForQuota"


def preferred(a: tuple[int, int], b: tuple[int, int], preference: str | None) -> bool:
    """Whether (mode, level) ``a`` is strictly better than ``b``. Implements R5.25."""
    if a[0] == NO_FLAVOR:
        return False
    if b[0] == NO_FLAVOR:
        return True
    if (a[0] == NO_CANDIDATES) != (b[0] == NO_CANDIDATES):
        return b[0] == NO_CANDIDATES
    if preference == "PreemptionOverBorrowing":
        return (a[1], -a[0]) < (b[1], -b[0])
    return (-a[0], a[1]) < (-b[0], b[1])


def _go_on(rank: tuple[int, int], when_can_borrow: str, when_can_preempt: str) -> bool:
    """Whether the scan looks at the next flavor. Implements R5.30."""
    mode, level = rank
    if mode in (NO_FLAVOR, NO_CANDIDATES):
        return True
    if mode in (PREEMPT_OWN, RECLAIM) and when_can_preempt == "TryNextFlavor":
        return True
    return level > 0 and when_can_borrow == "TryNextFlavor"
