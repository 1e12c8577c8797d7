"""What happens to the simulated control plane: arrivals, ends, evictions that are complete, administrators' actions."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from kueue_sim.engine.adoption import Adoption
from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.admission_checks import Provisioner
from kueue_sim.engine.controllers.decisions import Decisions
from kueue_sim.engine.controllers.elastic_jobs import ElasticJobs
from kueue_sim.engine.controllers.job_edits import JobEdits
from kueue_sim.engine.controllers.pending_condition import sync
from kueue_sim.engine.controllers.pod_facts import PodFacts
from kueue_sim.engine.controllers.policy_update import apply_policy, remove_empty
from kueue_sim.engine.controllers.reclaimable_pods import prioritize
from kueue_sim.engine.controllers.scheduling import Scheduling
from kueue_sim.engine.controllers.workload_controller import WorkloadController
from kueue_sim.engine.drain import Drain
from kueue_sim.engine.facts import CODE, NONE, Facts
from kueue_sim.engine.pods.node_actions import NODE_ACTIONS
from kueue_sim.engine.pods.non_tas_pods import is_non_tas, own_requests
from kueue_sim.engine.pods.pods import Pods
from kueue_sim.engine.present_state import present_policy, present_workloads
from kueue_sim.engine.queues.timers import NoTimers, Timers
from kueue_sim.engine.rounds.rounds import Rounds
from kueue_sim.model import Action, Node, Policy, Scenario, Workload
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.placement import Pod
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_SUBMITTED = CODE["Submitted"]
_DELETED = CODE["Deleted"]


class EventHandlers:
    """Applies events, and records a fact for each. ``scheduling`` runs the cycles that they call for."""

    def __init__(self, scenario: Scenario, timers: Timers | None = None, shortcuts: bool = True) -> None:
        timers = NoTimers() if timers is None else timers
        self._cluster = Cluster(scenario, timers, self._end_for_nodes, shortcuts)
        self._note = self._cluster.recorder.note
        self.evicted = self._cluster.evicted
        """Workloads evicted since this list was emptied."""
        self.put_off = self._cluster.manager.requeuer.put_off
        """Trees whose inadmissible workloads come back once the cycles of this instant have come to rest."""
        self.samples_usage = self._cluster.manager.usage is not None
        self._life = WorkloadController(scenario, self._cluster, timers)
        self._adoption = Adoption(self._cluster, self._life, timers)
        self._elastic = ElasticJobs(self._cluster, self.arrive)
        self._edits = JobEdits(self._cluster, self._elastic, self._delete)
        self._scales = scenario.elastic or any(action.do in ("scale", "edit") for action in scenario.timeline)
        self._removes = any(action.do == "remove" for action in scenario.timeline)
        self._classes: dict[str, int] = {}
        """Values of the WorkloadPriorityClasses that have changed."""
        self._splits = self._life.families.enabled
        """Whether any workload may become several variants of itself."""
        follows = self._splits or self._scales or self._removes
        self.finish: Callable[[int, Reservation], bool] = self._end_and_follow if follows else self._cluster.finish
        """A running workload is done; False for a late end of an evicted one, which is ignored."""
        self.pod_facts = PodFacts(self._cluster.recorder, self._cluster.numbers_of, self.finish, self._life.pods.change)
        self.decisions = self._new_decisions()
        self.scheduling = self._new_scheduling()
        self.rounds = Rounds(self._cluster, self._life)
        self.drain = Drain(self._cluster, self._life.families)
        self.recorder = self._cluster.recorder
        grow = self._elastic.grow
        self.decisions.admitted_elastic = lambda now, key: timers.at(now, key, lambda at: grow(at, key))

    def _new_decisions(self) -> Decisions:
        return Decisions(self._cluster, self._life)

    def _new_scheduling(self) -> Scheduling:
        return Scheduling(self._cluster, self._life.pods, self.decisions)

    def take_over(self, workloads: Iterable[Workload]) -> None:
        """The present: workloads that were submitted before the simulation begins, as their status says."""
        self._adoption.take_over(workloads)

    def present(self, base_ms: int) -> tuple[Policy, tuple[Node, ...], tuple[Workload, ...]]:
        """The policy, the nodes and the workloads of this moment; times count from ``base_ms``, a whole second."""
        cluster = self._cluster
        workloads = present_workloads(cluster, self._life.pods, base_ms)
        return present_policy(cluster, base_ms), cluster.nodes.nodes, workloads

    def take_samples(self, until_ms: int) -> None:
        """Where admission is usage-based, the usage of LocalQueues is sampled up to this moment (R7.20)."""
        if self._cluster.manager.usage is not None:
            self._cluster.manager.usage.take_samples(until_ms, self._cluster.manager.queues)

    @property
    def pods(self) -> Pods | None:
        """The pods of a scenario with nodes."""
        return self._cluster.jobs.pods

    @pods.setter
    def pods(self, pods: Pods) -> None:
        self._cluster.jobs.pods = pods

    @property
    def submitted(self) -> int:
        """How many workloads have come, those of the present included; variants of one are one."""
        return self._cluster.recorder.workloads

    @property
    def finished(self) -> int:
        """How many workloads are done."""
        return self._cluster.finished

    @property
    def compiled(self) -> CompiledPolicy:
        return self._cluster.cache.compiled

    @property
    def facts(self) -> Facts:
        """What happened so far."""
        return self._cluster.recorder.facts()

    @property
    def reservations(self) -> Mapping[str, Reservation]:
        """Everything that holds quota, by workload key; changes as the run goes on."""
        return self._cluster.cache.reservations

    def provision_with(self, provisioner: Provisioner) -> None:
        """From now on checks of ProvisioningRequests ask it for nodes."""
        self._life.provision_with(provisioner)

    @property
    def holding(self) -> dict[str, Reservation]:
        """Everything that holds quota, by workload key."""
        return dict(self._cluster.cache.reservations)

    @property
    def skipped_preemptions(self) -> dict[str, int]:
        """Per ClusterQueue, how many entries of the last cycle were to preempt but were skipped."""
        return dict(self._cluster.scheduler.skipped_preemptions)

    @property
    def scans_flavors(self) -> bool:
        """Whether the flavor scan of a waiting workload has stopped on its way."""
        pending, held = self._cluster.pending.items(), self._cluster.cache.reservations
        return any(one.progress is not None and key not in held for key, one in pending)

    def waiting(self, inadmissible: bool) -> dict[str, list[str]]:
        """Keys of active (or parked) workloads per ClusterQueue, sorted; queues without any are left out."""
        found = {
            name: [item.key for item in (queue.parked_workloads() if inadmissible else queue.active_workloads())]
            for name, queue in self._cluster.manager.queues.items()
        }
        return {name: keys for name, keys in found.items() if keys}

    # -- events -------------------------------------------------------------------------------------------

    def arrive(self, now: int, workload: Workload, alone: bool = False, timestamp_ms: int | None = None) -> bool:
        """A workload is submitted; its place in the queue follows from its creation unless given (R3.4).

        ``alone``: nothing else happens at this instant, and cycles take no time. True when a cycle has taken place.
        """
        cluster = self._cluster
        if self._classes:
            workload = self._classed(workload)
        if timestamp_ms is None:
            timestamp_ms = workload.created_ms // 1000 * 1000
        pending = cluster.register(workload, timestamp_ms)
        status = self._life.status_for(workload)
        if status is not None:
            pending.status = status
            if not workload.checks:
                self._life.list_checks(now, pending, status)
        queue = cluster.cache.compiled.queue_of(workload)
        number = NONE if queue is None else cluster.numbers[queue.name]
        self._note((now, _SUBMITTED, pending.number, number, NONE, NONE, NONE, 0))
        if self._splits and queue is not None and self._life.families.splits(workload, queue):
            self._life.families.create(now, pending, queue)
        elif alone and queue is not None and self.scheduling.pass_through(now, pending, queue):
            return True
        else:
            cluster.manager.enqueue(now, pending)
            if queue is None or not queue.active or pending.key in cluster.manager.unqueued:
                sync(cluster, now, pending)
        if cluster.manager.requeuer.hears_of_counters and queue is not None:
            cluster.manager.requeuer.counters_changed(now, queue.name)
        return False

    def _end_and_follow(self, now: int, reservation: Reservation) -> bool:
        """With a variant its whole family is done, with a slice those that were to replace it."""
        cluster = self._cluster
        pending = cluster.pending.get(reservation.key)
        finished = cluster.finish(now, reservation)
        if finished and pending is not None:
            self._life.families.ended(now, pending)
            self._elastic.ended(now, reservation.key)
        if self._removes:
            remove_empty(cluster, self._life, now)
        return finished

    def release(self, now: int, reservation: Reservation) -> None:
        """An evicted workload's pods are gone: its quota is free, and it queues again (R12.28–R12.30)."""
        cluster = self._cluster
        if cluster.cache.reservations.get(reservation.key) is not reservation:
            if reservation.key in cluster.pending:
                self._life.activation.terminated(now, cluster.pending[reservation.key], reservation)
            return
        pending = cluster.release_quota(now, reservation)
        if pending.workload.sizes:
            self._elastic.shrink_for_return(now, pending)
        if pending.status is not None:
            self._life.release(now, pending, pending.status, reservation)
        cluster.requeue(now, pending)
        sync(cluster, now, pending)
        if pending.workload.parent:
            self._life.families.released(now, pending)
        if self._removes:
            remove_empty(cluster, self._life, now)

    def act(self, now: int, action: Action) -> None:
        """Something the administrator or the world does."""
        cluster, life = self._cluster, self._life
        if action.do in ("apply", "stop", "remove"):
            apply_policy(cluster, life, now, action)
            return
        if action.do in NODE_ACTIONS:
            self._change_nodes(now, action)
            return
        if action.do == "scale":
            self._elastic.scale(now, action.target, action.pod_sets)
            return
        if action.workload is not None:
            self._edits.edit(now, action.target, action.workload)
            return
        if action.do == "class":
            self._change_class(now, action)
            return
        for key in self._elastic.slices(action.target) if self._scales else ():
            if key != action.target:
                self._act_on(now, action, cluster.pending[key])
        pending = cluster.pending.get(action.target)
        for one in life.families.variants(action.target) if pending is None else (pending,):
            self._act_on(now, action, one)
        if self._removes:
            remove_empty(cluster, life, now)

    def _act_on(self, now: int, action: Action, pending: Pending) -> None:
        """An action on one workload, or on each variant of it as long as there are any."""
        cluster, life = self._cluster, self._life
        if pending.key not in cluster.pending:
            return
        reservation = cluster.cache.reservations.get(pending.key)
        if action.do == "delete":
            self._delete(now, pending)
        elif action.do == "activate":
            life.activation.activate(now, pending)
        elif action.do == "deactivate":
            life.activation.deactivate(now, pending)
        elif action.do == "open-gate":
            life.open_gate(now, pending, action.name)
        elif action.do == "check":
            life.set_check(now, pending, action.name, action.state)
        elif action.do == "priority":
            prioritize(cluster, now, pending, action.priority, action.name)
        elif action.do in ("pods-ready", "pods-failed") and reservation is not None:
            life.pods.change(now, reservation, action.do == "pods-ready")

    def _change_class(self, now: int, action: Action) -> None:
        """A class has another value, and so has everything of that class. Implements R1.32."""
        self._classes[action.name] = action.priority
        for pending in list(self._cluster.pending.values()):
            workload = self._classed(pending.workload)
            if workload.priority != pending.workload.priority:
                prioritize(self._cluster, now, pending, workload.priority, action.name)

    def _classed(self, workload: Workload) -> Workload:
        """The workload with the priority that its class has by now."""
        value = self._classes.get(workload.priority_class)
        return workload if value is None else workload._replace(priority=value + workload.priority_boost)

    def _delete(self, now: int, pending: Pending) -> None:
        """A workload is deleted; what it holds is free at once."""
        cluster = self._cluster
        reservation = cluster.cache.reservations.get(pending.key)
        if reservation is not None:
            if not reservation.evicted:
                cluster.jobs.stop(now, pending, reservation)
            cluster.release_quota(now, reservation)
        else:
            cluster.manager.dequeue(pending)
        cluster.leave(now, pending, _DELETED)
        self._life.families.ended(now, pending)

    def _change_nodes(self, now: int, action: Action) -> None:
        """Topologies take the nodes as they are now, and whatever is parked may have a place (R20.3, R20.82)."""
        cluster = self._cluster
        if cluster.jobs.pods is not None:
            cluster.jobs.pods.act(now, action)
        cluster.nodes.act(now, action)
        if cluster.jobs.pods is None:
            cluster.nodes.follow_work(now)
        if not cluster.cache.topologies.flavors:
            return
        pods, holding = cluster.jobs.non_tas_pods(), cluster.cache.reservations.values()
        cluster.cache.topologies.rebuild(cluster.nodes.nodes, pods, holding)
        cluster.cache.mark_all_changed()
        cluster.manager.requeuer.notify_of_nodes(now, cluster.cache.compiled.queues, pod_left=False)

    def pod_moved(self, now: int, reservation: Reservation, pod: Pod, node: str, sign: int) -> None:
        """A pod came to a node (1) or left it (−1); topologies see the difference at once (R21.32)."""
        topologies = self._cluster.cache.topologies
        if not topologies.flavors or not is_non_tas(reservation, pod):
            return
        if topologies.take_from_node(node, own_requests(pod), sign):
            self._cluster.cache.mark_all_changed()
            if sign < 0:
                users = self._cluster.cache.compiled.users_of(topologies.flavors_over(node))
                self._cluster.manager.requeuer.notify_of_nodes(now, users, pod_left=True)

    def driven_off(self, now: int, node: str, work: Sequence[Reservation]) -> None:
        """All pods that the work has on a node have to leave it."""
        self._cluster.nodes.driven_off(now, node, work)

    def _end_for_nodes(self, now: int, reservation: Reservation, message: str) -> None:
        self._life.evict(now, reservation, "NodeFailures", message)

    def wake(self) -> bool:
        """Inadmissible workloads that come back after the cycles of this instant do so; whether there was any flush."""
        return self._cluster.manager.requeuer.flush()

    # -- what the simulation asks for ---------------------------------------------------------------------

    def verify(self, now: int) -> None:
        """Raises InvariantBroken when the quota tree and what holds quota have come apart."""
        self._cluster.cache.verify(now)

    def left(self) -> dict[str, str]:
        """State of every workload that is not gone, by key."""
        return self._life.families.show_states(self._cluster.states())

    def answers(self) -> dict[str, tuple[str, str]]:
        """Reason and message of the last evaluation of each workload, as far as it did not succeed."""
        pending = self._cluster.pending
        return {key: (one.reason, one.message) for key, one in sorted(pending.items()) if one.message}

    def pending_reasons(self) -> dict[str, tuple[str, str]]:
        """Reason and message of what waits at this moment, by key."""
        waiting = sorted(key for key, state in self.left().items() if state == "pending")
        found = {key: self._cluster.pending.get(key) or self._life.families.representative(key) for key in waiting}
        return {key: self._cluster.manager.answer_of(pending) for key, pending in found.items() if pending is not None}
