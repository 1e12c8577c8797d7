"""Compiled requests: the common case of flavor assignment answered from a table.

Most workloads have one pod set, ask for one resource group and fit into, or fail at, the first flavors they may
use. For these everything but the present usage is known beforehand. A plan holds it, so that an evaluation is a
few comparisons. Whatever a plan does not cover takes the general way of ``flavors``; both give the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sim.policy.assignment import Assignment, requests_of
from sim.policy.compiled import Queue
from sim.policy.entities import FIT, FlavorChoice, Pending, PodSetResult, ScanProgress
from sim.policy.flavors import FlavorAssigner
from sim.policy.quota_tree import borrowing_level

_ANSWERS = 4096
"""Answers remembered per plan; more would be a leak where amounts are bytes."""


@dataclass(frozen=True, slots=True)
class Option:
    """One flavor the workload may use: its place in the list, and what would be charged per slot."""

    index: int
    flavor: str
    demands: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Plan:
    """What workloads of one shape ask of one queue. ``first`` is the first flavor that can serve them at all.

    ``preempts_for_more``: eviction is considered for more than the nominal quota, too (R5.22). ``answers`` are the
    assignments given so far, by what they depend on; equal answers are one object.
    """

    first: Option
    result: PodSetResult
    last_index: int
    scan_on_if_borrowing: bool
    preempts_for_more: bool
    answers: dict[tuple[int, ...], Assignment] = field(default_factory=dict)
    at_home: Assignment | None = None
    """The answer where it fits into the queue's own quota, once that was given."""

    @property
    def only(self) -> bool:
        """Whether the resource group has no other flavor."""
        return self.last_index == 0

    @property
    def may_shrink(self) -> bool:
        """Whether fewer pods would do (R5.50)."""
        return self.result.pod_set.min_count is not None


def plan_of(queue: Queue, pending: Pending, assigner: FlavorAssigner) -> Plan | None:
    """The plan of a workload in a queue; None when its evaluation needs the general way."""
    workload = pending.workload
    if len(pending.pod_sets) != 1 or workload.reclaimable or workload.replaces is not None or workload.allowed_flavors:
        return None
    pod_set = pending.pod_sets[0]
    requests = requests_of(pod_set, pod_set.count, "pods" in queue.group_of)
    groups = {id(queue.group_of.get(resource)): queue.group_of.get(resource) for resource in requests}
    group = next(iter(groups.values()), None)
    if len(groups) != 1 or group is None or not assigner.fungible:
        return None
    for index, (flavor, slots) in enumerate(group.flavors):
        if assigner.matcher.uses_topology(flavor, pod_set):
            return None
        if not assigner.matcher.mismatch(queue, group, flavor, [pod_set]):
            demands = tuple((slots[resource], requests[resource]) for resource in sorted(requests))
            scan_on = queue.spec.flavor_fungibility.when_can_borrow == "TryNextFlavor"
            result = PodSetResult(pod_set, pod_set.count, requests)
            more = assigner.preempts_for_more(queue)
            return Plan(Option(index, flavor, demands), result, len(group.flavors) - 1, scan_on, more)
    return None


def quick_answer(queue: Queue, plan: Plan, assigner: FlavorAssigner, pending: Pending) -> Assignment | None:
    """The assignment, where the plan's first flavor decides it; None when the general way must be gone.

    It does where the scan stops at that flavor because it fits (R5.21, R5.30), or where it is the only flavor and
    there is nobody whose eviction would help (R5.20–R5.23). The answer depends on the borrowing levels and on
    what is missing alone, so it is worked out once for each of these.
    """
    node = queue.node
    usage, nominal = node.usage, node.nominal
    if plan.at_home is not None:
        for slot, amount in plan.first.demands:
            if usage[slot] + amount > nominal[slot] or (node.parent and amount > node.raw_available(slot)):
                break
        else:
            return plan.at_home
    fits = True
    asked: list[tuple[int, int]] = []
    state: list[int] = []
    for slot, amount in plan.first.demands:
        level, below_root = 0, node.parent is not None
        if usage[slot] + amount > nominal[slot]:
            level, below_root = borrowing_level(node, slot, amount)
        free = node.raw_available(slot)
        missing = amount - free if free > 0 else amount
        if missing > 0:
            fits = False
            if amount <= node.potential[slot] and (amount <= nominal[slot] or below_root or plan.preempts_for_more):
                asked.append((slot, amount))
        else:
            missing = 0
        state.append(level)
        state.append(missing)
    if not fits and (not plan.only or plan.may_shrink):
        return None
    may_evict = asked and not queue.never_preempts
    if may_evict and not assigner.nobody_helps(queue, pending, asked):
        return None
    key = tuple(state)
    answer = plan.answers.get(key)
    if answer is None:
        if fits:
            if plan.scan_on_if_borrowing and any(state):
                return None
            answer = _fit(plan, key[::2])
            if not any(state):
                plan.at_home = answer
        else:
            answer = assigner.assign(queue, pending, [plan.result.count], 0)
        if len(plan.answers) >= _ANSWERS:
            plan.answers.clear()
        plan.answers[key] = answer
    if may_evict and len(plan.first.demands) > 1 and assigner.has_targets(queue, pending, answer):
        return None
    return answer


def _fit(plan: Plan, levels: Sequence[int]) -> Assignment:
    option, result = plan.first, plan.result
    tried = -1 if option.index == plan.last_index else option.index
    flavors: Mapping[str, FlavorChoice] = {
        resource: FlavorChoice(option.flavor, FIT, level, tried)
        for resource, level in zip(sorted(result.requests), levels, strict=True)
    }
    fitting = PodSetResult(result.pod_set, result.count, result.requests, dict(flavors))
    progress = ScanProgress(({resource: tried for resource in flavors},), 0, 0)
    answer = Assignment([fitting], dict(option.demands), max(levels, default=0), progress, mode=FIT)
    answer.complete()
    answer.scans_on = tried != -1
    return answer
