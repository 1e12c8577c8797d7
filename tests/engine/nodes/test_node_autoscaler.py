"""Nodes that come for work and go when they are empty, with what they cost, against arithmetic by hand."""

from dataclasses import replace

import pytest

from kueue_sim import run
from kueue_sim.engine.simulate import simulation
from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import scenario_from_text
from kueue_sim.results.metrics.metric_values import Measures

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
prices: {currency: USD, date: 2026-01, instances: {p5.48xlarge: 48}}
cluster:
  nodePools:
    - {name: gpu, instanceType: ml.p5.48xlarge, autoscale: {min: 0, max: 3, delay: 5m, idle: 10m}}
policy:
  objects:
    - {kind: ResourceFlavor, metadata: {name: p5.48xlarge}}
    - kind: AdmissionCheck
      metadata: {name: nodes}
      spec: {controllerName: kueue.x-k8s.io/provisioning-request}
    - kind: ClusterQueue
      metadata: {name: team-a}
      spec:
        namespaceSelector: {}
        admissionChecks: [nodes]
        resourceGroups:
          - coveredResources: [nvidia.com/gpu]
            flavors: [{name: p5.48xlarge, resources: [{name: nvidia.com/gpu, nominalQuota: 40}]}]
    - {kind: LocalQueue, metadata: {name: team-a}, spec: {clusterQueue: team-a}}
workloads:
  - {name: a, team: team-a, pods: 2, requests: {nvidia.com/gpu: 8}, submit: 0s, runtime: 1h}
  - {name: b, team: team-a, pods: 1, requests: {nvidia.com/gpu: 8}, submit: 10m, runtime: 1h}
"""
WITHOUT_CHECK = WORLD.replace("        admissionChecks: [nodes]\n", "")


def told(text: str) -> list[str]:
    """Minutes, what happened, to whom, and why."""
    facts = run(scenario_from_text(text)).run.facts
    return [
        " ".join(part for part in (f"{one.at_ms / 60_000:g}", one.type, one.workload, one.reason, one.message) if part)
        for one in facts
        if one.type != "Submitted"
    ]


def test_a_provisioning_request_is_ready_when_its_nodes_have_come() -> None:
    assert told(WORLD) == [
        "0 QuotaReserved default/a",
        "5 Check default/a Ready nodes",
        "5 Admitted default/a",
        "5 Node add-nodes gpu-0",
        "5 Node add-nodes gpu-1",
        "5 Started default/a gpu-0, gpu-1",
        "10 QuotaReserved default/b",
        "15 Check default/b Ready nodes",
        "15 Admitted default/b",
        "15 Node add-nodes gpu-2",
        "15 Started default/b gpu-2",
        "65 Finished default/a",
        "75 Finished default/b",
        "75 Node remove-node gpu-1",
        "75 Node remove-node gpu-0",
        "85 Node remove-node gpu-2",
    ]


def test_nodes_are_paid_for_while_they_are_there() -> None:
    """Three nodes of 70 minutes at 48 USD an hour; 16 GPUs and 8 GPUs work for an hour at 6 USD each."""
    measures = Measures(run(scenario_from_text(WORLD)))
    found = {name: measures.value(f"cost.{name}") for name in ("paid", "used", "idle", "per_gpu_hour")}
    assert found == {"paid": 168.0, "used": 144.0, "idle": 24.0, "per_gpu_hour": 7.0}


def test_pods_without_a_place_bring_nodes_and_the_minimum_stays() -> None:
    """The last node to work is the one that stays."""
    assert told(WITHOUT_CHECK.replace("min: 0", "min: 1")) == [
        "0 Admitted default/a",
        "0 Unschedulable default/a Unschedulable 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
        "5 Node add-nodes gpu-1",
        "5 Started default/a gpu-0, gpu-1",
        "10 Admitted default/b",
        "10 Unschedulable default/b Unschedulable 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
        "15 Node add-nodes gpu-2",
        "15 Started default/b gpu-2",
        "65 Finished default/a",
        "75 Finished default/b",
        "75 Node remove-node gpu-1",
        "75 Node remove-node gpu-0",
    ]


def test_a_request_for_more_nodes_than_there_may_be_is_tried_again_and_then_rejected() -> None:
    """Two nodes at most: b asks at 10, 11, 13 and 17 minutes while a has both, and is given up."""
    lines = told(WORLD.replace("max: 3", "max: 2"))
    assert [line for line in lines if "Check default/b" in line] == [
        "10 Check default/b Retry nodes",
        "11 Check default/b Retry nodes",
        "13 Check default/b Retry nodes",
        "17 Check default/b Rejected nodes",
    ]
    assert "17 Deactivated default/b" in " ".join(lines)


STRATEGY = """\
    - kind: ProvisioningRequestConfig
      metadata: {name: patient}
      spec: {retryStrategy: {backoffLimitCount: 1, backoffBaseSeconds: 180, backoffMaxSeconds: 600}}
    - kind: AdmissionCheck
      metadata: {name: nodes}
      spec:
        controllerName: kueue.x-k8s.io/provisioning-request
        parameters: {apiGroup: kueue.x-k8s.io, kind: ProvisioningRequestConfig, name: patient}
"""


def test_a_provisioning_request_is_tried_again_as_its_config_says() -> None:
    """Two nodes at most: b asks at 10 minutes and three minutes later, and is given up."""
    start, _, rest = WORLD.partition("    - kind: AdmissionCheck\n")
    world = start + STRATEGY + rest[rest.index("    - kind: ClusterQueue") :]
    asked = [line for line in told(world.replace("max: 3", "max: 2")) if "Check default/b" in line]
    assert asked == ["10 Check default/b Retry nodes", "13 Check default/b Rejected nodes"]
    failing = "admissionChecks: [{check: nodes, answers: [{state: Failed}], retryLimit: 2}]\n"
    (behavior,) = scenario_from_text(world + failing).checks
    assert (behavior.retry_limit, behavior.retry_base_ms, behavior.retry_max_ms) == (2, 180_000, 600_000)


def test_two_requests_at_once_do_not_count_on_the_same_node() -> None:
    lines = told(WORLD.replace("pods: 2", "pods: 1").replace("submit: 10m", "submit: 1m"))
    assert [line for line in lines if "Started" in line or "add-nodes" in line] == [
        "5 Node add-nodes gpu-0",
        "5 Started default/a gpu-0",
        "6 Node add-nodes gpu-1",
        "6 Started default/b gpu-1",
    ]


@pytest.mark.parametrize("world", [WORLD, WITHOUT_CHECK])
@pytest.mark.parametrize("minute", [2, 12, 30, 70, 80])
def test_a_run_that_is_cut_goes_on_with_the_nodes_on_their_way_and_the_empty_ones(world: str, minute: int) -> None:
    """The cut falls between the order of nodes and their coming, into work, and into the idle time of nodes."""
    scenario, at_ms = scenario_from_text(world), minute * 60_000
    whole = [(one.at_ms, one.type, one.workload, one.reason) for one in run(scenario).run.facts]
    begun = simulation(scenario).present(at_ms)
    later = [one._replace(created_ms=one.created_ms - at_ms) for one in scenario.workloads if one.created_ms > at_ms]
    rest = run(replace(begun, workloads=(*begun.workloads, *later))).run.facts
    came = [(one.at_ms + at_ms, one.type, one.workload, one.reason) for one in rest if one.at_ms > 0]
    names = ("Node", "Admitted", "Started", "Finished")
    expected = [one for one in whole if one[0] > at_ms and one[1] in names]
    assert [one for one in came if one[1] in names] == expected and expected


def test_an_autoscaler_without_placement_is_a_mistake_at_its_place() -> None:
    with pytest.raises(InputError, match="no pod is placed with placement: none, so no node would come") as caught:
        scenario_from_text(WORLD + "placement: none\n")
    assert [(one.place.line, one.place.column) for one in caught.value.mistakes if one.place] == [(6, 49)]


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("{min: 1}", "max is missing"),
        ("{min: 4, max: 3}", "3 is"),
        ("{max: 3, idel: 1m}", "idel"),
    ],
)
def test_a_wrong_autoscaler_is_told_with_its_place(section: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        scenario_from_text(WORLD.replace("{min: 0, max: 3, delay: 5m, idle: 10m}", section))
    assert all(item.place is not None and item.place.line == 6 for item in caught.value.mistakes)
