"""What a policy amounts to as Kueue manifests, and a cluster or trace as a scenario: round trips lose nothing."""

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kueue_sim import load_scenario
from kueue_sim.cli import main
from kueue_sim.inputs.text.jsonschema import scenario_schema
from kueue_sim.inputs.text.schema import SECTIONS
from kueue_sim.inputs.text.schema_tables import markdown_tables
from kueue_sim.model import Workload

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
EVERYTHING = Path(__file__).parent / "data" / "everything.yaml"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Standard output of a command that ends well."""
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    out = capsys.readouterr().out
    assert left.value.code == 0
    return out


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_converted_manifests_are_the_same_policy(
    file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "converted.yaml").write_text(printed(capsys, "convert", str(file)))
    before, after = load_scenario(file), load_scenario(tmp_path / "converted.yaml")
    assert (after.policy, after.settings.fair_sharing) == (before.policy, before.settings.fair_sharing)


def test_a_file_of_commands_is_converted_with_its_overrides(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "quota.sh").write_text(
        "aws sagemaker create-compute-quota --name q --cluster-arn $ARN \\\n"
        "  --compute-quota-config 'ComputeQuotaResources=[{InstanceType=ml.g5.xlarge,Count=1}]' \\\n"
        "  --compute-quota-target TeamName=a\n"
    )
    text = printed(
        capsys, "convert", str(tmp_path / "quota.sh"), "--set", "clusterQueues.a.nvidia.com/gpu.nominalQuota=3"
    )
    documents = list(yaml.safe_load_all(text))
    resources = documents[3]["spec"]["resourceGroups"][0]["flavors"][0]["resources"]
    assert ([document["kind"] for document in documents], resources[2]) == (
        ["Configuration", "Namespace", "ResourceFlavor", "ClusterQueue", "LocalQueue"],
        {"name": "nvidia.com/gpu", "nominalQuota": 3, "borrowingLimit": "0"},
    )


@pytest.mark.parametrize("file", [*SCENARIOS, EVERYTHING], ids=lambda file: file.stem)
def test_the_schema_accepts_every_shipped_scenario(file: Path) -> None:
    validator = Draft202012Validator(scenario_schema())
    assert list(validator.iter_errors(yaml.safe_load(file.read_text(encoding="utf-8")))) == []


def test_the_schema_is_a_schema_and_refuses_unknown_fields(capsys: pytest.CaptureFixture[str]) -> None:
    schema = json.loads(printed(capsys, "schema"))
    Draft202012Validator.check_schema(schema)
    wrong = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "horison": "1h", "workloads": [{"runtime": "soon"}]}
    errors = sorted(list(error.absolute_path) for error in Draft202012Validator(schema).iter_errors(wrong))
    assert errors == [[], ["workloads", 0, "runtime"]]


def test_every_section_has_a_table_and_every_link_a_section(capsys: pytest.CaptureFixture[str]) -> None:
    tables = markdown_tables()
    titles = {line.removeprefix("### ").lower() for line in tables.splitlines() if line.startswith("### ")}
    links = {part.partition(")")[0] for part in tables.split("](#")[1:]}
    assert (
        printed(capsys, "schema", "--markdown"),
        links <= titles,
        {name.lower() for name in SECTIONS} <= titles,
    ) == (
        tables,
        True,
        True,
    )


DUMP = """\
apiVersion: v1
kind: List
items:
- apiVersion: kueue.x-k8s.io/v1beta2
  kind: ResourceFlavor
  metadata: {name: gpu, uid: u1, resourceVersion: "7", managedFields: [{manager: kubectl}]}
  spec: {}
- apiVersion: kueue.x-k8s.io/v1beta2
  kind: ClusterQueue
  metadata: {name: team, uid: u2, generation: 3}
  spec:
    namespaceSelector: {}
    resourceGroups:
    - coveredResources: [nvidia.com/gpu]
      flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 2}]}]
  status: {pendingWorkloads: 1}
- apiVersion: kueue.x-k8s.io/v1beta2
  kind: LocalQueue
  metadata: {name: jobs, namespace: x}
  spec: {clusterQueue: team}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: kueue-manager-config}
  data: {controller_manager_config.yaml: "kind: Configuration\\nfairSharing: {}\\n"}
- apiVersion: v1
  kind: Service
  metadata: {name: web}
- apiVersion: v1
  kind: Node
  metadata: {name: n1, labels: {a: b}, uid: u9}
  spec: {podCIDR: 10.0.0.0/24, unschedulable: true}
  status:
    allocatable: {cpu: 8, nvidia.com/gpu: 2}
    conditions: [{type: Ready, status: "True", message: fine}]
    images: [{names: [big]}]
- apiVersion: v1
  kind: Pod
  metadata: {name: daemon, namespace: kube-system}
  spec: {nodeName: n1, containers: [{name: c, image: i, env: [{name: A}], resources: {requests: {cpu: 1}}}]}
  status: {phase: Running}
"""


ADMISSION = "{name: main, count: 1, flavors: {nvidia.com/gpu: f}, resourceUsage: {nvidia.com/gpu: 1}}"


def workload(name: str, created: str, *conditions: tuple[str, str]) -> str:
    admission = f"admission: {{clusterQueue: team, podSetAssignments: [{ADMISSION}]}}, " if conditions else ""
    rows = ", ".join(f"{{type: {kind}, status: 'True', lastTransitionTime: '{when}'}}" for kind, when in conditions)
    return dedent(f"""\
        ---
        apiVersion: kueue.x-k8s.io/v1beta2
        kind: Workload
        metadata: {{name: {name}, namespace: x, creationTimestamp: '{created}'}}
        spec:
          queueName: jobs
          priority: 5
          podSets:
          - name: main
            count: 1
            template:
              metadata: {{labels: {{app: a}}}}
              spec: {{containers: [{{name: c, image: i, resources: {{requests: {{nvidia.com/gpu: 1}}}}}}]}}
        status: {{{admission}conditions: [{rows}]}}
        """)


def test_a_cluster_becomes_a_scenario_that_begins_with_it_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    noon, one = "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z"
    (tmp_path / "dump.yaml").write_text(
        DUMP
        + workload("waits", "2026-01-01T09:00:00Z")
        + workload("second", "2026-01-01T08:00:00Z", ("QuotaReserved", one), ("Admitted", one))
        + workload("first", "2026-01-01T10:00:00Z", ("QuotaReserved", noon))
        + workload("done", "2026-01-01T07:00:00Z", ("QuotaReserved", noon), ("Finished", one))
    )
    printed(capsys, "import", str(tmp_path / "dump.yaml"), "-o", str(tmp_path / "s.yaml"), "--runtime", "2h")
    document: dict[str, Any] = yaml.safe_load((tmp_path / "s.yaml").read_text(encoding="utf-8"))
    scenario = load_scenario(tmp_path / "s.yaml")
    assert (
        document["policy"]["objects"][1]["metadata"],
        document["cluster"]["nodes"][0],
        [(one.name, one.created_ms, one.runtime_ms, one.priority, held(one)) for one in scenario.workloads],
        scenario.node_pods[0].requests,
        scenario.settings.fair_sharing is not None,
    ) == (
        {"name": "team"},
        {
            "kind": "Node",
            "metadata": {"name": "n1", "labels": {"a": "b"}},
            "spec": {"unschedulable": True},
            "status": {
                "allocatable": {"cpu": 8, "nvidia.com/gpu": 2},
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        },
        [
            ("second", -18_000_000, 7_200_000, 5, (0, 0)),
            ("waits", -14_400_000, 7_200_000, 5, None),
            ("first", -10_800_000, 7_200_000, 5, (-3_600_000, None)),
        ],
        {"cpu": 1000},
        True,
    )


def held(workload: Workload) -> tuple[int, int | None] | None:
    """When its quota was reserved and when it was admitted, None for work that waits."""
    assert workload.status is not None
    admission = workload.status.admission
    return None if admission is None else (admission.reserved_ms, admission.admitted_ms)


def test_answers_of_hyperpod_become_pools_quotas_and_policy(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    quota = {
        "Name": "q",
        "ComputeQuotaId": "abcdefghijkl",
        "ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": 1}]},
        "ComputeQuotaTarget": {"TeamName": "a"},
    }
    group = {"InstanceGroupName": "w", "InstanceType": "ml.g5.8xlarge", "CurrentCount": 2, "ThreadsPerCore": 1}
    answers = {
        "cluster": {"ClusterName": "c", "InstanceGroups": [group]},
        "quotas": {"ComputeQuotaSummaries": [quota]},
        "policy": {"Name": "p", "SchedulerConfig": {"PriorityClasses": [{"Name": "x", "Weight": 5}]}},
    }
    files = []
    for name, answer in answers.items():
        files.append(str(tmp_path / f"{name}.json"))
        Path(files[-1]).write_text(json.dumps(answer))
    (tmp_path / "s.yaml").write_text(printed(capsys, "import", *files))
    scenario = load_scenario(tmp_path / "s.yaml")
    assert (
        scenario.name,
        [(node.name, node.allocatable["cpu"]) for node in scenario.nodes],
        [queue.name for queue in scenario.policy.cluster_queues],
        [item.name for item in scenario.policy.priority_classes],
    ) == ("cluster", [("w-0", 16_000), ("w-1", 16_000)], ["hyperpod-ns-a-clusterqueue"], ["x-priority"])


def test_a_trace_becomes_a_scenario_with_a_queue_per_team(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("Job ID,user,submit_time,duration,num_gpus\nj1,bo,0,60,1\nj2,al,30,60,2\n")
    (tmp_path / "s.yaml").write_text(printed(capsys, "import", str(tmp_path / "jobs.csv"), "--gpus", "5"))
    scenario = load_scenario(tmp_path / "s.yaml")
    quotas = [queue.resource_groups[0].flavors[0].resources[0][1].nominal for queue in scenario.policy.cluster_queues]
    assert (
        [queue.name for queue in scenario.policy.cluster_queues],
        quotas,
        [(one.name, one.queue_name, one.created_ms, one.runtime_ms) for one in scenario.workloads],
    ) == (["al", "bo"], [3, 2], [("j1", "bo", 0, 60_000), ("j2", "al", 30_000, 60_000)])


def test_a_trace_whose_columns_have_unknown_names_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "jobs.csv").write_text("when,how long,gpus\n0,60,1\n")
    with pytest.raises(SystemExit) as left:
        main(["import", str(tmp_path / "jobs.csv")])
    assert (left.value.code, "no column for submit (" in capsys.readouterr().err) == (2, True)
