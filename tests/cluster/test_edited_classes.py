"""Another value of a WorkloadPriorityClass is that of all its work, also where a simulation begins in the middle."""

from pathlib import Path

import pytest

from kueue_sim import load_scenario
from kueue_sim.inputs.scenario import scenario_from_text
from kueue_sim.model import Scenario
from kueue_sim.whatif.facade import compare

NOW = """\
apiVersion: kueue-sim/v1
kind: Scenario
start: 2026-01-20T00:00:00Z
horizon: 2h
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: h100}}
  - {kind: WorkloadPriorityClass, metadata: {name: high}, value: 1000}
  - kind: ClusterQueue
    metadata: {name: team-a}
    spec:
      namespaceSelector: {}
      preemption: {withinClusterQueue: LowerPriority}
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 8}]}]}]
workloads:
- ranFor: 1h
  runtime: 9h
  admitted: {flavors: {gpu: h100}}
  manifest: &dumped
    apiVersion: kueue.x-k8s.io/v1beta2
    kind: Workload
    metadata: {name: runs}
    spec:
      queueName: team-a
      priority: 1000
      priorityClassRef: {group: kueue.x-k8s.io, kind: WorkloadPriorityClass, name: high}
      podSets: [{name: main, count: 1, template: {spec: {containers: [{name: c, resources: {requests: {gpu: 8}}}]}}}]
- waitingSince: 1h
  runtime: 1h
  manifest:
    <<: *dumped
    metadata: {name: waits}
    spec:
      queueName: team-a
      priority: 0
      podSets: [{name: main, count: 1, template: {spec: {containers: [{name: c, resources: {requests: {gpu: 8}}}]}}}]
"""


def priorities(scenario: Scenario) -> dict[str, int]:
    return {one.name: one.priority for one in scenario.workloads}


@pytest.mark.parametrize(
    ("changes", "runs"),
    [
        ((), 1000),
        (("priorityClasses.high.value=-5",), -5),
        (("clusterQueues.team-a.stopPolicy=Hold",), 1000),
        (("workloads[0].priority=7", "priorityClasses.high.value=-5"), 7),
    ],
)
def test_work_that_is_there_has_the_value_that_its_class_is_given(changes: tuple[str, ...], runs: int) -> None:
    assert priorities(scenario_from_text(NOW, overrides=changes)) == {"runs": runs, "waits": 0}


def test_an_overlay_gives_another_value_as_well(tmp_path: Path) -> None:
    overlay = tmp_path / "lower.yaml"
    overlay.write_text("kind: WorkloadPriorityClass\nmetadata: {name: high}\nvalue: -5\n")
    path = tmp_path / "now.yaml"
    path.write_text(NOW)
    assert priorities(load_scenario(path, overlays=[overlay])) == {"runs": -5, "waits": 0}


def test_a_comparison_shows_who_is_preempted_then(tmp_path: Path) -> None:
    path = tmp_path / "now.yaml"
    path.write_text(NOW)
    found = compare(str(path), {"lower": ["priorityClasses.high.value=-5"]}, metrics=["preemptions"])
    assert [(row.found.base, row.found.value) for row in found.rows if row.team == "total"] == [(0.0, 1.0)]
