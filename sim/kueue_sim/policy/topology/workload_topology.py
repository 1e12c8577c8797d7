"""Topology of whole workloads: which pod sets use it, where pods go, and what they occupy then (R20.13–R20.21)."""

from collections.abc import Sequence
from functools import reduce

from kueue_sim.model import PodSet
from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.topology.flavor_topology import Demand
from kueue_sim.policy.topology.multikueue_provisioning import is_placed_later
from kueue_sim.policy.topology.snapshot import Found, Repair, Topologies, topology_usage
from kueue_sim.policy.workloads.assignment import Assignment, worse
from kueue_sim.policy.workloads.reasons import NoFitReason
from kueue_sim.policy.workloads.workload_info import (
    FIT,
    NO_FIT,
    PREEMPT,
    AssignmentMode,
    PodSetResult,
    Reservation,
    Target,
    TopologyUsage,
)


class WorkloadTopology:
    """Places the pods of workloads whose flavors are chosen. Without topology-aware flavors it does nothing."""

    def __init__(self, compiled: CompiledPolicy, topologies: Topologies) -> None:
        self._world = compiled
        self._enabled = compiled.settings.gate("TopologyAwareScheduling")
        self._elastic = compiled.settings.gate("ElasticJobsViaWorkloadSlicesWithTAS")
        self._implied = compiled.settings.release.topology_everywhere
        self._stays = compiled.settings.gate("SkipReassignmentForPodOwnedWorkloads")
        self.topologies = topologies
        self._only = {name: compiled.is_topology_only(queue) for name, queue in compiled.queues.items()}

    def uses(self, queue: CompiledQueue, pod_set: PodSet) -> bool:
        """Whether the pod set is placed in a topology: it asks for it, or the queue has nothing else (R20.13)."""
        if pod_set.topology is not None and pod_set.topology.explicit:
            return True
        if not self._implied:
            return False
        return self._only[queue.name]

    def demands(
        self, queue: CompiledQueue, assignment: Assignment, reservation: Reservation | None = None
    ) -> list[Demand]:
        """The pod sets still to be placed; marks those that can never be, and those to be placed later.

        Implements R20.15 and R20.18. ``reservation`` is set in a second pass.
        """
        if not self._enabled or any(_is_undeclared(result) for result in assignment.pod_sets):
            return []
        found = []
        for result in assignment.pod_sets:
            pod_set = result.pod_set
            if result.error or not result.count or not self.uses(queue, pod_set):
                continue
            if result.topology is not None and not _on_failed_node(result, reservation):
                continue
            flavor = self._flavor(queue, result)
            if flavor is None:
                reason = reduce(worse, result.rejections.values()) if result.rejections else "NoMatchingFlavor"
                assignment.no_fit_reason = worse(assignment.no_fit_reason, reason)
                assignment.mode = NO_FIT
                continue
            if is_placed_later(self._world, queue, flavor, reservation):
                result.delayed = True
                continue
            if result.previous is not None and (kind := _fixed_kind(pod_set)):
                result.error = f"{kind} topology is not supported with ElasticJobsViaWorkloadSlices"
                assignment.mode = NO_FIT
                continue
            explicit = pod_set.topology is not None and pod_set.topology.explicit
            updates = reservation.pod_updates if reservation is not None else ()
            found.append(Demand(pod_set, result.count, flavor, not explicit, result.previous, updates))
        return found

    def _flavor(self, queue: CompiledQueue, result: PodSetResult) -> str | None:
        """The one topology-aware flavor of the pod set, None (with an error noted) when there is not exactly one."""
        mine = self.topologies.flavors
        names = sorted({choice.flavor for choice in result.flavors.values() if choice.flavor in mine})
        if len(names) == 1:
            return names[0]
        if names:
            result.error = f"more than one TAS flavor assigned: {', '.join(names)}"
        elif any(name in mine for group in queue.groups for name, _ in group.flavors):
            result.error = "no TAS flavor assigned"
        else:
            result.error = "workload requires Topology, but there is no TAS cache information"
        return None

    def remember(self, assignment: Assignment, replaced: Reservation) -> None:
        """An elastic workload grows or shrinks around the pods of the slice it replaces (R20.59)."""
        if self._elastic:
            places = {one.name: one.topology for one in replaced.assignments}
            for result in assignment.pod_sets:
                result.previous = places.get(result.pod_set.name)

    def place(self, queue: CompiledQueue, assignment: Assignment, reservation: Reservation | None = None) -> None:
        """Find places for an assignment that quota allows; it may become Preempt or NoFit. Implements R20.17."""
        if not self._enabled or assignment.mode == NO_FIT:
            return
        demands = self.demands(queue, assignment, reservation)
        if not demands:
            return
        repair = self._repair(reservation)
        if assignment.mode == FIT:
            found = self.topologies.find(demands, repair=repair)
            if found.failure is None:
                self._record(assignment, found, reservation)
            else:
                result = _result_of(assignment, found.failure.pod_set)
                result.further = (*result.further, found.failure.reason)
                _set_mode(assignment, [result], PREEMPT)
        if assignment.mode == PREEMPT and repair is None:
            failure = self.topologies.find(demands, unused=True, explained=False).failure
            if failure is None:
                placed = {demand.pod_set.name for demand in demands}
                _set_mode(assignment, [one for one in assignment.pod_sets if one.pod_set.name in placed], PREEMPT)
            else:
                result = _result_of(assignment, failure.pod_set)
                assignment.no_fit_reason = result.no_fit_reason = _no_fit_reason(queue, result, failure.flavor)
                _set_mode(assignment, [result], NO_FIT)

    def without_pods(self, flavor: str) -> object:
        """What decides of places in a flavor as if nothing placed by topologies were there: equal as long as it is the
        same. None where the flavor has no topology."""
        topology = self.topologies.flavors.get(flavor)
        return None if topology is None else (topology, topology.unused.version)

    def placeable(self, demands: Sequence[Demand], reservation: Reservation | None) -> bool:
        """Whether there is a place at this moment of a target search (R20.54)."""
        return self.topologies.find(demands, repair=self._repair(reservation), explained=False).failure is None

    def reserve(
        self,
        queue: CompiledQueue,
        assignment: Assignment,
        targets: Sequence[Target],
        reservation: Reservation | None = None,
    ) -> None:
        """Give a preempting assignment the places it will take, so that others avoid them. Implements R20.53."""
        if assignment.mode != PREEMPT or self._repair(reservation) is not None:
            return
        demands = self.demands(queue, assignment, reservation)
        if not demands:
            return
        if not targets:
            self._record(assignment, self.topologies.find(demands, unused=True, explained=False), reservation)
            return
        for target in targets:
            self.topologies.remove(target.reservation)
        self._record(assignment, self.topologies.find(demands), reservation)
        for target in targets:
            self.topologies.add(target.reservation)

    def _record(self, assignment: Assignment, found: Found, reservation: Reservation | None) -> None:
        before = {one.name: one.topology for one in reservation.assignments} if reservation is not None else {}
        usage: list[TopologyUsage] = []
        for result in assignment.pod_sets:
            name = result.pod_set.name
            result.topology = found.assignments.get(name, result.topology)
            if result.topology is None:
                continue
            result.delayed = False
            flavor = next(
                choice.flavor for choice in result.flavors.values() if choice.flavor in self.topologies.flavors
            )
            usage += topology_usage(result.pod_set, flavor, result.topology, before.get(name))
        assignment.topology_usage = tuple(usage)

    def _repair(self, reservation: Reservation | None) -> Repair | None:
        if reservation is None or not reservation.unhealthy_nodes:
            return None
        old = {one.name: one.topology for one in reservation.assignments if one.topology is not None}
        return Repair(reservation.unhealthy_nodes[0], old, self._stays and reservation.workload.owned_by_pod)


def _is_undeclared(result: PodSetResult) -> bool:
    """Whether it asks for nothing that its queue declares: it needs no flavor, and its workload is placed nowhere."""
    return bool(result.requests) and not result.flavors


def _fixed_kind(pod_set: PodSet) -> str:
    """The kind of request that an elastic workload cannot have, "" for those it can."""
    request = pod_set.topology
    if request is None or (request.required is None and request.preferred is None):
        return ""
    return "required" if request.required is not None else "preferred"


def _on_failed_node(result: PodSetResult, reservation: Reservation | None) -> bool:
    if reservation is None or result.topology is None:
        return False
    return any(domain.values[-1] in reservation.unhealthy_nodes for domain in result.topology.domains)


def _result_of(assignment: Assignment, pod_set: str) -> PodSetResult:
    return next(result for result in assignment.pod_sets if result.pod_set.name == pod_set)


def _set_mode(assignment: Assignment, results: Sequence[PodSetResult], mode: AssignmentMode) -> None:
    for result in results:
        for choice in result.flavors.values():
            choice.mode = mode
    assignment.mode = mode


def _no_fit_reason(queue: CompiledQueue, result: PodSetResult, flavor: str) -> NoFitReason:
    """The most severe reason over the resource groups; in the group of ``flavor`` nothing is milder (R5.71)."""
    if not result.rejections:
        return "NoMatchingFlavor"
    served = {queue.group_of[name].covered for name, choice in result.flavors.items() if choice.flavor == flavor}
    reason: NoFitReason = "TopologyPlacementFailed"
    for covered, rejection in result.rejections.items():
        if covered not in served:
            reason = worse(reason, rejection)
    return reason


def held_usage(reservation: Reservation) -> tuple[TopologyUsage, ...]:
    """The pods per domain of a workload's admission, charged to all its flavors that have a topology (R20.8)."""
    pod_sets = {pod_set.name: pod_set for pod_set in reservation.workload.pod_sets}
    usage: list[TopologyUsage] = []
    for one in reservation.assignments:
        if one.topology is not None:
            for flavor in sorted(set(one.flavors.values())):
                usage += topology_usage(pod_sets[one.name], flavor, one.topology)
    return tuple(usage)
