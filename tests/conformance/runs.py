"""Replay of recorded runs: the scenario of a line through the engine, compared with what Kueue did."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from kueue_sim.engine import Fact, Run
from kueue_sim.engine.simulation import Simulation
from kueue_sim.model import TopologyAssignment
from tests.conformance.difference import Difference
from tests.conformance.recordings import load_run

Event = tuple[str, ...]
COMPARED = ("QuotaReserved", "Admitted", "Reassigned", "Preempted", "Evicted", "Requeued", "Finished", "Deleted")
ADMISSIONS = ("QuotaReserved", "Admitted", "Reassigned")


def compare_run(case: dict[str, Any]) -> Difference | None:
    """None when every decision agrees, else the first one that does not."""
    result = case["result"]
    run = Simulation(load_run(case["scenario"])).run()
    expected = result.get("loopAt")
    loop_at = run.standstills[0].at_ms if run.standstills else None
    if loop_at != (None if expected is None else 1000 * expected):
        want = "none" if expected is None else f"at t={expected}"
        return Difference("an endless loop", want, "none" if loop_at is None else str(run.standstills[0]))
    if loop_at is not None:
        return compare_events([fact for fact in run.facts if fact.at_ms < loop_at], result["steps"])
    return compare_events(run.facts, result["steps"]) or compare_states(run, result) or compare_answers(run, result)


def compare_events(facts: Iterable[Fact], steps: list[dict[str, Any]]) -> Difference | None:
    with_reasons = any("reason" in event for step in steps for event in step["events"] if event["type"] == "Evicted")
    ours: dict[int, Counter[Event]] = {}
    why: dict[int, list[str]] = {}
    evicted: set[str] = set()
    for fact in facts:
        t = fact.at_ms // 1000
        if fact.type in COMPARED:
            ours.setdefault(t, Counter())[_ours(fact, with_reasons)] += 1
        elif fact.type == "Deactivated" and fact.workload not in evicted:
            ours.setdefault(t, Counter())["Evicted", fact.workload, *([fact.reason] if with_reasons else [])] += 1
        if fact.type in ("Evicted", "Preempted", "Deactivated"):
            evicted.add(fact.workload)
        elif fact.type in ("QuotaReserved", "Admitted"):
            evicted.discard(fact.workload)
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


def compare_states(run: Run, result: dict[str, Any]) -> Difference | None:
    for key, state in result["states"].items():
        if run.states.get(key) != state:
            why = ": ".join(run.pending.get(key, ()))
            return Difference(f"final state of {key}", state, str(run.states.get(key)), why, "states")
    return None


def compare_answers(run: Run, result: dict[str, Any]) -> Difference | None:
    for key, pending in (result.get("pending") or {}).items():
        want, got = (pending["reason"], pending["message"]), run.pending.get(key, ("", ""))
        if want[0] and got != want:
            return Difference(f"why {key} waits", ": ".join(want), ": ".join(got), kind="messages")
    return None


def _listed(events: list[Event]) -> str:
    return "; ".join(" ".join(event) for event in events) or "nothing besides"


def _ours(fact: Fact, with_reasons: bool) -> Event:
    if fact.type in ADMISSIONS:
        sets = sorted(
            f"{s.name} {s.count} {sorted(s.flavors.items())} {_topology(s.topology)}".rstrip() for s in fact.pod_sets
        )
        return (fact.type, fact.workload, fact.cluster_queue, *sets)
    if fact.type == "Preempted":
        return ("Preempted", fact.workload, fact.reason, fact.by)
    if fact.type == "Evicted" and with_reasons:
        return ("Evicted", fact.workload, fact.reason)
    return (fact.type, fact.workload)


def _topology(assignment: TopologyAssignment | None) -> str:
    return "" if assignment is None else str([(list(domain.values), domain.count) for domain in assignment.domains])


def _theirs(event: dict[str, Any]) -> Event:
    kind, workload = event["type"], event["workload"]
    if kind in ADMISSIONS:
        sets = sorted(
            f"{s['name']} {s['count']} {sorted((s.get('flavors') or {}).items())} {_their_topology(s)}".rstrip()
            for s in event["podSets"]
        )
        return (kind, workload, event["clusterQueue"], *sets)
    if kind == "Preempted":
        return ("Preempted", workload, event["reason"], event["by"])
    if kind == "Evicted" and "reason" in event:
        return ("Evicted", workload, event["reason"])
    return (kind, workload)


def _their_topology(pod_set: dict[str, Any]) -> str:
    topology = pod_set.get("topology")
    return "" if topology is None else str([(domain["values"], domain["count"]) for domain in topology["domains"]])
