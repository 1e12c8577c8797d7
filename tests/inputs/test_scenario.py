"""A scenario file becomes one value, or a list of mistakes with their places."""

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict, scenario_from_text
from kueue_sim.model import Action, ClusterQueue, LocalQueue, Namespace, Node, PodSet, Taint, Workload

GPU = "nvidia.com/gpu"


def queue(name: str, nominal: int, **spec: object) -> dict[str, object]:
    quota = {"name": GPU, "nominalQuota": nominal}
    group = {"coveredResources": [GPU], "flavors": [{"name": "gpu", "resources": [quota]}]}
    return {
        "kind": "ClusterQueue",
        "metadata": {"name": name},
        "spec": {"cohortName": "all", "namespaceSelector": {}, "resourceGroups": [group], **spec},
    }


def document(**sections: object) -> dict[str, Any]:
    objects = [{"kind": "ResourceFlavor", "metadata": {"name": "gpu"}}, queue("team-a", 1), queue("team-b", 2)]
    return {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, **sections}


def mistakes_of(raw: dict[str, object]) -> list[str]:
    with pytest.raises(InputError) as caught:
        scenario_from_dict(raw)
    return [str(mistake) for mistake in caught.value.mistakes]


def job(name: str, team: str, at_ms: int, runtime_ms: int | None = None) -> Workload:
    pods = (PodSet("main", 1, {GPU: 1}),)
    uid = f"default/{name}"
    return Workload(name, "default", team, pods, uid=uid, created_ms=at_ms, runtime_ms=runtime_ms)


def test_workloads_come_in_order_of_submission_with_those_of_the_timeline_among_them() -> None:
    one = {"requests": {GPU: 1}}
    scenario = scenario_from_dict(
        document(
            workloads=[
                {"name": "late", "team": "team-a", "submit": "2h", **one},
                {"name": "first", "team": "team-b", "runtime": "30m", **one},
            ],
            timeline=[
                {"at": "3h", "do": "delete", "workload": "late"},
                {"at": "1h", "do": "submit", "workload": {"name": "middle", "team": "team-a", **one}},
            ],
        )
    )
    assert (list(scenario.workloads), scenario.timeline) == (
        [job("first", "team-b", 0, 1_800_000), job("middle", "team-a", 3_600_000), job("late", "team-a", 7_200_000)],
        (Action(10_800_000, "delete", "default/late"),),
    )


def test_workloads_that_ask_for_the_same_share_one_object() -> None:
    work = [
        {"name": "one", "team": "team-a", "requests": {GPU: 1}},
        {"name": "two", "team": "team-b", "requests": {GPU: 1}, "priority": 5},
        {"name": "more", "team": "team-a", "requests": {GPU: 2}},
        {"name": "several", "team": "team-a", "requests": {GPU: 1}, "pods": 2},
    ]
    one, two, *others = (workload.pod_sets for workload in scenario_from_dict(document(workloads=work)).workloads)
    assert one is two
    assert [pod_sets[0] for pod_sets in others] == [PodSet("main", 1, {GPU: 2}), PodSet("main", 2, {GPU: 1})]


def test_every_mistake_of_a_document_comes_at_once() -> None:
    assert mistakes_of(
        document(
            horizon="soon",
            workloads=[{"name": "x", "team": "team-c"}, {"name": "x", "team": "team-a", "runtme": "5m"}],
            timeline=[{"at": "1h", "do": "remove"}, {"at": "1h", "do": "cordon", "node": "n1"}],
        )
    ) == [
        "horizon: 'soon' is not a duration (examples: 30m, 1h30m, 250ms, 2d)",
        "workloads[0].team: there is no team 'team-c'; did you mean 'team-b'?",
        "workloads[1].runtme: unknown field 'runtme'; did you mean 'runtime'?",
        "workloads[1].name: a second workload named 'x' in namespace 'default'",
        "timeline[0].do: 'remove' is not accepted; did you mean 'removeNode'?",
        "timeline[1].node: there is no Node 'n1'; there are none",
    ]


def test_of_many_fields_those_that_are_needed_are_told_first() -> None:
    [unknown] = mistakes_of(document(workloads=[{"name": "x", "team": "team-a", "at": "5m"}]))
    first = "name, queue, team, submit, runtime, requests, pods, "
    assert unknown.startswith(f"workloads[0].at: unknown field 'at'; accepted: {first}admissions, ")
    assert unknown.endswith(", …")
    [unknown] = mistakes_of(document(workloads=[{"name": "x", "team": "team-a", "ready": "5m"}]))
    assert f"accepted: {first}podsReady, admissions, " in unknown


def test_a_pool_among_the_nodes_is_told_where_it_belongs() -> None:
    missing = "cluster.nodes[0].kind: kind is missing; only Node and Pod are accepted here"
    pool = {"name": "a", "count": 3, "capacity": {"cpu": 4}}
    assert mistakes_of(document(cluster={"nodes": [pool]})) == [
        f"{missing}; a pool of equal nodes belongs under cluster.nodePools"
    ]
    assert mistakes_of(document(cluster={"nodes": [{"metadata": {"name": "a"}}]})) == [missing]


def test_a_mistake_names_file_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("apiVersion: kueue-sim/v1\nkind: Scenario\nseed: many\n")
    with pytest.raises(InputError) as caught:
        load_scenario(file)
    assert str(caught.value) == f"{file}:3:7: seed: 'many' is not a whole number"


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("nowhere.yaml")
    assert str(caught.value) == "there is no file or folder 'nowhere.yaml'"


def test_an_empty_name_is_not_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of ``kueue-sim run "$FILE"`` without a value."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="there is no file or folder '', an empty name"):
        load_scenario("")


def test_manifests_of_included_files_count_and_configure(tmp_path: Path) -> None:
    (tmp_path / "queues.yaml").write_text(
        dedent("""\
        apiVersion: kueue.x-k8s.io/v1beta1
        kind: ClusterQueue
        metadata: {name: team-a}
        spec: {cohort: all, namespaceSelector: {}}
        """)
    )
    text = dedent("""\
        apiVersion: kueue-sim/v1
        kind: Scenario
        policy: {include: [queues.yaml]}
        """)
    policy = scenario_from_text(text, folder=tmp_path).policy
    assert policy.cluster_queues == (ClusterQueue("team-a", cohort="all"),)


def test_a_described_hyperpod_cluster_gives_its_nodes(tmp_path: Path) -> None:
    (tmp_path / "cluster.json").write_text(
        '{"ClusterName": "c", "InstanceGroups": [{"InstanceGroupName": "w", "InstanceType": "ml.g5.8xlarge", '
        '"CurrentCount": 2, "TargetCount": 3, "ThreadsPerCore": 1, "Status": "InService", "KubernetesConfig": '
        '{"CurrentLabels": {"a": "b"}, "CurrentTaints": [{"Key": "k", "Value": "v", "Effect": "NoSchedule"}]}}]}'
    )
    text = "apiVersion: kueue-sim/v1\nkind: Scenario\ncluster: {include: [cluster.json]}\n"
    scenario = scenario_from_text(text, folder=tmp_path)
    assert "instance group w has 2 instances and shall have 3; the nodes are those that it has" in scenario.warnings
    nodes = scenario.nodes
    first = nodes[0]
    assert ([node.name for node in nodes], first.labels["a"], first.taints, first.allocatable["cpu"]) == (
        ["w-0", "w-1"],
        "b",
        (Taint("k", "v", "NoSchedule"),),
        16_000,
    )


def test_a_pool_has_the_resources_of_its_instance_type_less_what_is_reserved() -> None:
    pools = [
        {"instanceType": "ml.g5.8xlarge", "reserved": {"cpu": 2}, "labels": {"a": "b"}},
        {"name": "plain", "count": 3, "resources": {GPU: 4}, "topology": [{"label": "rack", "nodes": 2}]},
    ]
    nodes = scenario_from_dict(document(cluster={"nodePools": pools})).nodes
    machine = {"pods": 110, "cpu": 32_000, "memory": 128 * 2**30, GPU: 1, "vpc.amazonaws.com/efa": 1}
    usable = machine | {"cpu": 32_000 - 150 - 2000, "memory": (128 * 1024 - 255 - 110 * 11 - 100) * 2**20}
    labels = {
        "kubernetes.io/hostname": "ml-g5-8xlarge-0",
        "node.kubernetes.io/instance-type": "ml.g5.8xlarge",
        "sagemaker.amazonaws.com/compute-type": "hyperpod",
        "sagemaker.amazonaws.com/node-health-status": "Schedulable",
        "sagemaker.amazonaws.com/instance-group-name": "ml-g5-8xlarge",
        "a": "b",
    }
    assert nodes == (
        Node("ml-g5-8xlarge-0", labels, (), usable, capacity=machine),
        *(
            Node(
                f"plain-{index}",
                {"kubernetes.io/hostname": f"plain-{index}", "rack": f"plain-0-{index // 2}"},
                (),
                {"pods": 110, GPU: 4},
            )
            for index in range(3)
        ),
    )


def test_a_pool_without_resources_or_of_an_unknown_type_is_refused() -> None:
    pools = [{"name": "a"}, {"instanceType": "ml.g5.8xlarg"}, {"instanceType": "ml.g7.2xlarge"}, {"name": "a"}]
    assert mistakes_of(document(cluster={"nodePools": pools})) == [
        "cluster.nodePools[0]: a node pool needs instanceType or resources",
        "cluster.nodePools[1].instanceType: unknown instance type 'ml.g5.8xlarg', without resources or Nodes from "
        "kubectl; did you mean 'ml.g5.8xlarge'?",
        "cluster.nodePools[2].instanceType: the figures of ml.g7.2xlarge are not published; give resources instead",
        "cluster.nodePools[3]: a node pool needs instanceType or resources",
        "cluster.nodePools[3]: a second node pool named 'a'; give each its own name",
        "cluster: a second Node named 'a-0'; names are unique",
    ]


def test_a_cluster_queue_without_a_local_queue_gets_one_of_its_name() -> None:
    policy = scenario_from_dict(document()).policy
    assert (policy.local_queues, policy.namespaces) == (
        (LocalQueue("team-a", "default", "team-a"), LocalQueue("team-b", "default", "team-b")),
        (Namespace("default", {"kubernetes.io/metadata.name": "default"}),),
    )


def test_the_digest_stands_for_everything_that_was_read(tmp_path: Path) -> None:
    def digest(include: str, *overrides: str) -> str:
        (tmp_path / "more.yaml").write_text(include)
        text = "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [more.yaml]}\n"
        return scenario_from_text(text, overrides, folder=tmp_path).digest

    first, second = "kind: Cohort\nmetadata: {name: a}\n", "kind: Cohort\nmetadata: {name: b}\n"
    digests = [
        digest(first),
        digest(first),
        digest(second),
        digest(first, "seed=1"),
        digest(first, "cohorts.a.weight=2"),
    ]
    assert (digests[0] == digests[1], len(set(digests))) == (True, 4)
