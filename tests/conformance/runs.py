"""Replay of recorded runs: the scenario of a line through the engine, compared with what Kueue did."""

from collections import Counter
from typing import Any

from sim.engine import Fact, simulate
from sim.errors import EndlessPreemption
from sim.inputs.manifests import load_objects
from sim.model import Scenario, Settings, Timing
from sim.units import parse_instant

Event = tuple[str, ...]


def load_run(case: dict[str, Any]) -> Scenario:
    """The recorded scenario as the engine takes it."""
    raw = case["scenario"]
    fair = raw.get("fairSharing")
    strategies = None
    if fair is not None:
        strategies = tuple(fair.get("preemptionStrategies") or ("LessThanOrEqualToFinalShare", "LessThanInitialShare"))
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


def _with_runtime(workload: Any, seconds: float | None) -> Any:
    from dataclasses import replace

    return replace(workload, runtime_ms=None if seconds is None else round(seconds * 1000))


def compare_run(case: dict[str, Any]) -> str | None:
    """None when every decision agrees, else the first difference in words."""
    result = case["result"]
    scenario = load_run(case)
    try:
        run = simulate(scenario)
    except EndlessPreemption as endless:
        if "loopAt" not in result:
            return f"stopped: {endless}"
        return None if endless.at_ms == 1000 * result["loopAt"] else f"loop at {endless.at_ms}, not {result['loopAt']}"
    if "loopAt" in result:
        return f"did not notice the loop at {result['loopAt']}"
    ours = _by_instant(run.facts)
    theirs = {step["t"]: Counter(_theirs(event) for event in step["events"]) for step in result["steps"]}
    for t in sorted(ours.keys() | theirs.keys()):
        got, want = ours.get(t, Counter()), theirs.get(t, Counter())
        if got != want:
            return f"t={t}: Kueue only {sorted((want - got).elements())}; ours only {sorted((got - want).elements())}"
    if run.states != result["states"]:
        different = {k: (v, run.states.get(k)) for k, v in result["states"].items() if run.states.get(k) != v}
        return f"states (Kueue, ours): {different}"
    for key, pending in (result.get("pending") or {}).items():
        if pending["reason"] and run.pending.get(key) != (pending["reason"], pending["message"]):
            return f"pending {key}: Kueue {pending}; ours {run.pending.get(key)}"
    return None


def _by_instant(facts: tuple[Fact, ...]) -> dict[int, Counter[Event]]:
    found: dict[int, Counter[Event]] = {}
    for fact in facts:
        if fact.type in ("Admitted", "Preempted", "Evicted", "Requeued", "Finished"):
            found.setdefault(fact.at_ms // 1000, Counter())[_ours(fact)] += 1
    return found


def _ours(fact: Fact) -> Event:
    if fact.type == "Admitted":
        sets = tuple(
            sorted(f"{s.name} {s.count} {sorted(s.flavors.items())} {_topology(s.topology)}" for s in fact.pod_sets)
        )
        return ("Admitted", fact.workload, fact.cluster_queue, *sets)
    if fact.type == "Preempted":
        return ("Preempted", fact.workload, fact.reason, fact.by)
    return (fact.type, fact.workload)


def _topology(assignment: Any) -> str:
    return "" if assignment is None else str([(list(d.values), d.count) for d in assignment.domains])


def _theirs(event: dict[str, Any]) -> Event:
    kind, workload = event["type"], event["workload"]
    if kind == "Admitted":
        sets = tuple(
            sorted(
                f"{s['name']} {s['count']} {sorted((s.get('flavors') or {}).items())} "
                f"{_their_topology(s.get('topology'))}"
                for s in event["podSets"]
            )
        )
        return ("Admitted", workload, event["clusterQueue"], *sets)
    if kind == "Preempted":
        return ("Preempted", workload, event["reason"], event["by"])
    return (kind, workload)


def _their_topology(topology: Any) -> str:
    return "" if topology is None else str([(one["values"], one["count"]) for one in topology["domains"]])
