"""Generator files of Kueue's performance suites are scenarios as they are."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.generators.kueue_perf import class_of, created
from kueue_sim.model import Node, PodSet, PreemptionPolicy, Quota, SliceLayer, TopologyRequest, Workload

GENERATOR = dedent("""\
    topology:
      name: default-topology
      levels:
      - {name: rack, count: 2, nodeLabel: topology/rack}
      - {name: node, count: 2, nodeLabel: kubernetes.io/hostname, capacity: {cpu: "8", memory: 1Gi}}
    resourceFlavor: {name: tas-flavor, nodeLabel: tas-node-group, topologyName: default-topology}
    cohorts:
    - className: cohort
      count: 2
      queuesSets:
      - className: cq
        count: 1
        nominalQuota: 20
        borrowingLimit: 100
        reclaimWithinCohort: Any
        withinClusterQueue: LowerPriority
        workloadsSets:
        - count: 2
          creationIntervalMs: 100
          workloads:
          - {className: small, runtimeMs: 200, priority: 50, request: 1}
          - {className: big-one, runtimeMs: 500, priority: 100, request: 500m, podCount: 4,
             tasConstraint: balanced, tasLevel: topology/rack, sliceSize: 2}
    """)


def written(folder: Path, text: str) -> Path:
    path = folder / "small.generator.yaml"
    path.write_text(text)
    return path


def test_a_generator_file_becomes_queues_workloads_and_nodes(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, GENERATOR))
    queue = scenario.policy.cluster_queues[1]
    small, big = PodSet("main", 1, {"cpu": 1000}), PodSet("main", 4, {"cpu": 500})
    assert (scenario.name, queue.name, queue.cohort) == ("small", "cq-0-0-cohort-1", "cohort-1")
    assert queue.resource_groups[0].flavors[0].resources == (("cpu", Quota(20_000, 100_000)),)
    assert queue.preemption.reclaim_within_cohort is PreemptionPolicy.ANY
    assert [(one.name, one.created_ms, one.runtime_ms, one.priority) for one in scenario.workloads][::2] == [
        ("small-0-0-0", 100, 200, 50),
        ("big-one-0-0-1", 200, 500, 100),
        ("small-0-1-0", 300, 200, 50),
        ("big-one-0-1-1", 400, 500, 100),
    ]
    assert [one.pod_sets[0].requests for one in scenario.workloads][:3:2] == [small.requests, big.requests]
    assert [one.pod_sets[0].topology for one in scenario.workloads][2] == TopologyRequest(
        slice_layers=(SliceLayer("topology/rack", 2),)
    )
    assert {one.namespace: one.queue_name for one in scenario.workloads} == {
        "cq-0-0-cohort-0": "cq-0-0-cohort-0",
        "cq-0-0-cohort-1": "cq-0-0-cohort-1",
    }
    assert (len(scenario.nodes), scenario.nodes[3]) == (
        4,
        Node(
            "node-r1-n1",
            {"tas-node-group": "tas", "topology/rack": "rack-1", "kubernetes.io/hostname": "node-1"},
            (),
            {"cpu": 8000, "memory": 2**30, "pods": 110},
        ),
    )


def test_workloads_of_one_template_share_their_pod_sets(tmp_path: Path) -> None:
    workloads = [one for one in load_scenario(written(tmp_path, GENERATOR)).workloads if class_of(one.name) == "small"]
    assert len({id(one.pod_sets) for one in workloads}) == 1


def test_values_of_a_generator_file_can_be_overridden(tmp_path: Path) -> None:
    path = written(tmp_path, GENERATOR)
    scenario = load_scenario(path, ["cohorts[0].count=1", "timing=typical", "kueue.version=0.19"])
    assert (len(scenario.policy.cluster_queues), scenario.settings.version) == (1, "0.19")


def test_every_mistake_of_a_generator_file_comes_at_once(tmp_path: Path) -> None:
    text = GENERATOR.replace("request: 1}", "reqest: 1}").replace("balanced", "evenly").replace("20\n", "much\n")
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    found = [str(mistake).replace(str(path), "file") for mistake in caught.value.mistakes]
    assert [message for message in found if "reqest" in message or "evenly" in message] == [
        "file:21:58: cohorts[0].queuesSets[0].workloadsSets[0].workloads[0].reqest: "
        "unknown field 'reqest'; did you mean 'request'?",
        "file:23:25: cohorts[0].queuesSets[0].workloadsSets[0].workloads[1].tasConstraint: "
        "'evenly' is not accepted; accepted: balanced, preferred, required",
    ]
    assert any("'much' is not a Kubernetes quantity" in message for message in found)


@pytest.mark.parametrize("name", ["small-required-rack-12-0-3", "small-required-rack-0-11-0"])
def test_the_class_of_a_workload_is_its_name_without_numbers(name: str) -> None:
    assert class_of(name) == "small-required-rack"


def test_an_api_server_that_takes_so_many_creations_per_second_serves_every_set_in_turn() -> None:
    model = Workload("", "", "", ())
    fast = [model._replace(name=f"fast-{number}", created_ms=10 * number) for number in (1, 2, 3)]
    slow = [model._replace(name=f"slow-{number}", created_ms=25 * number) for number in (1, 2)]
    assert [(one.name, one.created_ms) for one in created([fast, slow], per_second=50)] == [
        ("fast-1", 10),
        ("fast-2", 30),
        ("slow-1", 50),
        ("fast-3", 70),
        ("slow-2", 90),
    ]
    assert [one.created_ms for one in created([fast, slow])] == [10, 20, 25, 30, 50]
