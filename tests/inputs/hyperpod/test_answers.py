"""Answers of HyperPod that hold mistakes: told at their place in the file, whichever command reads it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.hyperpod.snapshot import QUEUES_STAND
from kueue_sim.inputs.repository.given import Text

ANSWERS = [
    (
        '{"InstanceGroups": [{"InstanceGroupName": "a", "InstanceType": "ml.g5.8xlarg", "CurrentCount": "3"}]}',
        [
            "1:64: InstanceGroups[0].InstanceType: unknown instance type 'ml.g5.8xlarg', without resources or Nodes "
            "from kubectl; did you mean 'ml.g5.8xlarge'?",
            "1:96: InstanceGroups[0].CurrentCount: '3' is not a whole number, write it without quotes",
        ],
    ),
    (
        '{"ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": "2"}]},\n'
        ' "ComputeQuotaTarget": {}}',
        [
            "1:94: ComputeQuotaConfig.ComputeQuotaResources[0].Count: '2' is not a whole number, write it without "
            "quotes",
            "2:24: ComputeQuotaTarget: TeamName is missing",
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), ANSWERS)
def test_mistakes_in_an_answer_have_its_places(tmp_path: Path, text: str, expected: list[str]) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text, encoding="utf-8")
    for read in (load_scenario, lambda one: CliRunner().invoke(command, [str(one)], catch_exceptions=False)):
        with pytest.raises(InputError) as refused:
            read(path)
        assert [str(one).partition("answer.json:")[2] for one in refused.value.mistakes] == expected


def test_the_request_that_makes_a_cluster_says_how_many_instances_it_gets(tmp_path: Path) -> None:
    """As ``aws sagemaker create-cluster --cli-input-json`` takes it."""
    group = {"InstanceGroupName": "w", "InstanceType": "ml.g5.8xlarge", "InstanceCount": 4, "ExecutionRole": "arn"}
    path = tmp_path / "cluster-config.json"
    path.write_text(json.dumps({"ClusterName": "c", "InstanceGroups": [group]}), encoding="utf-8")
    assert len(load_scenario(path).nodes) == 4
    imported = CliRunner().invoke(command, [str(path)], catch_exceptions=False).stdout
    assert "count: 4" in imported
    path.write_text(json.dumps({"InstanceGroups": [{**group, "InstanceCount": "4"}]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"InstanceGroups\[0\]\.InstanceCount: '4' is not a whole number"):
        load_scenario(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"InstanceGroups": null}', "1:1: neither a Kubernetes object (kind is missing) nor an answer of HyperPod"),
        ('{"ComputeQuotaSummaries": {"a": 1}}', "1:27: ComputeQuotaSummaries: {'a': 1} is not a list"),
        ('{"InstanceGroups": ["x"]}', "1:21: InstanceGroups[0]: 'x' is not a mapping"),
    ],
)
def test_an_answer_of_another_shape_is_refused(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "answer.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as refused:
        CliRunner().invoke(command, [str(path)], catch_exceptions=False)
    assert [str(one).partition("answer.json:")[2] for one in refused.value.mistakes] == [expected]


def dumped_node(name: str, kind: str, group: str | None = None) -> dict[str, Any]:
    labels = {"node.kubernetes.io/instance-type": kind}
    labels |= {"sagemaker.amazonaws.com/instance-group-name": group} if group else {}
    status = {"allocatable": {"cpu": "90", "nvidia.com/gpu": "8", "pods": "110"}}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "status": status}


def groups_of(**types: str) -> dict[str, Any]:
    return {
        "InstanceGroups": [
            {"InstanceGroupName": name, "InstanceType": kind, "CurrentCount": 2} for name, kind in types.items()
        ]
    }


P5, NEW = "ml.p5.48xlarge", "ml.p99.48xlarge"
BOTH = [
    (
        groups_of(a=P5),
        [dumped_node("n1", P5), dumped_node("n2", P5)],
        ["n1", "n2"],
        "2 Nodes stand for instance group a",
    ),
    (
        groups_of(a=NEW),
        [dumped_node("n1", NEW, "a")],
        ["n1"],
        "1 Node stands for instance group a, though describe-cluster counts 2",
    ),
    (
        groups_of(a=P5, b=P5),
        [dumped_node("n1", P5, "a"), dumped_node("n2", P5, "a")],
        ["b-0", "b-1", "n1", "n2"],
        "group a",
    ),
]


@pytest.mark.parametrize(("answer", "nodes", "expected", "told"), BOTH)
def test_nodes_of_kubectl_stand_for_their_instance_group(
    tmp_path: Path, answer: dict[str, Any], nodes: list[dict[str, Any]], expected: list[str], told: str
) -> None:
    files = [tmp_path / "cluster.json", tmp_path / "nodes.json", tmp_path / "now.yaml"]
    files[0].write_text(json.dumps(answer), encoding="utf-8")
    files[1].write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": nodes}), encoding="utf-8")
    done = CliRunner().invoke(command, [*map(str, files[:2]), "-o", str(files[2])], catch_exceptions=False)
    both = load_scenario(files[:2])
    for scenario in (load_scenario(files[2]), both):
        assert sorted(node.name for node in scenario.nodes) == expected
    assert told in done.output
    assert any(told in one for one in both.warnings)


def test_a_type_that_is_not_known_takes_resources() -> None:
    pool = {"name": "new", "instanceType": NEW, "resources": {"cpu": 4, "nvidia.com/gpu": 8}}
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "cluster": {"nodePools": [pool]}}
    (node,) = load_scenario(Text("new.yaml", json.dumps(document))).nodes
    assert node.labels["node.kubernetes.io/instance-type"] == NEW
    assert node.allocatable["nvidia.com/gpu"] == 8


def quota(team: str) -> dict[str, Any]:
    resources = [{"InstanceType": P5, "Count": 1}]
    return {"ComputeQuotaConfig": {"ComputeQuotaResources": resources}, "ComputeQuotaTarget": {"TeamName": team}}


def test_cluster_queues_that_were_dumped_stand_for_the_quotas_they_were_made_of(tmp_path: Path) -> None:
    flavors = [{"name": P5, "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 6}]}]
    dumped = {
        "apiVersion": "kueue.x-k8s.io/v1beta1",
        "kind": "ClusterQueue",
        "metadata": {"name": "hyperpod-ns-a-clusterqueue", "uid": "8c1d"},
        "spec": {"resourceGroups": [{"coveredResources": ["nvidia.com/gpu"], "flavors": flavors}]},
    }
    flavor = {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "ResourceFlavor", "metadata": {"name": P5}}
    policy = {"SchedulerConfig": {"FairShare": "Disabled", "PriorityClasses": [{"Name": "x", "Weight": 1}]}}
    texts = [quota("a"), quota("b"), policy, {"kind": "List", "items": [flavor, dumped]}]
    files = []
    for number, value in enumerate(texts):
        files.append(tmp_path / f"{number}.json")
        files[-1].write_text(json.dumps(value), encoding="utf-8")
    done = CliRunner().invoke(command, [*map(str, files), "-o", str(tmp_path / "now.yaml")], catch_exceptions=False)
    for scenario in (load_scenario(tmp_path / "now.yaml"), load_scenario(files)):
        (queue,) = scenario.policy.cluster_queues
        assert queue.resource_groups[0].flavors[0].resources[0][1].nominal == 6
        assert scenario.settings.fair_sharing is None
    assert QUEUES_STAND in scenario.warnings
    assert "the ClusterQueues that HyperPod made stand for its compute quotas" in done.output
    assert "the compute quota of b is left out, its ClusterQueue was not dumped" in done.output
