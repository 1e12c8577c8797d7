"""What is a workload already when the simulation begins? The fields ``admitted``, ``waitingSince``, ``evicted``, …"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.inputs.kubernetes.nodes import HOSTNAME
from kueue_sim.inputs.kueue.references import dispatching
from kueue_sim.inputs.sections.admission_checks import STATES, pod_set_updates
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema_present import (
    ADMITTED,
    ADMITTED_DOMAIN,
    ADMITTED_POD_SET,
    ADMITTED_TOPOLOGY,
    EVICTED,
    PENDING,
    PRESENT,
    RECORDED_CHECK,
    REQUEUE,
)
from kueue_sim.model import (
    ClusterQueue,
    PodSet,
    PodSetAssignment,
    Policy,
    RecordedAdmission,
    RecordedCheck,
    RecordedEviction,
    TopologyAssignment,
    TopologyDomain,
    Workload,
    WorkloadStatus,
)
from kueue_sim.units import parse_duration, parse_instant

_NOW_MS = 0


@dataclass(frozen=True, slots=True)
class PresentReader:
    """Reads the state of workloads under one policy; ``start_ms`` is the start of the scenario after the epoch.

    ``changed``: the policy, the nodes or the configuration are changed at the start. Then Kueue's last answers keep
    nobody parked: everything that waits is looked at again (R3.24). ``hosts`` are the names of nodes by their hostname.
    ``edited`` are the WorkloadPriorityClasses that are given another value at the start, and so all their workloads are
    (R1.32).
    """

    policy: Policy
    start_ms: int
    changed: bool = False
    hosts: Mapping[str, str] = field(default_factory=dict)
    edited: Mapping[str, int] = field(default_factory=dict)

    def with_status(self, workload: Workload, entry: Field) -> Workload:
        """The workload as it is at the start, unchanged when the entry says nothing of that."""
        if not any(map(entry.has, PRESENT)):
            return workload
        admission = self._admission(workload, entry)
        for name in ("ranFor",) if admission is None else ("pending",):
            if entry.get(name).present:
                needs = "comes with `admitted`" if admission is None else "is for work that waits"
                entry.get(name).wrong(f"{name} {needs}", at_key=True)
        if entry.get("submit").present:
            entry.get("submit").wrong("work that is there at the start has `waitingSince` instead", at_key=True)
        since = self.past(entry.get("waitingSince"), _NOW_MS if admission is None else admission.reserved_ms)
        begun = 0 if admission is None else 1
        made = entry.get("admissions").integer(begun, minimum=begun)
        requeue, pending = entry.get("requeue"), entry.get("pending")
        requeue.only(*REQUEUE)
        pending.only(*PENDING)
        at = requeue.get("at")
        not_yet = admission is not None and admission.admitted_ms is None
        status = WorkloadStatus(
            admission=admission,
            eviction=self._eviction(entry.get("evicted")),
            on_hold=requeue.get("held").text(),
            requeue_at_ms=self._time(at, sign=1) if at.present else None,
            requeue_count=requeue.get("count").integer(0, minimum=0),
            checks=tuple(self._check(item) for item in entry.get("checks").items()),
            past_execution_ms=entry.get("executedBefore").duration(),
            done_ms=entry.get("progress").duration(),
            admissions=made - not_yet,
            reservations=made,
            reason=pending.get("reason").text(),
            message=pending.get("message").text(),
            woken=self.changed and pending.present,
            preemptor=pending.get("preemptor").boolean(),
        )
        value = None if entry.get("priority").present else self.edited.get(workload.priority_class)
        priority = workload.priority if value is None else value + workload.priority_boost
        resumes = workload.replaces is not None
        return workload._replace(created_ms=since, status=status, priority=priority, resumes=resumes)

    # -- times --------------------------------------------------------------------------------------------

    def _time(self, field: Field, sign: int) -> int:
        """Milliseconds from the start: of an instant, or of a duration before (−1) or after (1) it."""
        value = field.value
        text = value if isinstance(value, str | int | float) and not isinstance(value, bool) else repr(value)
        try:
            return sign * parse_duration(text)
        except ValueError:
            pass
        try:
            return parse_instant(str(text)) - self.start_ms
        except ValueError:
            field.wrong(f"{value!r} is neither a duration (2h30m) nor an instant (2026-01-01T00:00:00Z)")
            return 0

    def past(self, field: Field, default: int) -> int:
        """An instant of the past; one that lies behind the start is a mistake."""
        if not field.present:
            return default
        found = self._time(field, sign=-1)
        if found > 0:
            field.wrong(f"{field.value!r} lies behind the start of the simulation")
            return default
        return found

    # -- what it holds ------------------------------------------------------------------------------------

    def _admission(self, workload: Workload, entry: Field) -> RecordedAdmission | None:
        whole, part = entry.get("admitted"), entry.get("quotaReserved")
        if whole.present and part.present:
            part.wrong("admitted and quotaReserved exclude each other", at_key=True)
        given = whole if whole.present else part
        if not given.present:
            return None
        given.only(*ADMITTED)
        queue = self._queue(workload, given)
        ran = entry.get("ranFor").optional_duration()
        admitted = self.past(given.get("since"), -(ran or 0))
        unready = given.get("unreadySince")
        pod_sets = () if queue is None else self._pod_sets(workload, given, queue)
        ready = given.get("podsReady").boolean(not unready.present)
        nodes = tuple(item.get("nodes").strings() for item in given.get("podSets").items())
        scheduled = given.get("podsScheduled").boolean(True)
        if scheduled and not unready.present and not any(nodes):
            nodes = tuple(map(self._nodes, pod_sets))
        sent = queue is not None and bool(queue.admission_checks) and queue.name in dispatching(self.policy)
        failed = () if sent else self._failed(given.get("unhealthyNodes").strings(), pod_sets)
        lost = {self.hosts.get(host, "") for host in failed}
        return RecordedAdmission(
            cluster_queue="" if queue is None else queue.name,
            pod_sets=pod_sets,
            reserved_ms=self.past(given.get("reserved"), admitted),
            admitted_ms=admitted if whole.present else None,
            ran_ms=ran,
            pods_scheduled=scheduled and not failed,
            ready=ready,
            unready_ms=self.past(unready, 0) if unready.present else None,
            nodes=tuple(tuple("" if name in lost else name for name in part) for part in nodes),
            unhealthy_nodes=failed,
        )

    def _failed(self, unhealthy: Sequence[str], pod_sets: Iterable[PodSetAssignment]) -> tuple[str, ...]:
        """The nodes of a topology assignment under which pods have died: those that Kueue found unhealthy, and those
        that are gone, of which it learns at once (R20.68). Without any nodes nobody knows."""
        hosts = [
            one.values[-1]
            for assigned in pod_sets
            if assigned.topology is not None and assigned.topology.levels[-1:] == (HOSTNAME,)
            for one in assigned.topology.domains
        ]
        gone = [host for host in hosts if self.hosts and host not in self.hosts]
        return tuple(dict.fromkeys((*unhealthy, *gone)))

    def _nodes(self, assigned: PodSetAssignment) -> tuple[str, ...]:
        """The node of each pod of a pod set whose topology assignment names hosts, "" where there is none of that name;
        none otherwise. Pods stay where they are, ready or not, whatever a node takes now: it may be cordoned or
        tainted. Of fewer pods than were assigned, as some ended, those of the first domains are left."""
        topology = assigned.topology
        if topology is None or topology.levels[-1:] != (HOSTNAME,):
            return ()
        return tuple(self.hosts.get("".join(one.values[-1:]), "") for one in topology.domains for _ in range(one.count))

    def _queue(self, workload: Workload, given: Field) -> ClusterQueue | None:
        field, queues = given.get("clusterQueue"), {item.name: item for item in self.policy.cluster_queues}
        wanted = (workload.namespace, workload.queue_name)
        locals_ = {(item.namespace, item.name): item.cluster_queue for item in self.policy.local_queues}
        name = field.text() if field.present else locals_.get(wanted, "")
        if name not in queues:
            where = field if field.present else given
            where.missing(f"there is no ClusterQueue {name!r}; {near_miss(name, queues)}")
        return queues.get(name)

    def _pod_sets(self, workload: Workload, given: Field, queue: ClusterQueue) -> tuple[PodSetAssignment, ...]:
        items = given.get("podSets")
        own = {one.name: one for one in workload.pod_sets}
        if not items.present:
            return tuple(self._assignment(one, given, queue) for one in workload.pod_sets)
        found: dict[str, PodSetAssignment] = {}
        for item in items.items():
            item.only(*ADMITTED_POD_SET)
            name = item.get("name").text(next(iter(own), ""))
            if name not in own:
                item.get("name").wrong(f"there is no pod set {name!r}; {near_miss(name, own)}")
            else:
                found[name] = self._assignment(own[name], item, queue)
        missing = [name for name in own if name not in found]
        if missing:
            items.wrong(f"pod set {missing[0]!r} is missing")
        return tuple(found.values())

    def _assignment(self, pod_set: PodSet, item: Field, queue: ClusterQueue) -> PodSetAssignment:
        count = item.get("pods").integer(pod_set.count, minimum=0)
        flavors = item.get("flavors").labels() or _only_flavors(pod_set, item, queue)
        usage = item.get("usage")
        asked = {**pod_set.requests, "pods": 1}
        held = {name: amount * count for name, amount in asked.items() if name in flavors}
        topology = item.get("topology")
        return PodSetAssignment(
            pod_set.name,
            flavors,
            usage.quantities() if usage.present else held,
            count,
            _topology(topology) if topology.present else None,
            item.get("topologyPending").boolean(),
        )

    # -- what happened to it ------------------------------------------------------------------------------

    def _eviction(self, field: Field) -> RecordedEviction | None:
        if not field.present:
            return None
        field.only(*EVICTED)
        reason = field.get("reason").text("Preempted")
        since, preempted, message = self.past(field.get("since"), _NOW_MS), field.get("preempted"), field.get("message")
        return RecordedEviction(reason, since, preempted.text(), message.text())

    def _check(self, item: Field) -> RecordedCheck:
        item.only(*RECORDED_CHECK)
        name, known = item.get("check"), [one.name for one in self.policy.admission_checks]
        if name.needed("check") and name.text() not in known:
            name.missing(f"there is no AdmissionCheck {name.value!r}; {near_miss(name.value, known)}")
        return RecordedCheck(
            name.text(),
            item.get("state").choice(STATES, "Pending"),  # type: ignore[arg-type]
            self.past(item.get("since"), _NOW_MS),
            item.get("requeueAfter").optional_duration(),
            item.get("retries").integer(0, minimum=0),
            pod_set_updates(item, "Pending"),
        )


def _only_flavors(pod_set: PodSet, item: Field, queue: ClusterQueue) -> Mapping[str, str]:
    """The flavor of each resource where the ClusterQueue leaves no choice."""
    found: dict[str, str] = {}
    for group in queue.resource_groups:
        asked = [name for name in group.covered_resources if name in pod_set.requests or name == "pods"]
        if len(group.flavors) > 1 and asked:
            names = ", ".join(one.name for one in group.flavors)
            item.wrong(f"flavors is missing: {asked[0]} of ClusterQueue {queue.name!r} may be of {names}")
        if group.flavors:
            found |= dict.fromkeys(asked, group.flavors[0].name)
    return found


def _topology(field: Field) -> TopologyAssignment:
    field.only(*ADMITTED_TOPOLOGY)
    domains = []
    for item in field.get("domains").items():
        item.only(*ADMITTED_DOMAIN)
        domains.append(TopologyDomain(item.get("values").strings(), item.get("pods").integer(1, minimum=0)))
    return TopologyAssignment(field.get("levels").strings(), tuple(domains))
