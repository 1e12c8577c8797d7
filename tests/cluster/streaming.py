"""What would `kubectl get workloads -A -o json --watch --output-watch-events` print of a simulated run?"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from kueue_sim.engine.simulation import Simulation
from kueue_sim.model import Scenario
from tests.cluster.exporting import Manifest, exported


def streamed(objects: list[Manifest], scenario: Scenario) -> Iterator[str]:
    """The lines, one for each Workload that is another one at a second than it was at the second before. Evicted work
    needs a second to end, so that no second hides what happened in it."""
    whole = Simulation(scenario).run()
    simulation = Simulation(scenario)
    before: dict[str, Manifest] = {}
    version = 0
    for second in sorted({fact.at_ms // 1000 for fact in whole.facts}):
        present = simulation.present(1000 * second)
        dump = exported(objects, scenario, present, simulation.facts, 1000 * second)
        now = {one["metadata"]["uid"]: one for one in dump["items"] if one["kind"] == "Workload"}
        for type_, one in _changes(before, now):
            version += 1
            metadata = {**one["metadata"], "resourceVersion": str(version)}
            yield json.dumps({"type": type_, "object": {**one, "metadata": metadata}}) + "\n"
        before = now


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Manifest]]:
    for uid, one in now.items():
        if uid in before and _is_evicted(before[uid]) and not _is_evicted(one) and "admission" in one["status"]:
            yield "MODIFIED", _released(before[uid], one)
    for uid, one in now.items():
        if uid not in before:
            yield "ADDED", {name: value for name, value in one.items() if name != "status"}
        if one != before.get(uid) and (uid in before or "status" in one):
            yield "MODIFIED", one
    for uid, one in before.items():
        if uid not in now:
            yield "DELETED", one


def _condition(one: Manifest, kind: str) -> Manifest:
    found = one.get("status", {}).get("conditions", ())
    return next((item for item in found if item["type"] == kind), {})


def _is_evicted(one: Manifest) -> bool:
    return _condition(one, "Evicted").get("status") == "True" and "admission" in one["status"]


def _released(before: Manifest, now: Manifest) -> Manifest:
    """Evicted work that holds no quota any more, which has it again at the end of the same second."""
    requeued = _condition(now, "Requeued")
    at = requeued["lastTransitionTime"]
    gone = [{"type": kind, "status": "False", "reason": "Pending", "message": "", "lastTransitionTime": at}
            for kind in ("QuotaReserved", "Admitted")]  # fmt: skip
    kept = [one for one in before["status"]["conditions"] if one["type"] in ("Evicted", "Preempted")]
    status = {**before["status"], "conditions": [*gone, *kept, requeued]}
    del status["admission"]
    return {**before, "status": status}
