"""Kueue's own table-driven scheduler tests as data: target selection and single cycles."""

from collections.abc import Mapping, Sequence
from typing import Any

from kueue_sim.engine.event_handlers import EventHandlers
from kueue_sim.inputs.kueue.manifests import load_objects
from kueue_sim.model import (
    AdmissionFairSharing,
    PodSetAssignment,
    PodSetUpdate,
    Scenario,
    Settings,
    Toleration,
    TopologyAssignment,
    Transformation,
    Workload,
)
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.cycle import Scheduler
from kueue_sim.policy.scheduling_equivalence import EquivalenceClasses
from kueue_sim.policy.topology.workload_topology import held_usage
from kueue_sim.policy.workloads.assignment import Assignment, requests_of
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.timestamps import Condition, queue_order_ms
from kueue_sim.policy.workloads.workload_info import (
    FlavorChoice,
    Pending,
    PodSetResult,
    Reservation,
)
from kueue_sim.units import parse_instant, parse_quantity
from tests.conformance.difference import Difference
from tests.conformance.encoding import decoded
from tests.conformance.events import compare_events
from tests.conformance.placements import run_placement

__all__ = ["run_cycle", "run_placement", "run_targets"]

MODE_NAMES = ("NoFit", "Preempt", "DeferredFit", "Fit")
"""Assignment modes as the recordings name them, by their numbers here."""
DEFAULT_STRATEGIES = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")


class CaseState:
    """A control plane in the middle of a run: what a case says that holds quota, was used, or is due a second look."""

    def __init__(self, scenario: Scenario) -> None:
        self.control = EventHandlers(scenario)
        self._cluster = self.control._cluster

    def adopt(self, reservation: Reservation) -> None:
        """Take over a workload that holds quota already when the simulation begins."""
        pending = self._cluster.register(reservation.workload, reservation.timestamp_ms)
        pending.queue = reservation.queue.name
        self._cluster.cache.charge(reservation)

    def restore_usage(self, queue: tuple[str, str], consumed: Mapping[str, int], now: int) -> None:
        """The decayed usage of a LocalQueue so far, in canonical units, where admission is usage-based (R7.24)."""
        if self._cluster.manager.usage is not None:
            self._cluster.manager.usage.ledger.forget(queue)
            self._cluster.manager.usage.ledger.open(queue, now, consumed)

    def keep_usage_order(self) -> None:
        """Puts usage-based queues in order, as every pop does while a penalty is pending (R7.13)."""
        for queue in self._cluster.manager.queues.values():
            if queue.by_usage is not None:
                queue.by_usage.refresh()

    def look_again(self, reservation: Reservation) -> None:
        """The next cycle takes a second look at a workload that holds quota, if there is a reason to."""
        self._cluster.manager.second_passes.look_again(self._cluster.pending[reservation.key], reservation)


def settings_of(case: Mapping[str, Any]) -> Settings:
    fair = case.get("fairSharing")
    strategies = None if fair is None else tuple(fair.get("preemptionStrategies") or DEFAULT_STRATEGIES)
    transformations = tuple(
        Transformation(row["input"], row["outputs"], row.get("strategy", "Retain") == "Retain")
        for row in case.get("resourceTransformations") or ()
    )
    usage_based = AdmissionFairSharing(10_000, 1_000) if case.get("admissionFairSharing") else None
    return Settings(
        case.get("kueueVersion", "0.20"),
        case.get("featureGates") or {},
        strategies,
        usage_based,
        transformations=transformations,
    )


def seconds(text: str | None, now: str) -> int:
    return parse_instant(text or now) // 1000


def condition(raw: Mapping[str, Any], kind: str) -> Mapping[str, Any] | None:
    """The condition of this type when it is True."""
    conditions = (raw.get("status") or {}).get("conditions") or []
    return next((c for c in conditions if c["type"] == kind and c["status"] == "True"), None)


def timestamp_of(raw: Mapping[str, Any]) -> int:
    """Milliseconds by which the workload is ordered among equals (R3.4); without a creation time it is the oldest."""
    created = raw["metadata"].get("creationTimestamp")
    created_s = -(10**12) if created is None else parse_instant(created) // 1000
    return queue_order_ms(Settings(), created_s, _since(raw, "Evicted"), _since(raw, "Preempted"))


def _since(raw: Mapping[str, Any], kind: str) -> Condition | None:
    found = condition(raw, kind)
    return None if found is None else Condition(found.get("reason", ""), seconds(found["lastTransitionTime"], ""))


def hold(raw: Mapping[str, Any], workload: Workload, compiled: CompiledPolicy, now: str) -> Reservation:
    """A workload whose status says that it holds quota, as the scheduler's snapshot has it."""
    admission = raw["status"]["admission"]
    node = compiled.queues[admission["clusterQueue"]].node
    amounts: dict[tuple[str, str], int] = {}
    assignments = []
    counts = {pod_set.name: pod_set.count for pod_set in workload.pod_sets}
    for item in admission["podSetAssignments"]:
        usage = {r: parse_quantity(q, r) for r, q in (item.get("resourceUsage") or {}).items()}
        admitted = item.get("count", 1)
        if counts.get(item["name"], admitted) < admitted:
            usage = {r: amount // admitted * counts[item["name"]] for r, amount in usage.items()}
        flavors = item.get("flavors") or {}
        topology = item.get("topologyAssignment")
        assignments.append(
            PodSetAssignment(
                item["name"],
                flavors,
                usage,
                admitted,
                None if topology is None else decoded(topology),
                item.get("delayedTopologyRequest") == "Pending",
            )
        )
        for resource, flavor in flavors.items():
            if (flavor, resource) in compiled.forest.slot_of:
                amounts[flavor, resource] = amounts.get((flavor, resource), 0) + usage.get(resource, 0)
    usage_by_slot = compiled.forest.usage_of(amounts)
    reserved = condition(raw, "QuotaReserved")
    reservation = Reservation(
        workload,
        workload.key,
        node,
        workload.priority,
        timestamp_of(raw),
        seconds(reserved.get("lastTransitionTime") if reserved else None, now),
        usage_by_slot,
        frozenset(slot for slot, _ in usage_by_slot),
        tuple(assignments),
        evicted=condition(raw, "Evicted") is not None,
        unhealthy_nodes=tuple(node["name"] for node in raw["status"].get("unhealthyNodes") or ()),
        pod_updates=_pod_updates(raw),
        admitted=condition(raw, "Admitted") is not None,
    )
    reservation.topology_usage = held_usage(reservation)
    return reservation


def _pod_updates(raw: Mapping[str, Any]) -> tuple[PodSetUpdate, ...]:
    """What the ready admission checks add to the pods."""
    ready = [check for check in raw["status"].get("admissionChecks") or () if check["state"] == "Ready"]
    return tuple(
        PodSetUpdate(
            update["name"],
            update.get("nodeSelector") or {},
            tuple(map(_toleration, update.get("tolerations") or ())),
        )
        for check in ready
        for update in check.get("podSetUpdates") or ()
    )


def _toleration(raw: Mapping[str, str]) -> Toleration:
    return Toleration(raw.get("key", ""), raw.get("operator", "Equal"), raw.get("value", ""), raw.get("effect", ""))


def needs_second_look(raw: Mapping[str, Any]) -> bool:
    """Whether the scheduler looks again at a workload that holds quota (R20.60, R20.62)."""
    status = raw["status"]
    if condition(raw, "Admitted") is not None:
        return bool(status.get("unhealthyNodes"))
    checks = status.get("admissionChecks") or ()
    return bool(checks) and all(check["state"] == "Ready" for check in checks)


def run_targets(case: Mapping[str, Any]) -> Difference | None:
    """Target selection alone; None when the victims and reasons agree."""
    settings = settings_of(case)
    admitted = case.get("admitted") or []
    objects = load_objects([*case["objects"], *admitted, case["incoming"]], settings)
    compiled = CompiledPolicy(objects.policy, settings)
    reservation = {name: Reservations() for name in compiled.queues}
    for raw, workload in zip(admitted, objects.workloads, strict=False):
        if (raw.get("status") or {}).get("admission"):
            one = hold(raw, workload, compiled, case["now"])
            reservation[one.queue.name].hold(one)
            for slot, amount in one.usage:
                one.queue.add(slot, amount)
    incoming = objects.workloads[-1]
    queue = compiled.queues[case["clusterQueue"]]
    shape = EquivalenceClasses().of(incoming)
    stamp = timestamp_of(case["incoming"])
    pending = Pending(incoming, incoming.key, queue.spec.name, incoming.priority, stamp, shape, incoming.pod_sets)
    assignment = _assignment(case["assignment"], pending, compiled)
    targets = Scheduler(compiled, reservation).preemption.targets(queue, pending, assignment)
    got = {
        f"/{target.reservation.workload.name}": target.reason for target in targets if not target.reservation.evicted
    }
    want = case["expect"]["preempted"] or {}
    if got != want:
        return Difference("victims", str(want), str(got))
    if len(targets) != case["expect"]["count"]:
        return Difference("number of victims", str(case["expect"]["count"]), str(len(targets)))
    return None


def _assignment(rows: Sequence[Mapping[str, Any]], pending: Pending, compiled: CompiledPolicy) -> Assignment:
    assignment = Assignment([], {}, 0)
    for row, pod_set in zip(rows, pending.pod_sets, strict=False):
        count = row.get("count", pod_set.count)
        result = PodSetResult(pod_set, count, requests_of(pod_set, count, False))
        for resource, choice in row["flavors"].items():
            mode = MODE_NAMES.index(choice["mode"])
            result.flavors[resource] = FlavorChoice(choice["flavor"], mode, 0, -1)
            slot = compiled.forest.slot_of[choice["flavor"], resource]
            assignment.usage[slot] = assignment.usage.get(slot, 0) + result.requests.get(resource, 0)
        assignment.pod_sets.append(result)
    return assignment


def run_cycle(case: Mapping[str, Any]) -> Difference | None:
    """One scheduling cycle; None when everything the case records agrees, else the first difference."""
    settings = settings_of(case)
    objects = load_objects([*case["objects"], *case["workloads"]], settings)
    state = CaseState(Scenario(case["id"], objects.policy, (), settings, objects.nodes, objects.node_pods))
    now = parse_instant(case["now"])
    for raw, workload in zip(case["workloads"], objects.workloads, strict=True):
        if condition(raw, "QuotaReserved") is not None and condition(raw, "Finished") is None:
            state.adopt(hold(raw, workload, state.control.compiled, case["now"]))
    for name, consumed in (case.get("initialUsage") or {}).items():
        state.restore_usage(("default", name), {r: parse_quantity(q, r) for r, q in consumed.items()}, now)
    for raw, workload in zip(case["workloads"], objects.workloads, strict=True):
        if workload.key not in state.control.holding and condition(raw, "Finished") is None:
            state.control.arrive(now, workload, timestamp_ms=timestamp_of(raw))
    state.control.decisions.refuses_writes = bool(case.get("apiWriteFails"))
    before, reserved = state.control.holding, state.control.holding
    for raw, workload in zip(case["workloads"], objects.workloads, strict=True):
        if workload.key in state.control.holding and needs_second_look(raw):
            state.look_again(state.control.holding[workload.key])
            del before[workload.key]
    earlier = len(state.control.facts)
    for _ in case["workloads"] if case["suite"] == "TestScheduleForAFS" else (1,):
        state.keep_usage_order()
        state.control.scheduling.cycle(now)
    return _compare_cycle(case, state.control, before, reserved, earlier)


def _compare_cycle(
    case: Mapping[str, Any],
    state: EventHandlers,
    before: Mapping[str, Reservation],
    reserved: Mapping[str, Reservation],
    earlier: int,
) -> Difference | None:
    """The first difference; facts before the number ``earlier`` are those of the arrivals."""
    expect = case["expect"]
    only_new = case["suite"].startswith("TestScheduleForTAS")
    holding = {key: reservation for key, reservation in state.holding.items() if not (only_new and key in before)}
    for fact in state.facts:
        if fact.reason == "WorkloadSliceReplaced":
            holding[fact.workload] = before[fact.workload]
    got = {key: _admission(reservation) for key, reservation in holding.items()}
    want = {key: _expected_admission(value) for key, value in (expect["assignments"] or {}).items()}
    if got != want:
        keys = sorted(key for key in got.keys() | want.keys() if got.get(key) != want.get(key))
        why = ": ".join(state.pending_reasons().get(keys[0], ()))
        return Difference(f"assignment of {keys[0]}", str(want.get(keys[0])), str(got.get(keys[0])), why)
    if "preempted" in expect:
        reasons = {fact.workload: fact.reason for fact in state.facts if fact.type == "Preempted"}
        if reasons != (expect["preempted"] or {}):
            return Difference("preempted", str(expect["preempted"]), str(reasons))
    if "evicted" in expect:
        evicted = {f.workload: f.reason for f in state.facts if f.type == "Evicted"}
        evicted |= {f.workload: "Preempted" for f in state.facts if f.type == "Preempted"}
        if evicted != (expect["evicted"] or {}):
            return Difference("evicted", str(expect["evicted"]), str(evicted))
    if "skippedPreemptions" in expect:
        skipped = {name: state.skipped_preemptions.get(name, 0) for name in expect["skippedPreemptions"]}
        if skipped != expect["skippedPreemptions"] or skipped.keys() < state.skipped_preemptions.keys():
            return Difference("skipped preemptions", str(expect["skippedPreemptions"]), str(state.skipped_preemptions))
    for name, inadmissible in (("left", False), ("inadmissible", True)):
        if name in expect and state.waiting(inadmissible) != {
            k: sorted(v) for k, v in (expect[name] or {}).items() if v
        }:
            return Difference(name, str(expect[name]), str(state.waiting(inadmissible)), str(state.pending_reasons()))
    reasons_now = state.pending_reasons()
    for key, row in (expect.get("pending") or {}).items():
        if reasons_now.get(key) != (row["reason"], row["message"]):
            want_text, got_text = f"{row['reason']}: {row['message']}", ": ".join(reasons_now.get(key, ()))
            return Difference(f"why {key} waits", want_text, got_text)
    told = {fact.workload for fact in state.facts[earlier:] if fact.type == "Pending"}
    if "pending" in expect and not told <= (expect["pending"] or {}).keys():
        extra = sorted(told - (expect["pending"] or {}).keys())
        return Difference(f"messages of {', '.join(extra)}", "none", str(reasons_now))
    if "events" in expect and not case.get("apiWriteFails"):
        return compare_events(expect["events"], state, reserved)
    return None


def _admission(reservation: Reservation) -> object:
    return reservation.queue.name, [
        (a.name, dict(a.flavors), dict(a.usage), a.count, _domains(a.topology), a.topology_pending)
        for a in reservation.assignments
    ]


def _expected_admission(raw: Mapping[str, Any]) -> object:
    rows = []
    for item in raw["podSetAssignments"]:
        usage = {r: parse_quantity(q, r) for r, q in (item.get("resourceUsage") or {}).items()}
        topology = item.get("topologyAssignment")
        domains = None if topology is None else _domains(decoded(topology))
        delayed = item.get("delayedTopologyRequest") == "Pending"
        rows.append((item["name"], item.get("flavors") or {}, usage, item.get("count", 1), domains, delayed))
    return raw["clusterQueue"], rows


def _domains(topology: TopologyAssignment | None) -> object:
    return None if topology is None else [(list(d.values), d.count) for d in topology.domains]
