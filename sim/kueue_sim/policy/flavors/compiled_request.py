"""Compiled requests: the common case of flavor assignment answered from a table.

Most workloads have one pod set, ask for one resource group and bring no history with them. For these everything but
the present usage is known beforehand. A plan holds it, so that an evaluation is a few comparisons. Whatever a plan
does not cover takes the general way of ``flavors``, which also works out each answer once.
"""

from dataclasses import dataclass, field

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.flavor_assigner import FlavorAssigner
from kueue_sim.policy.quota.quota_tree import borrowing_level
from kueue_sim.policy.workloads.assignment import Assignment, requests_of
from kueue_sim.policy.workloads.workload_info import FIT, Pending

_ANSWERS = 4096
"""Answers remembered per plan; more would be a leak where amounts are bytes."""


@dataclass(frozen=True, slots=True)
class FlavorOption:
    """A flavor that can serve them: its place in the list, and what would be charged per slot."""

    index: int
    demands: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class CompiledRequest:
    """What workloads of one shape ask of one queue. ``options`` are the flavors that can serve them, in order.

    ``complete``: the list has no flavor after them on which a topology would place the pods. ``pods`` is their number.
    ``scan_on_if_borrowing``: a fit that borrows does not end the scan (R5.30). ``preempts_for_more``: eviction is
    considered for more than the nominal quota, too (R5.22). ``answers`` are the assignments given so far, by what they
    depend on; equal answers are one object.
    """

    options: tuple[FlavorOption, ...]
    complete: bool
    pods: int
    may_shrink: bool
    """Whether fewer pods would do (R5.50)."""
    scan_on_if_borrowing: bool
    preempts_for_more: bool
    answers: dict[tuple[int, ...], Assignment] = field(default_factory=dict)
    within_nominal: Assignment | None = None
    """The answer where it fits into the queue's own quota of the first flavor, once that was given."""


def compile_request(queue: CompiledQueue, pending: Pending, assigner: FlavorAssigner) -> CompiledRequest | None:
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
    options: list[FlavorOption] = []
    complete = True
    for index, (flavor, slots) in enumerate(group.flavors):
        if assigner.matcher.uses_topology(flavor, pod_set):
            complete = False
            break
        if not assigner.matcher.mismatch(queue, group, flavor, [pod_set]):
            demands = tuple((slots[resource], requests[resource]) for resource in sorted(requests))
            options.append(FlavorOption(index, demands))
    if not options:
        return None
    scan_on = queue.spec.flavor_fungibility.when_can_borrow == "TryNextFlavor"
    shrinks, more = pod_set.min_count is not None, assigner.preempts_for_more(queue)
    return CompiledRequest(tuple(options), complete, pod_set.count, shrinks, scan_on, more)


def quick_answer(
    queue: CompiledQueue, plan: CompiledRequest, assigner: FlavorAssigner, pending: Pending
) -> Assignment | None:
    """The assignment, where it follows from the plan; None when the general way must be gone.

    It does as long as the scan (R5.30) meets flavors into which the request fits or for which nobody's eviction would
    help (R5.20–R5.23). Then the answer depends on where the scan starts, the borrowing levels and what is missing
    alone, so it is worked out once for each of these.
    """
    node = queue.node
    usage, nominal = node.usage, node.nominal
    start = 0 if pending.progress is None else 1 + max(pending.progress.tried[0].values(), default=-1)
    if plan.within_nominal is not None and not start:
        for slot, amount in plan.options[0].demands:
            if usage[slot] + amount > nominal[slot] or (node.parent and amount > node.raw_available(slot)):
                break
        else:
            return plan.within_nominal
    state = [start]
    asked = False
    for option in plan.options:
        if option.index < start:
            continue
        fits, borrows = True, False
        contested: list[tuple[int, int]] = []
        for slot, amount in option.demands:
            level, below_root = 0, node.parent is not None
            if usage[slot] + amount > nominal[slot]:
                level, below_root = borrowing_level(node, slot, amount)
                borrows = borrows or level > 0
            free = node.raw_available(slot)
            missing = amount - free if free > 0 else amount
            if missing > 0:
                fits = False
                if amount <= node.potential_available[slot] and (
                    amount <= nominal[slot] or below_root or plan.preempts_for_more
                ):
                    contested.append((slot, amount))
            else:
                missing = 0
            state.append(level)
            state.append(missing)
        if fits and not (borrows and plan.scan_on_if_borrowing):
            break
        if contested and not queue.never_preempts:
            asked = True
            if plan.may_shrink or not assigner.nobody_helps(queue, pending, contested):
                return None
    else:
        if not plan.complete:
            return None
    key = tuple(state)
    answer = plan.answers.get(key)
    if answer is None:
        answer = _worked_out(plan, key, assigner.assign(queue, pending, [plan.pods], 0))
    if answer.mode != FIT:
        several = len(plan.options[0].demands) > 1
        if plan.may_shrink or (asked and several and assigner.has_targets(queue, pending, answer)):
            return None
    return answer


def _worked_out(plan: CompiledRequest, key: tuple[int, ...], answer: Assignment) -> Assignment:
    """Remember what the general way says."""
    answer.resumes_after = answer.progress.pending_flavors
    if answer.mode == FIT and len(key) == 1 + 2 * len(plan.options[0].demands) and not any(key):
        plan.within_nominal = answer
    if len(plan.answers) >= _ANSWERS:
        plan.answers.clear()
    plan.answers[key] = answer
    return answer
