"""Figures count the resources that work asks for and quota covers, whichever resources are merely covered."""

import json
from pathlib import Path
from typing import Any

import pytest

from kueue_sim import run, stream
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.report.exports.run_folder import as_json, summary
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.terminal import text_report
from kueue_sim.results.metrics.metric_values import Measures

COVERED = ("nvidia.com/gpu", "cpu", "aws.amazon.com/neurondevice", "nvidia.com/mig-1g.5gb", "nvidia.com/mig-2g.10gb")


def cluster(quota: dict[str, int], asks: dict[str, int]) -> dict[str, Any]:
    resources = [{"name": name, "nominalQuota": quota.get(name, 0)} for name in COVERED]
    groups = [{"coveredResources": list(COVERED), "flavors": [{"name": "f", "resources": resources}]}]
    queue = {"namespaceSelector": {}, "resourceGroups": groups, "preemption": {"withinClusterQueue": "LowerPriority"}}
    return {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {
            "objects": [
                {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
                {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": queue},
            ]
        },
        "workloads": [
            {"name": "low", "queue": "q", "requests": asks, "runtime": "2h"},
            {"name": "high", "queue": "q", "requests": asks, "priority": 1, "submit": "1h", "runtime": "1h"},
        ],
    }


@pytest.mark.parametrize(
    ("quota", "asks", "resource", "held", "lost"),
    [
        (
            {"aws.amazon.com/neurondevice": 16},
            {"aws.amazon.com/neurondevice": 16},
            "aws.amazon.com/neurondevice",
            64,
            16,
        ),
        ({"cpu": 8}, {"cpu": 8}, "cpu", 32, 8),
        ({"nvidia.com/mig-1g.5gb": 14, "nvidia.com/mig-2g.10gb": 6}, {"nvidia.com/mig-1g.5gb": 14}, COVERED[3], 56, 14),
        ({"nvidia.com/gpu": 4, "cpu": 96}, {"nvidia.com/gpu": 4, "cpu": 96}, "nvidia.com/gpu", 16, 4),
    ],
)
def test_the_resource_with_quota_is_counted(
    quota: dict[str, int], asks: dict[str, int], resource: str, held: float, lost: float
) -> None:
    result = run(scenario_from_dict(cluster(quota, asks)))
    total = result.total
    assert (result.resource, total.nominal, total.held_hours, total.lost_hours, total.allocation) == (
        resource, quota[resource], held, lost, 1.0,
    )  # fmt: skip


def quotas(**amounts: int) -> dict[str, Any]:
    names = {"rdma": "rdma/hca_shared_devices_a", "gpu": "amd.com/gpu", "claims": "single-gpu"}
    given = [{"name": names.get(name, name), "nominalQuota": amount} for name, amount in amounts.items()]
    group = {"coveredResources": [one["name"] for one in given], "flavors": [{"name": "f", "resources": given}]}
    document = cluster({}, {"single-gpu" if "claims" in amounts else names["gpu"]: 1})
    document["policy"]["objects"][1]["spec"]["resourceGroups"] = [group]
    return document


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    ("amounts", "resource"),
    [
        ({"cpu": 96, "memory": 4096, "pods": 100, "claims": 8}, "single-gpu"),
        ({"rdma": 1000, "gpu": 8, "cpu": 96}, "amd.com/gpu"),
    ],
)
def test_devices_of_claims_are_counted_and_network_cards_are_not(
    tmp_path: Path, amounts: dict[str, int], resource: str, streamed: bool
) -> None:
    scenario = scenario_from_dict(quotas(**amounts))
    assert (stream(scenario, tmp_path) if streamed else run(scenario)).resource == resource


GPU, NEURON = "nvidia.com/gpu", "aws.amazon.com/neurondevice"


def job(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "queue": "q", "runtime": "2h", **more}


def mixed(*jobs: dict[str, Any], **quota: int) -> dict[str, Any]:
    names = {"gpu": GPU, "neuron": NEURON, "mig": COVERED[3], "cpu": "cpu"}
    return {**cluster({names[name]: amount for name, amount in quota.items()}, {}), "workloads": list(jobs)}


@pytest.mark.parametrize(
    ("document", "resources"),
    [
        (mixed(job("n", requests={NEURON: 16}), gpu=8, neuron=16, cpu=96), (NEURON,)),
        (mixed(job("n", requests={NEURON: 16}), job("g", requests={GPU: 1}), gpu=1, neuron=16), (GPU, NEURON)),
        (mixed(job("g", requests={GPU: 8, "cpu": 96}), gpu=8, cpu=96), (GPU,)),
        (mixed(job("g", requests={GPU: 8}), job("c", requests={"cpu": 4}), gpu=8, cpu=96), (GPU, "cpu")),
        (mixed(job("m", requests={COVERED[3]: 1}), job("c", requests={"cpu": 4}), mig=7, cpu=9), (COVERED[3], "cpu")),
        (mixed(job("g", requests={GPU: 1}), neuron=16, cpu=96), (NEURON,)),
        (mixed(job("z", requests={GPU: 0, "cpu": 1}), gpu=8, cpu=96), ("cpu",)),
        (mixed(gpu=8, neuron=16), (GPU,)),
    ],
    ids=[
        "only Trainium asked",
        "both",
        "cores beside GPUs",
        "work for CPUs",
        "MIG",
        "no quota",
        "asks for 0",
        "no work",
    ],
)
def test_resources_matter_that_work_asks_for_and_quota_covers(
    document: dict[str, Any], resources: tuple[str, ...]
) -> None:
    result = run(scenario_from_dict(document))
    assert (result.resources, result.resource) == (resources, resources[0])


def two_of_each() -> dict[str, Any]:
    """In 4h: 6 of 8 GPUs for 2h; 12 of 16 Neuron devices for 1h, then lost to a higher job of 16 for 2h, and 12 again
    for 1h until the horizon; 24 of 96 cores for 4h, for work that needs no device."""
    return {
        **mixed(
            job("gpu", pods=6, requests={GPU: 1}),
            job("low", requests={NEURON: 12}),
            job("high", requests={NEURON: 16}, submit="1h", priority=1),
            job("cores", requests={"cpu": 24}, runtime="9h"),
            gpu=8,
            neuron=16,
            cpu=96,
        ),
        "horizon": "4h",
    }


FIGURES = {
    GPU: (8.0, 3 / 8, 12.0, 12.0, 0.0),
    NEURON: (16.0, 7 / 8, 56.0, 44.0, 12.0),
    "cpu": (96.0, 1 / 4, 96.0, 96.0, 0.0),
}


def test_every_resource_that_matters_has_its_figures_in_every_form() -> None:
    result = run(scenario_from_dict(two_of_each()))
    names = ("nominal", "allocation", "held_hours", "goodput_hours", "lost_hours")
    for team in (0, -1):
        found = {
            resource: tuple(getattr((*figures.teams, figures.total)[team], name) for name in names)
            for resource, figures in result.figures_by_resource.items()
        }
        assert found == FIGURES
    table = result.by_resource
    assert [tuple(row) for row in table[table.cluster_queue == "q"][list(names)].to_numpy()] == list(FIGURES.values())
    told = json.loads(as_json(summary(result)))["resources"]
    assert {one["resource"]: tuple(one["total"][name] for name in names) for one in told} == FIGURES
    text, page = text_report(result), run_page(result)
    for resource, row in (
        (GPU, "q           8     3       38%      38%           0       0         12       0"),
        (NEURON, "q          16    14       88%      88%           0       0         44      12"),
        ("cpu", "q          96    24       25%      25%           0       0         96       0"),
    ):
        table = text.partition(f"Quota and use  {resource}, averages over the run")[2].partition("\n\n")[0]
        assert row in table
    assert "loses 1h of work (12 neurondevice-h)" in text
    for heading in (f"Quota and use of {NEURON}", "Quota and use of cpu"):
        assert f"<h2>{heading}</h2>" in page
    assert Measures(result).value("held.gpu_hours") == 12.0


def test_teams_without_any_of_a_further_resource_have_no_row_in_its_table() -> None:
    document = two_of_each()
    other = json.loads(json.dumps(document["policy"]["objects"][1]))
    other["metadata"]["name"] = "only-gpus"
    for entry in other["spec"]["resourceGroups"][0]["flavors"][0]["resources"]:
        entry["nominalQuota"] = 4 if entry["name"] == GPU else 0
    document["policy"]["objects"].append(other)
    text = text_report(run(scenario_from_dict(document)))
    tables = [part.partition("\n\n")[0] for part in text.split("Quota and use  ")[1:]]
    assert [("only-gpus" in table) for table in tables] == [True, False, False]


@pytest.mark.parametrize(
    ("quota", "asks", "resource", "hours"),
    [
        ("InstanceType=ml.trn1.32xlarge,Count=2", {NEURON: 16}, NEURON, 32.0),
        ("InstanceType=ml.c5.2xlarge,Count=2", {"cpu": 4}, "cpu", 8.0),
        (
            "InstanceType=ml.p4d.24xlarge,AcceleratorPartition={Type=mig-1g.5gb,Count=14}",
            {"nvidia.com/mig-1g.5gb": 7},
            "nvidia.com/mig-1g.5gb",
            14.0,
        ),
    ],
)
def test_quotas_of_hyperpod_count_what_their_instances_have(
    quota: str, asks: dict[str, int], resource: str, hours: float
) -> None:
    """Flavors of HyperPod list nvidia.com/gpu with quota 0."""
    command = (
        'aws sagemaker create-compute-quota --name q --cluster-arn "<arn>" --compute-quota-config '
        f'"ComputeQuotaResources=[{{{quota}}}],ResourceSharingConfig={{Strategy=DontLend}}" '
        '--compute-quota-target "TeamName=a"'
    )
    work = {"name": "job", "team": "a", "requests": asks, "runtime": "2h"}
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"hyperpod": {"commands": command}}}
    result = run(scenario_from_dict({**document, "workloads": [work]}))
    assert (result.resource, result.total.held_hours, result.teams[0].goodput_hours) == (resource, hours, hours)
    assert f"Quota and use  {resource}, averages over the run" in text_report(result)
