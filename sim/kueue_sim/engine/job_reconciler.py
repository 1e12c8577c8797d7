"""Starts and stops the pods of admitted work, and knows how far each job has come.

Kueue's job reconciler. With nodes, ``Pods`` follows every pod; without, a job is one clock that runs from when its
pods are ready.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial

from kueue_sim.engine.nodes.work_on_nodes import NEVER_STARTS, WorkOnNodes, has_topology_nodes
from kueue_sim.engine.pods.non_tas_pods import is_non_tas, own_requests
from kueue_sim.engine.pods.pods import Pods
from kueue_sim.engine.pods.progress import Clock, Ended, due, pace_of
from kueue_sim.engine.queues.timers import Timers
from kueue_sim.engine.recorder import Recorder
from kueue_sim.model import NodePod, ResourceFlavor, Scenario
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


class JobReconciler:
    """Times in milliseconds. ``numbers`` names a reservation's workload and queue in facts."""

    def __init__(
        self,
        scenario: Scenario,
        recorder: Recorder,
        timers: Timers,
        numbers: Callable[[Reservation], tuple[int, int]],
        holds: Callable[[Reservation], bool],
    ) -> None:
        """``holds`` says whether this is what a workload holds now."""
        self._scenario = scenario
        self._timers = timers
        self._holds = holds
        self._finish_after = timers.finish_after
        self._fast_release = scenario.settings.gate("FastQuotaReleaseInPodIntegration")
        self.pods: Pods | None = None
        """The pods of a scenario with nodes."""
        self.flavors: Mapping[str, ResourceFlavor] = {}
        """Those of the present policy, by name."""
        self.dispatching: Collection[str] = ()
        """ClusterQueues of the present policy whose work runs in other clusters (R20.18)."""
        self.stopped_work = WorkOnNodes(recorder, numbers, self._finish_after)
        """Work that stands still because a node of its topology assignment failed."""
        placed = has_topology_nodes(scenario) and scenario.placement.policy == "none"
        self.work_on_nodes = self.stopped_work if placed else None
        """Where pods are not placed but topologies have nodes: the work on them."""
        self.slow: Mapping[str, int] = {}
        """Workloads whose evictions take so many milliseconds at least, because they would go round in no time."""

    def start(self, now: int, pending: Pending, reservation: Reservation, delay_ms: int | None) -> None:
        """The workload runs; its pods are ready after ``delay_ms``, never for None."""
        workload = reservation.workload
        if workload.keeps_work:
            reservation.pace = pace_of(workload, reservation.assignments)
        if self.pods is not None:
            clock = Clock(workload, pending.done_ms, pending.restarts, pace=reservation.pace)
            self.pods.launch(now, reservation, self.flavors, clock, delay_ms, self.runs_elsewhere(reservation))
        elif delay_ms is None:
            reservation.since_ms = NEVER_STARTS
        else:
            reservation.since_ms = now + delay_ms
            rest = due(workload, pending.done_ms, pending.restarts, reservation.pace)
            if rest is not None:
                self._finish_after(reservation, delay_ms + rest)
            if self.work_on_nodes is not None:
                begin = partial(self.work_on_nodes.begin, reservation=reservation)
                self._timers.at(now + delay_ms, pending.key, begin, is_void=lambda: not self._holds(reservation))

    def runs_elsewhere(self, reservation: Reservation) -> bool:
        """Whether its pods run in another cluster, so that they need no node of this one."""
        return reservation.queue.name in self.dispatching

    def stop(self, now: int, pending: Pending, reservation: Reservation) -> int:
        """The workload's pods are to end. Returns the run time thrown away; the rest survives for the next start."""
        timing = self._scenario.timing
        if not reservation.admitted:
            ended = Ended(0, pending.done_ms)
        elif self.pods is not None:
            ended = self.pods.terminate(now, reservation, timing.termination_ms)
        else:
            clock = _clock(pending, reservation)
            lost_ms = max(0, clock.stop(max(now, reservation.since_ms)))
            ended = Ended(timing.termination_ms, lost_ms=lost_ms, done_ms=clock.done, ran=True)
        at_once = self._fast_release and reservation.workload.owned_by_pod
        least_ms = max(timing.eviction_ms, self.slow.get(reservation.key, 0))
        reservation.gone_after_ms = max(0 if at_once else ended.gone_after_ms, least_ms)
        pending.done_ms = ended.done_ms
        pending.restarts = pending.restarts or ended.ran
        return ended.lost_ms

    def reached_ms(self, now: int, pending: Pending, reservation: Reservation) -> int:
        """How far the work of a reservation has come, in milliseconds of its run time."""
        if not reservation.admitted:
            return pending.done_ms
        if self.pods is not None:
            return self.pods.reached_ms(now, reservation)
        return _clock(pending, reservation).reached(now)

    def non_tas_pods(self) -> list[NodePod]:
        """Pods on nodes that topologies have to do without: those that no topology placed (R20.7, R21.32)."""
        mine = () if self.pods is None else self.pods.on_nodes()
        found = [
            NodePod(pod.workload, node, own_requests(pod))
            for reservation, pod, node in mine
            if is_non_tas(reservation, pod)
        ]
        return [*self._scenario.node_pods, *found]


def _clock(pending: Pending, reservation: Reservation) -> Clock:
    """The progress of admitted work whose pods are not followed one by one."""
    return Clock(reservation.workload, pending.done_ms, pending.restarts, reservation.since_ms, pace=reservation.pace)
