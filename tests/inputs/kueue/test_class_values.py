"""Classes of priority whose values change while the simulation runs (R1.32), and what of other objects never does."""

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.result import Result
from tests.inputs.test_objects_over_time import told

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 4h
kueue: {version: %s}
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: f}}
  - kind: ClusterQueue
    metadata: {name: q}
    spec:
      namespaceSelector: {}
      preemption: {withinClusterQueue: LowerPriority}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4}]}]}
  - {kind: LocalQueue, metadata: {name: lq, namespace: default}, spec: {clusterQueue: q}}
  - {kind: WorkloadPriorityClass, metadata: {name: low}, value: 1}
  - {kind: WorkloadPriorityClass, metadata: {name: mid}, value: 5}
  - {kind: Topology, metadata: {name: t}, spec: {levels: [{nodeLabel: rack}]}}
  - {kind: AdmissionCheck, metadata: {name: c}, spec: {controllerName: example.com/c}}
workloads:
- {name: runs, queue: lq, priorityClass: mid, requests: {cpu: 4}, runtime: 1h}
- {name: waits, queue: lq, submit: 1m, priorityClass: low, requests: {cpu: 4}, runtime: 1h}
- {name: later, queue: lq, submit: 30m, priorityClass: low, requests: {cpu: 4}, runtime: 1h}
- {name: other, queue: lq, submit: 2m, priorityClass: mid, requests: {cpu: 4}, runtime: 1h}
timeline: [%s]
"""
APPLY = "{at: %s, do: apply, objects: [{kind: WorkloadPriorityClass, metadata: {name: %s}, value: %d}]}"
PATCH = "{at: %s, do: patch, object: WorkloadPriorityClass/%s, patch: {value: %d}}"
OPERATE = "{at: %s, do: patch, object: WorkloadPriorityClass/%s, patch: [{op: replace, path: /value, value: %d}]}"


def played(*steps: str, version: str = "0.20") -> Result:
    return run(scenario_from_text(WORLD % (version, ", ".join(steps))))


def admitted(result: Result) -> list[tuple[int, str]]:
    return [(minute, name) for minute, _, name in told(result, "Admitted")]


@pytest.mark.parametrize("change", [APPLY, PATCH, OPERATE])
def test_work_that_waits_and_work_that_comes_have_the_new_value(change: str) -> None:
    assert admitted(played()) == [(0, "runs"), (60, "other"), (120, "waits"), (180, "later")]
    changed = played(change % ("10m", "low", 5))
    assert admitted(changed) == [(0, "runs"), (60, "waits"), (120, "other"), (180, "later")]
    highest = played(change % ("10m", "mid", 0))
    assert admitted(highest)[:2] == [(0, "runs"), (10, "waits")], "what runs has the new value as well, and yields"


def test_up_to_0_15_2_what_is_there_keeps_its_priority() -> None:
    result = played(APPLY % ("10m", "low", 5), version="0.14")
    assert admitted(result)[:2] == [(0, "runs"), (60, "other")]
    note = "WorkloadPriorityClass low: in Kueue 0.14 another value counts for what is applied later"
    assert note in result.scenario.warnings


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("{at: 1m, do: patch, object: WorkloadPriorityClass/lo, patch: {value: 1}}", "did you mean 'low'?"),
        ("{at: 1m, do: patch, object: Topology/t, patch: {spec: {levels: []}}}", "spec.levels"),
        (
            "{at: 1m, do: patch, object: AdmissionCheck/c, patch: {spec: {controllerName: example.com/d}}}",
            "spec.controllerName: 'example.com/d': field is immutable",
        ),
    ],
)
def test_patches_that_an_api_server_refuses_are_mistakes(step: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        played(step)


def test_labels_of_what_lasts_may_be_patched() -> None:
    assert admitted(played("{at: 1m, do: patch, object: Topology/t, patch: {metadata: {labels: {a: b}}}}"))
