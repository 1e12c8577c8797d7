"""Places that a refused head keeps from others are sought once while the nodes, and what quota says, are the same."""

from typing import Any

import pytest

from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_text
from kueue_sim.policy.topology.snapshot import Topologies

WORLD = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 10m
cluster:
  nodePools: [{name: gpu, count: 3, resources: {gpu: 8}, labels: {pool: gpu}, topology: [{label: rack, nodes: 3}]}]
policy:
  objects:
  - kind: Topology
    metadata: {name: racks}
    spec: {levels: [{nodeLabel: rack}, {nodeLabel: kubernetes.io/hostname}]}
  - {kind: ResourceFlavor, metadata: {name: h100}, spec: {nodeLabels: {pool: gpu}, topologyName: racks}}
  - {kind: ClusterQueue, metadata: {name: a}, spec: &spec {cohortName: all, namespaceSelector: {},
      preemption: PREEMPTION,
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [
        {name: gpu, nominalQuota: 8, borrowingLimit: 4}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: b}, spec: *spec}
workloads:
- {name: holds, queue: a, submit: 0s, priority: 100, requests: {gpu: 8}, topology: {preferred: rack}}
- {name: waits, queue: a, submit: 1s, pods: 2, requests: {gpu: 4}, topology: {preferred: rack}}
- {name: w1, queue: b, submit: 1m, runtime: 30s, requests: {gpu: 8}, topology: {preferred: rack}}
- {name: w2, queue: b, submit: 2m, runtime: 30s, requests: {gpu: 8}, topology: {preferred: rack}}
- {name: w3, queue: b, submit: 3m, runtime: 30s, requests: {gpu: 8}, topology: {preferred: rack}}
- {name: w4, queue: b, submit: 4m, runtime: 30s, requests: {gpu: 8}, topology: {preferred: rack}}
"""
NEVER, LOWER = "{}", "{withinClusterQueue: LowerPriority, reclaimWithinCohort: LowerPriority}"


def sought(monkeypatch: pytest.MonkeyPatch, document: str) -> tuple[int, object]:
    """How often places were sought as if nothing placed were there, and the facts."""
    seen = []
    plain = Topologies.find

    def find(self: Topologies, *arguments: Any, **named: Any) -> Any:
        if named.get("unused"):
            seen.append(1)
        return plain(self, *arguments, **named)

    scenario = scenario_from_text(document)
    without = simulation(scenario, shortcuts=False).run()
    with monkeypatch.context() as patch:
        patch.setattr(Topologies, "find", find)
        run = simulation(scenario).run()
    assert list(run.facts) == list(without.facts)
    return len(seen), [(fact.at_ms, fact.type, fact.workload) for fact in run.facts]


@pytest.mark.parametrize("preemption", [NEVER, LOWER])
def test_places_of_a_head_that_nobody_can_be_evicted_for_are_sought_once_for_each_amount_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, preemption: str
) -> None:
    world = WORLD.replace("PREEMPTION", preemption)
    once, _ = sought(monkeypatch, world)
    assert once > 0
    job = "queue: b, runtime: 500ms, requests: {gpu: 8}, topology: {preferred: rack}"
    more = "".join(f"- {{name: x{number}, submit: {300 + number}s, {job}}}\n" for number in range(20))
    assert sought(monkeypatch, world + more)[0] == once


def test_they_are_sought_anew_when_the_nodes_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WORLD.replace("PREEMPTION", LOWER)
    cordon = "timeline: [{at: 150s, do: cordon, node: gpu-0}, {at: 210s, do: uncordon, node: gpu-0}]\n"
    assert sought(monkeypatch, world + cordon)[0] > sought(monkeypatch, world)[0]
