"""Replay of recorded runs: the scenario of a line through the engine, compared with what Kueue did."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kueue_sim.engine import Fact, Run
from kueue_sim.engine.simulation import Simulation
from kueue_sim.errors import EndlessPreemption
from kueue_sim.inputs.kueue.manifests import load_objects
from kueue_sim.model import Scenario, Settings, Timing, TopologyAssignment, Workload
from kueue_sim.units import parse_instant
from tests.conformance.difference import Difference

Event = tuple[str, ...]
COMPARED = ("Admitted", "Preempted", "Evicted", "Requeued", "Finished")
STRATEGIES = ("LessThanOrEqualToFinalShare", "LessThanInitialShare")


def load_run(case: dict[str, Any]) -> Scenario:
    """The recorded scenario as the engine takes it."""
    raw = case["scenario"]
    fair = raw.get("fairSharing")
    strategies = None if fair is None else tuple(fair.get("preemptionStrategies") or STRATEGIES)
    settings = Settings(gates=raw.get("featureGates") or {}, fair_sharing=strategies)
    objects = load_objects([*raw["objects"], *raw["workloads"]], settings, start_ms=parse_instant(raw["start"]))
    runtimes = raw["runtimeSeconds"]
    workloads = sorted(
        (_with_runtime(workload, runtimes.get(workload.key)) for workload in objects.workloads),
        key=lambda workload: (workload.created_ms, workload.key),
    )
    return Scenario(
        raw["name"],
        objects.policy,
        tuple(workloads),
        settings,
        nodes=objects.nodes,
        node_pods=objects.node_pods,
        timing=Timing(termination_ms=1000 * raw["evictionSeconds"]),
        horizon_ms=1000 * raw["horizonSeconds"],
        start=raw["start"],
    )


def _with_runtime(workload: Workload, seconds: float | None) -> Workload:
    return workload._replace(runtime_ms=None if seconds is None else round(seconds * 1000))


def compare_run(case: dict[str, Any]) -> Difference | None:
    """None when every decision agrees, else the first one that does not."""
    result = case["result"]
    simulation = Simulation(load_run(case))
    loop_at = result.get("loopAt")
    try:
        run = simulation.run()
    except EndlessPreemption as endless:
        if loop_at is None or endless.at_ms != 1000 * loop_at:
            return Difference("an endless loop", "none" if loop_at is None else f"at t={loop_at}", str(endless))
        return _compare_events([fact for fact in simulation.facts if fact.at_ms < endless.at_ms], result["steps"])
    if loop_at is not None:
        return Difference("an endless loop", f"at t={loop_at}", "none")
    return _compare_events(run.facts, result["steps"]) or _compare_end(run, result)


def _compare_events(facts: Iterable[Fact], steps: list[dict[str, Any]]) -> Difference | None:
    ours: dict[int, Counter[Event]] = {}
    why: dict[int, list[str]] = {}
    for fact in facts:
        t = fact.at_ms // 1000
        if fact.type in COMPARED:
            ours.setdefault(t, Counter())[_ours(fact)] += 1
        elif fact.type == "Pending":
            why.setdefault(t, []).append(f"{fact.workload} waits ({fact.reason}): {fact.message}")
    theirs = {step["t"]: Counter(_theirs(event) for event in step["events"]) for step in steps}
    for t in sorted(ours.keys() | theirs.keys()):
        got, want = ours.get(t, Counter()), theirs.get(t, Counter())
        if got != want:
            only_kueue, only_ours = sorted((want - got).elements()), sorted((got - want).elements())
            answers = "; ".join(why.get(t, ["nothing was left waiting at that instant"]))
            return Difference(f"events at t={t}", _listed(only_kueue), _listed(only_ours), answers)
    return None


def _compare_end(run: Run, result: dict[str, Any]) -> Difference | None:
    for key, state in result["states"].items():
        if run.states.get(key) != state:
            why = ": ".join(run.pending.get(key, ()))
            return Difference(f"final state of {key}", state, str(run.states.get(key)), why)
    for key, pending in (result.get("pending") or {}).items():
        want, got = (pending["reason"], pending["message"]), run.pending.get(key, ("", ""))
        if want[0] and got != want:
            return Difference(f"why {key} waits", ": ".join(want), ": ".join(got))
    return None


def _listed(events: list[Event]) -> str:
    return "; ".join(" ".join(event) for event in events) or "nothing besides"


def _ours(fact: Fact) -> Event:
    if fact.type == "Admitted":
        sets = sorted(
            f"{s.name} {s.count} {sorted(s.flavors.items())} {_topology(s.topology)}".rstrip() for s in fact.pod_sets
        )
        return ("Admitted", fact.workload, fact.cluster_queue, *sets)
    if fact.type == "Preempted":
        return ("Preempted", fact.workload, fact.reason, fact.by)
    return (fact.type, fact.workload)


def _topology(assignment: TopologyAssignment | None) -> str:
    return "" if assignment is None else str([(list(domain.values), domain.count) for domain in assignment.domains])


def _theirs(event: dict[str, Any]) -> Event:
    kind, workload = event["type"], event["workload"]
    if kind == "Admitted":
        sets = sorted(
            f"{s['name']} {s['count']} {sorted((s.get('flavors') or {}).items())} {_their_topology(s)}".rstrip()
            for s in event["podSets"]
        )
        return ("Admitted", workload, event["clusterQueue"], *sets)
    if kind == "Preempted":
        return ("Preempted", workload, event["reason"], event["by"])
    return (kind, workload)


def _their_topology(pod_set: dict[str, Any]) -> str:
    topology = pod_set.get("topology")
    return "" if topology is None else str([(domain["values"], domain["count"]) for domain in topology["domains"]])
