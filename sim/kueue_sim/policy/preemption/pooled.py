"""The search of 0.10 and 0.11: the whole tree of Cohorts is one pool, wherever a queue hangs in it (V15, V15a)."""

from collections.abc import Iterable

from kueue_sim.model import Preemption, PreemptionPolicy
from kueue_sim.policy.preemption.borrow_within_cohort import borrowing_threshold
from kueue_sim.policy.preemption.candidates import Request, allowed, exceeds_quota
from kueue_sim.policy.preemption.classical import fill_back, fits
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.preemption.tree_candidates import TreeCandidates
from kueue_sim.policy.workloads.reservations import ranked
from kueue_sim.policy.workloads.workload_info import Reservation, Target


def find_targets(request: Request, policy: Preemption, tree: TreeCandidates) -> list[Target]:
    """The workloads to evict so that the request fits, empty when nothing helps."""
    found = candidates(request, policy, tree)
    own = [reservation for reservation in found if reservation.queue is request.node]
    if len(own) == len(found):
        return evict_least(request, own, True, None)
    under_nominal = all(request.node.usage[slot] < request.node.nominal[slot] for slot in request.contested)
    threshold = borrowing_threshold(request, policy)
    if threshold is not None:
        if not under_nominal:
            found = [one for one in found if one.queue is request.node or one.priority < threshold]
        return evict_least(request, found, True, threshold)
    if under_nominal and (targets := evict_least(request, found, False, None)):
        return targets
    return evict_least(request, own, True, None)


def candidates(request: Request, policy: Preemption, tree: TreeCandidates) -> list[Reservation]:
    """Everybody who may be evicted: first those being evicted, other queues before the own, then as ever (R10.21)."""
    rules = [(request.node, policy.within_cluster_queue)]
    if request.node.parent is not None and policy.reclaim_within_cohort is not PreemptionPolicy.NEVER:
        rules += [
            (queue, policy.reclaim_within_cohort)
            for queue in tree.reservations
            if queue is not request.node and exceeds_quota(queue, request.contested)
        ]
    found: list[Reservation] = []
    for queue, rule in rules:
        here = tree.reservations.get(queue)
        if here is not None and rule is not PreemptionPolicy.NEVER:
            for entries in (here.order().evicted, here.order().standing):
                found += allowed(request, rule, entries)
    own = request.node
    return sorted(found, key=lambda one: (not one.evicted, one.queue is own, ranked(one)[:4]))


def evict_least(request: Request, found: Iterable[Reservation], borrowing: bool, threshold: int | None) -> list[Target]:
    """Evict in order until the request fits, then spare whom it can. Whoever is not below the threshold costs the
    permission to borrow, and everybody below it is labelled as if it were made use of."""
    node = request.node
    with SimulatedRemoval(request.ledger) as removal:
        taken: list[Target] = []
        for reservation in found:
            reason = "InClusterQueue"
            if reservation.queue is not node:
                if not exceeds_quota(reservation.queue, request.contested):
                    continue
                reason = "InCohortReclamation"
                if threshold is not None and reservation.priority < threshold:
                    reason = "InCohortReclaimWhileBorrowing"
                elif threshold is not None:
                    borrowing = False
            removal.remove(reservation)
            taken.append(Target(reservation, reason))
            if fits(request, borrowing):
                spared = fill_back(request, [target.reservation for target in taken], removal, borrowing)
                return [target for target in taken if target.reservation not in spared]
    return []
