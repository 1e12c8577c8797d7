"""Elastic training: a HyperPodPyTorchJob grows to what is free and comes back at its smallest size."""

from textwrap import dedent

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.result import Result

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
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
workloads:
- runtime: 1h
  checkpointEvery: 1m
  manifest:
    apiVersion: sagemaker.amazonaws.com/v1
    kind: HyperPodPyTorchJob
    metadata: {name: train, labels: {kueue.x-k8s.io/queue-name: lq}}
    spec:
      elasticPolicy: POLICY
      replicaSpecs:
      - name: worker
        replicas: 1
        template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}
"""


def played(policy: str, others: str = "") -> Result:
    return run(scenario_from_text(WORLD.replace("POLICY", policy) + dedent(others)))


def sizes(result: Result) -> list[tuple[int, int]]:
    """Minute and number of pods of each admission of the training."""
    return [
        (fact.at_ms // 60_000, fact.pod_sets[0].count)
        for fact in result.run.facts
        if fact.type == "Admitted" and fact.workload.startswith("default/train")
    ]


@pytest.mark.parametrize(
    ("policy", "steps"),
    [
        ("{minReplicas: 1, maxReplicas: 3, replicaIncrementStep: 1}", [1, 2, 3]),
        ("{minReplicas: 1, maxReplicas: 4, replicaIncrementStep: 3}", [1, 4]),
        ("{replicaDiscreteValues: [1, 2, 4, 8]}", [1, 2, 4]),
        ("{minReplicas: 1, maxReplicas: 1}", [1]),
    ],
)
def test_training_grows_step_by_step_to_what_is_free(policy: str, steps: list[int]) -> None:
    result = played(policy)
    assert sizes(result) == [(0, size) for size in steps]
    assert result.run.end_ms == 3_600_000
    assert set(result.run.states.values()) <= {"finished", "deleted"}


def test_preempted_training_comes_back_small_and_grows_again() -> None:
    result = played(
        "{minReplicas: 1, maxReplicas: 4, replicaIncrementStep: 1}",
        """\
        - {name: urgent, queue: lq, submit: 30m, priority: 9, requests: {cpu: 3}, runtime: 10m}
        """,
    )
    assert sizes(result) == [(0, 1), (0, 2), (0, 3), (0, 4), (30, 1), (40, 2), (40, 3), (40, 4)]
    assert (result.run.end_ms, result.run.states["default/urgent"]) == (3_600_000, "finished")


def test_training_that_cannot_grow_waits_for_more_and_ends_with_its_work() -> None:
    result = played(
        "{minReplicas: 1, maxReplicas: 4, replicaIncrementStep: 1}",
        """\
        - {name: beside, queue: lq, requests: {cpu: 2}, runtime: 2h}
        """,
    )
    assert sizes(result)[-1] == (0, 2)
    assert result.run.states == {
        "default/train": "finished",
        "default/train-slice-2": "finished",
        "default/train-slice-3": "deleted",
        "default/beside": "finished",
    }


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{minReplicas: 4, maxReplicas: 2}", "2 is less than minReplicas, 4"),
        ("{replicaDiscreteValues: [1], replicaIncrementStep: 2}", "exclude each other"),
    ],
)
def test_bounds_that_contradict_each_other_are_mistakes(policy: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        played(policy)


def test_on_nodes_a_bigger_slice_goes_on_from_the_work_of_the_one_it_replaces() -> None:
    policy = "{minReplicas: 1, maxReplicas: 4, replicaIncrementStep: 3}"
    nodes = "cluster: {nodePools: [{name: pool, count: 4, resources: {cpu: 1}}]}\n"
    fast = "timing: ideal\n"
    with_nodes, without = played(policy, nodes + fast), played(policy, fast)
    ends = [[fact.at_ms for fact in result.run.facts if fact.type == "Finished"] for result in (with_nodes, without)]
    assert sizes(with_nodes) == sizes(without)
    assert ends[0] == ends[1] != []
