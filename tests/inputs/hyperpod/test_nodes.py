"""HyperPod as it is: labels, the system's share, topology, MIG partitions, and first come first served."""

from textwrap import dedent

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_dict, scenario_from_text
from kueue_sim.model import Scenario

GPU = "nvidia.com/gpu"


def quota(team: str, **resources: object) -> dict[str, object]:
    return {"ComputeQuotaConfig": {"ComputeQuotaResources": [resources]}, "ComputeQuotaTarget": {"TeamName": team}}


def scenario(
    pools: list[dict[str, object]],
    quotas: list[dict[str, object]],
    workloads: list[dict[str, object]] | None = None,
    **hyperpod: object,
) -> Scenario:
    return scenario_from_dict(
        {
            "apiVersion": "kueue-sim/v1",
            "kind": "Scenario",
            "horizon": "1h",
            "cluster": {"nodePools": pools},
            "policy": {"hyperpod": {"computeQuotas": quotas, **hyperpod}},
            "workloads": workloads or [],
        }
    )


def training(team: str, topology: str = "", affinity: bool = False, cpu: int = 1) -> dict[str, object]:
    """A HyperPodPyTorchJob of two pods with eight GPUs each, as AWS's own recipes write it."""
    labels = [("node-health-status", "Schedulable"), ("compute-type", "hyperpod")]
    expressions = [
        {"key": f"sagemaker.amazonaws.com/{key}", "operator": "In", "values": [value]} for key, value in labels
    ]
    term = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}
    required = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term}}
    annotations = {"kueue.x-k8s.io/podset-required-topology": topology} if topology else {}
    resources = {"requests": {GPU: 8, "cpu": cpu}, "limits": {GPU: 8}}
    spec = {
        "containers": [{"name": "c", "image": "x", "resources": resources}],
        **({"affinity": required} if affinity else {}),
    }
    return {
        "runtime": "10m",
        "manifest": {
            "apiVersion": "sagemaker.amazonaws.com/v1",
            "kind": "HyperPodPyTorchJob",
            "metadata": {
                "name": "train",
                "namespace": f"hyperpod-ns-{team}",
                "labels": {"kueue.x-k8s.io/queue-name": f"hyperpod-ns-{team}-localqueue"},
            },
            "spec": {
                "replicaSpecs": [
                    {
                        "name": "worker",
                        "replicas": 2,
                        "template": {"metadata": {"annotations": annotations}, "spec": spec},
                    }
                ]
            },
        },
    }


P5 = {"name": "p5", "instanceType": "ml.p5.48xlarge", "count": 2}


def test_jobs_that_select_the_labels_of_hyperpods_nodes_start() -> None:
    result = run(scenario([P5], [quota("a", InstanceType="ml.p5.48xlarge", Count=2)], [training("a", affinity=True)]))
    assert result.run.states == {"hyperpod-ns-a/train": "finished"}


@pytest.mark.parametrize("layer", ["topology.k8s.aws/network-node-layer-3", "kubernetes.io/hostname"])
def test_topology_annotations_work_on_types_that_have_it(layer: str) -> None:
    result = run(scenario([P5], [quota("a", InstanceType="ml.p5.48xlarge", Count=2)], [training("a", f"{layer}")]))
    wanted = "finished" if "layer" in layer else "pending"
    assert result.run.states == {"hyperpod-ns-a/train": wanted}


def test_groups_of_a_pool_are_its_network() -> None:
    pool = {**P5, "topology": [{"label": "topology.k8s.aws/network-node-layer-3", "nodes": 1}]}
    layer = "topology.k8s.aws/network-node-layer-3"
    result = run(scenario([pool], [quota("a", InstanceType="ml.p5.48xlarge", Count=2)], [training("a", layer)]))
    assert "topology" in result.run.pending["hyperpod-ns-a/train"][1]


def test_topology_is_left_out_where_a_team_owns_other_types_beside_and_can_be_turned_off() -> None:
    both = quota("a", InstanceType="ml.p5.48xlarge", Count=1)
    config = both["ComputeQuotaConfig"]
    assert isinstance(config, dict)
    config["ComputeQuotaResources"].append({"InstanceType": "ml.g5.8xlarge", "Count": 1})
    mixed = scenario([P5, {"instanceType": "ml.g5.8xlarge"}], [both])
    alone = [quota("a", InstanceType="ml.p5.48xlarge", Count=1)]
    found = [
        [one.topology_name for one in each.policy.flavors]
        for each in (mixed, scenario([P5], alone), scenario([P5], alone, settings={"topology": "off"}))
    ]
    assert found == [[None, None], ["hyperpod-default"], [None]]
    assert any(text.startswith("no topology for ml.p5.48xlarge") for text in mixed.warnings)


def test_a_job_that_asks_for_the_whole_machine_is_admitted_and_fits_on_no_node() -> None:
    quotas = [quota("a", InstanceType="ml.p5.48xlarge", Count=2)]
    states = []
    for share, cpu in (("kubelet", 192), ("kubelet", 190), ("none", 192)):
        pool = {**P5, "systemShare": share}
        result = run(scenario([pool], quotas, [training("a", cpu=cpu)], settings={"topology": "off"}))
        states.append(result.run.states["hyperpod-ns-a/train"])
    assert states == ["admitted", "finished", "finished"]


def test_quotas_by_count_do_not_exceed_the_machines_they_count() -> None:
    assert scenario([P5], [quota("a", InstanceType="ml.p5.48xlarge", Count=2)]).warnings == ()


@pytest.mark.parametrize(
    "pool",
    [{"labels": {"nvidia.com/mig.config": "all-1g.5gb"}}, {"mig": {"1g.5gb": 7}}],
    ids=["label", "partitions"],
)
def test_partitions_of_a_quota_run_on_nodes_that_have_them(pool: dict[str, object]) -> None:
    part = {"Type": "mig-1g.5gb", "Count": 14}
    work = {"name": "w", "team": "a", "pods": 14, "requests": {"nvidia.com/mig-1g.5gb": 1}, "runtime": "10m"}
    made = scenario(
        [{"instanceType": "ml.p4d.24xlarge", **pool}],
        [quota("a", InstanceType="ml.p4d.24xlarge", AcceleratorPartition=part)],
        [work],
    )
    amounts = {name: made.nodes[0].allocatable[name] for name in (GPU, "nvidia.com/mig-1g.5gb")}
    assert (amounts, run(made).run.states) == ({GPU: 0, "nvidia.com/mig-1g.5gb": 56}, {"hyperpod-ns-a/w": "finished"})


@pytest.mark.parametrize(
    ("profile", "number"),
    [("1g.5gb", 7), ("1g.10gb", 4), ("2g.10gb", 3), ("3g.20gb", 2), ("4g.20gb", 1), ("7g.40gb", 1)],
)
def test_a_gpu_holds_as_many_partitions_as_nvidia_says(profile: str, number: int) -> None:
    pool = {"instanceType": "ml.p4d.24xlarge", "labels": {"nvidia.com/mig.config": f"all-{profile}"}}
    assert scenario([pool], []).nodes[0].allocatable[f"nvidia.com/mig-{profile}"] == 8 * number


def test_partitions_may_fill_a_gpu_to_the_last_slice_of_memory() -> None:
    pool = {"instanceType": "ml.p5en.48xlarge", "mig": {"3g.71gb": 1, "2g.35gb": 1, "1g.18gb": 2}}
    amounts = scenario([pool], []).nodes[0].allocatable
    assert [amounts[f"nvidia.com/mig-{name}"] for name in ("3g.71gb", "2g.35gb", "1g.18gb")] == [8, 8, 16]


@pytest.mark.parametrize(
    ("pool", "message"),
    [
        ({"mig": {"9g.1gb": 1}}, "ml.p4d.24xlarge has no MIG profile '9g.1gb'"),
        ({"mig": {"3g.20gb": 3}}, "these are 9 slices; a GPU has 7"),
        ({"mig": {"1g.10gb": 7}}, "these take 14 slices of memory; a GPU has 8"),
        ({"mig": {"3g.20gb": 2, "1g.5gb": 1}}, "these take 9 slices of memory; a GPU has 8"),
        ({"labels": {"nvidia.com/mig.config": "custom"}}, "'custom' is not known; say what it makes of each GPU"),
    ],
)
def test_partitions_that_a_gpu_cannot_have_are_mistakes(pool: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario([{"instanceType": "ml.p4d.24xlarge", **pool}], [])
    assert message in str(caught.value)


def test_first_come_first_served_is_one_switch_on_the_same_labelled_jobs() -> None:
    text = dedent("""\
        apiVersion: kueue-sim/v1
        kind: Scenario
        policy:
          hyperpod:
            clusterSchedulerConfig: {PriorityClasses: [{Name: high, Weight: 90}, {Name: low, Weight: 10}]}
            computeQuotas:
            - ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.g5.8xlarge, Count: 1}]}
              ComputeQuotaTarget: {TeamName: a}
        workloads:
        - {name: runs, team: a, requests: {nvidia.com/gpu: 1}, priorityClass: high-priority, runtime: 1h}
        - {name: early, team: a, submit: 1m, requests: {nvidia.com/gpu: 1}, priorityClass: low-priority, runtime: 1h}
        - {name: late, team: a, submit: 2m, requests: {nvidia.com/gpu: 1}, priorityClass: high-priority, runtime: 1h}
        """)
    orders = []
    for setting in ("ranking", "fcfs"):
        result = run(scenario_from_text(text, [("policy.hyperpod.settings.taskPrioritization", setting)]))
        orders.append([fact.workload.partition("/")[2] for fact in result.run.facts if fact.type == "Admitted"])
    assert orders == [["runs", "late", "early"], ["runs", "early", "late"]]
