"""A run stopped at any instant and begun anew from its state goes on with the same decisions."""

import random
from dataclasses import replace

import pytest
import yaml

from kueue_sim.engine import Run
from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import Scenario
from kueue_sim.policytest.random_worlds.worlds import seeded_world

DECISIONS = ("QuotaReserved", "Admitted", "Preempted", "Evicted", "Requeued", "Finished", "Deleted", "Deactivated")


def decisions(run: Run, after_ms: int, shift_ms: int = 0) -> list[str]:
    """Everything decided later than an instant, as text; times count from the start of the uninterrupted run."""
    found = [fact._replace(at_ms=fact.at_ms + shift_ms) for fact in run.facts if fact.type in DECISIONS]
    return sorted(str(fact) for fact in found if fact.at_ms > after_ms)


def begun_at(scenario: Scenario, at_ms: int) -> tuple[Scenario, int]:
    """The scenario from this instant on, and how much later its clock starts."""
    present = Simulation(scenario).present(at_ms)
    base_ms = at_ms // 1000 * 1000
    later = [one._replace(created_ms=one.created_ms - base_ms) for one in scenario.workloads if one.created_ms > at_ms]
    return replace(present, workloads=(*present.workloads, *later)), base_ms


@pytest.mark.parametrize("seed", range(40))
def test_a_run_goes_on_from_its_state_at_a_random_instant_as_if_it_had_not_stopped(seed: int) -> None:
    scenario = scenario_from_dict(seeded_world(seed))
    whole = Simulation(scenario).run()
    at_ms = random.Random(seed).randrange(1 + max((fact.at_ms for fact in whole.facts), default=0))
    onward, base_ms = begun_at(scenario, at_ms)
    assert decisions(Simulation(onward).run(), at_ms, base_ms) == decisions(whole, at_ms)


ON_NODES = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 2h
cluster: {nodePools: [{name: gpu, count: 3, resources: {nvidia.com/gpu: 8, cpu: 64}, labels: {pool: gpu}}]}
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}, spec: {nodeLabels: {pool: gpu}}}
  - {kind: LocalQueue, metadata: {name: a, namespace: default}, spec: {clusterQueue: a}}
  - kind: ClusterQueue
    metadata: {name: a}
    spec:
      namespaceSelector: {}
      preemption: {withinClusterQueue: LowerPriority}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 24}]}]
workloads:
- {name: long, queue: a, requests: {nvidia.com/gpu: 4}, pods: 3, runtime: 40m}
- {name: mid, queue: a, submit: 3m, requests: {nvidia.com/gpu: 8}, runtime: 20m, podsReady: 2m}
- {name: half, queue: a, submit: 10m, requests: {nvidia.com/gpu: 6}, pods: 2, runtime: 15m, podsReady: 3m}
- {name: urgent, queue: a, submit: 50m, priority: 10, requests: {nvidia.com/gpu: 8}, pods: 2, runtime: 5m}
timeline:
- {at: 55m, do: fail, node: gpu-0}
- {at: 65m, do: repair, node: gpu-0}
"""
BY_USAGE = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 3h
kueue: {configuration: {admissionFairSharing: {usageHalfLifeTime: 10m, usageSamplingInterval: 1m}}}
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - {kind: LocalQueue, metadata: {name: heavy, namespace: default}, spec: {clusterQueue: q}}
  - {kind: LocalQueue, metadata: {name: light, namespace: default}, spec: {clusterQueue: q}}
  - kind: ClusterQueue
    metadata: {name: q}
    spec:
      namespaceSelector: {}
      admissionScope: {admissionMode: UsageBasedAdmissionFairSharing}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
workloads:
- {name: past, queue: heavy, requests: {nvidia.com/gpu: 4}, runtime: 30m}
- {name: h, queue: heavy, submit: 1m, count: 5, every: 1m, requests: {nvidia.com/gpu: 2}, runtime: 10m}
- {name: l, queue: light, submit: 2m, count: 5, every: 1m, requests: {nvidia.com/gpu: 2}, runtime: 10m}
"""


@pytest.mark.parametrize("text", [ON_NODES, BY_USAGE], ids=["with pods on nodes", "with usage-based admission"])
def test_a_run_goes_on_from_any_instant(text: str) -> None:
    scenario = scenario_from_dict(yaml.safe_load(text))
    whole = Simulation(scenario).run()
    for at_ms in range(0, 5_400_000, 97_000):
        onward, base_ms = begun_at(scenario, at_ms)
        assert decisions(Simulation(onward).run(), at_ms, base_ms) == decisions(whole, at_ms), at_ms


def test_a_run_tells_whether_a_flavor_scan_has_stopped_on_its_way_for_something_that_waits() -> None:
    """In this world the driver of w0 finds room in the first of two flavors and would go on with the other one, its
    workers find none; before it is submitted there is nothing to go on with."""
    run = Simulation(scenario_from_dict(seeded_world(178)))
    told = {}
    for at_ms in (1_000, 6_000):
        run.present(at_ms)
        told[at_ms] = run.scans_flavors
    assert told == {1_000: False, 6_000: True}
