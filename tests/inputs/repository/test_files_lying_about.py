"""Files as clusters, services and schedulers print them: nothing is refused, misread or dropped for its form."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim import load_scenario
from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.traces.rows import tres_gpus
from tests.inputs.traces.test_trace_kinds import imported, jobs_of, quotas_of

GROUP = "kueue.x-k8s.io/v1beta1"
HOUR = 3600
FLAVOR = {"apiVersion": GROUP, "kind": "ResourceFlavor", "metadata": {"name": "f"}, "spec": {}}
QUOTA = {"name": "nvidia.com/gpu", "nominalQuota": "8"}
QUEUE = {
    "apiVersion": GROUP,
    "kind": "ClusterQueue",
    "metadata": {"name": "q"},
    "spec": {
        "namespaceSelector": {},
        "resourceGroups": [
            {"coveredResources": ["nvidia.com/gpu"], "flavors": [{"name": "f", "resources": [QUOTA]}]},
        ],
    },
}
LOCAL = {
    "apiVersion": GROUP,
    "kind": "LocalQueue",
    "metadata": {"name": "lq", "namespace": "team"},
    "spec": {"clusterQueue": "q"},
}


def listed(*items: dict[str, object]) -> dict[str, object]:
    return {"apiVersion": "v1", "items": [*items], "kind": "List", "metadata": {"resourceVersion": ""}}


def workload(name: str, *conditions: str) -> dict[str, object]:
    container = {"name": "c", "resources": {"requests": {"nvidia.com/gpu": "8"}}}
    return {
        "apiVersion": GROUP,
        "kind": "Workload",
        "metadata": {"name": name, "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "queueName": "lq",
            "podSets": [{"name": "main", "count": 1, "template": {"spec": {"containers": [container]}}}],
        },
        "status": {"conditions": [{"type": kind, "status": "True"} for kind in conditions]},
    }


def as_yaml(value: object) -> str:
    """As ``kubectl -o yaml`` begins a list: its items before its kind."""
    items = "".join(f"- {json.dumps(item)}\n" for item in value["items"])  # type: ignore[index]
    return f"apiVersion: v1\nitems:\n{items}kind: List\nmetadata: {{resourceVersion: ''}}\n"


# -- several answers in one file --------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [None, 4])
def test_json_documents_one_after_the_other_are_all_read(tmp_path: Path, indent: int | None) -> None:
    text = "\n".join(json.dumps(listed(one), indent=indent) for one in (FLAVOR, QUEUE, LOCAL))
    (tmp_path / "all.json").write_text(text, encoding="utf-8")
    policy = load_scenario(tmp_path / "all.json").policy
    assert (len(policy.flavors), len(policy.cluster_queues), len(policy.local_queues)) == (1, 1, 1)


def test_lists_appended_as_yaml_are_all_read(tmp_path: Path) -> None:
    text = "".join(as_yaml(listed(one)) for one in (FLAVOR, QUEUE, LOCAL))
    (tmp_path / "all.yaml").write_text(text, encoding="utf-8")
    scenario = load_scenario(tmp_path / "all.yaml")
    assert (len(scenario.policy.cluster_queues), scenario.warnings) == (1, ())


@pytest.mark.parametrize(("file", "place"), [("all.json", "2:"), ("all.yaml", "8:")])
def test_mistakes_in_appended_answers_have_the_line_of_the_file(tmp_path: Path, file: str, place: str) -> None:
    wrong = {**LOCAL, "spec": {"clusterQueue": 3}}
    write = json.dumps if file.endswith("json") else as_yaml
    text = "\n".join(write(listed(one)).rstrip("\n") for one in (FLAVOR, wrong))
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / file)
    assert [str(one.place).startswith(f"{tmp_path / file}:{place}") for one in caught.value.mistakes] == [True]


def test_a_key_that_stands_twice_in_a_manifest_is_still_told(tmp_path: Path) -> None:
    text = f'{json.dumps(FLAVOR)[:-1]}, "kind": "ResourceFlavor"}}\n'
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    assert [line.rpartition("the key")[2] for line in load_scenario(tmp_path / "one.json").warnings] == [
        " 'kind' stands here twice; the last counts, as with kubectl"
    ]


# -- a dump that is run -----------------------------------------------------------------------------------


def test_a_dump_that_is_run_has_run_times_and_says_that_import_begins_with_it_as_it_is(tmp_path: Path) -> None:
    works = [workload("a", "QuotaReserved", "Admitted"), workload("b"), workload("c", "QuotaReserved", "Finished")]
    text = json.dumps(listed(FLAVOR, QUEUE, LOCAL, *works))
    (tmp_path / "dump.json").write_text(text, encoding="utf-8")
    scenario = load_scenario(tmp_path / "dump.json", [("runtimes", {"*": "1h", "b": "2h"})])
    assert [one.runtime_ms for one in scenario.workloads] == [HOUR * 1000, 2 * HOUR * 1000, HOUR * 1000]
    assert scenario.notes == (
        "of 3 Workloads 1 hold quota and 1 have ended in their cluster; all are submitted anew, while kueue-sim import "
        f"{tmp_path}/dump.json -o now.yaml makes a scenario that begins with the cluster as it is",
        "time zero is 2026-01-01T00:00:00Z, the first creationTimestamp of a Workload",
    )


def test_a_dump_that_is_run_counts_from_its_first_workload(tmp_path: Path) -> None:
    works = [workload("late"), workload("early")]
    for work, at in zip(works, ("2026-08-03T10:00:05+02:00", "2026-08-03T07:59:00Z"), strict=True):
        work["metadata"] |= {"creationTimestamp": at}  # type: ignore[operator]
    (tmp_path / "dump.json").write_text(json.dumps(listed(FLAVOR, QUEUE, LOCAL, *works)), encoding="utf-8")
    scenario = load_scenario(tmp_path / "dump.json")
    assert (scenario.start, [(one.name, one.created_ms) for one in scenario.workloads]) == (
        "2026-08-03T07:59:00Z",
        [("early", 0), ("late", 65_000)],
    )


@pytest.mark.parametrize(("created", "usage"), [([], {"cpu": 3}), (["2026-08-03T07:59:00Z"], {})])
def test_usage_counts_where_it_was_consumed_before_time_zero(
    tmp_path: Path, created: list[str], usage: dict[str, int]
) -> None:
    sampled = {"consumedResources": {"cpu": "3"}, "lastUpdate": "2026-08-03T09:00:00Z"}
    local = {**LOCAL, "status": {"fairSharing": {"admissionFairSharingStatus": sampled}}}
    works = [workload("w") for _ in created]
    for work, at in zip(works, created, strict=True):
        work["metadata"] |= {"creationTimestamp": at}  # type: ignore[operator]
    (tmp_path / "dump.json").write_text(json.dumps(listed(FLAVOR, QUEUE, local, *works)), encoding="utf-8")
    scenario = load_scenario(tmp_path / "dump.json")
    queue = scenario.policy.local_queues[0]
    assert (queue.consumed, queue.consumed_at_ms) == (usage, 0)
    told = "usage that was sampled after time zero is not counted, of LocalQueue lq"
    assert (told in scenario.notes) == (not usage)


def event(kind: str, one: object) -> str:
    return json.dumps({"type": kind, "object": one})


WAITS, RUNS, ENDED = (
    workload("a"),
    workload("a", "QuotaReserved", "Admitted"),
    workload("a", "QuotaReserved", "Finished"),
)
OTHER = {**workload("other"), "status": {}}
BOOKMARK = {"kind": "Workload", "apiVersion": GROUP, "metadata": {"resourceVersion": "7", "creationTimestamp": None}}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["ADDED", WAITS, "MODIFIED", ENDED, "ADDED", OTHER, "BOOKMARK", BOOKMARK], []),
        (["ADDED", WAITS, "ADDED", OTHER, "MODIFIED", ENDED, "DELETED", ENDED], []),
        (
            ["ADDED", OTHER, "ADDED", ENDED, "ERROR", {"kind": "Status", "message": "too old resource version"}],
            ["the watch broke off, so what came after it is missing"],
        ),
    ],
)
def test_the_events_of_a_watch_are_imported_as_what_is_there_after_them(
    tmp_path: Path, lines: list[object], told: list[str]
) -> None:
    events = [event(str(kind), one) for kind, one in zip(lines[::2], lines[1::2], strict=True)]
    events.insert(1, "Error from server (Timeout): the server was unable to return a response in time")
    (tmp_path / "watch.jsonl").write_text("\n".join(events), encoding="utf-8")
    (tmp_path / "policy.json").write_text(json.dumps(listed(FLAVOR, QUEUE, LOCAL)), encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "watch.jsonl"), str(tmp_path / "policy.json")])
    assert "waiting: 1 (team/other)" in result.stderr.splitlines()
    assert "finished, forecasts learn from them: 1 (team/a)" in result.stderr.splitlines()
    assert [line for line in result.stderr.splitlines() if "watch" in line and "written" not in line] == told


def test_of_the_states_of_one_object_in_a_file_the_last_counts(tmp_path: Path) -> None:
    text = "\n".join(json.dumps(one, indent=4) for one in (FLAVOR, QUEUE, LOCAL, WAITS, RUNS, ENDED))
    (tmp_path / "watch.json").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "watch.json")])
    assert [line for line in result.stderr.splitlines() if "(team/a)" in line] == [
        "finished, forecasts learn from them: 1 (team/a)"
    ]


def test_what_helm_prints_before_its_manifests_is_no_scenario(tmp_path: Path) -> None:
    text = "NAME: kueue\nNAMESPACE: x\nMANIFEST:\n---\n" + "---\n".join(
        f"{json.dumps(one)}\n" for one in (FLAVOR, QUEUE, LOCAL)
    )
    (tmp_path / "release.yaml").write_text(text, encoding="utf-8")
    scenario = load_scenario(tmp_path / "release.yaml")
    imported_as = CliRunner().invoke(command, [str(tmp_path / "release.yaml")])
    assert scenario_from_text(imported_as.stdout).policy == scenario.policy
    assert ([queue.name for queue in scenario.policy.cluster_queues], scenario.notes) == (
        ["q"],
        (f"skipped, no Kubernetes manifest: a document ({tmp_path}/release.yaml)",),
    )


NEWER: dict[str, tuple[dict[str, object], str]] = {
    "ClusterQueue": ({**QUEUE, "spec": {**QUEUE["spec"], "newer": {}}}, "policy.objects[1].spec.newer"),  # type: ignore[dict-item]
    "ResourceFlavor": ({**FLAVOR, "spec": {"newer": 1}}, "policy.objects[0].spec.newer"),
    "LocalQueue": ({**LOCAL, "spec": {"clusterQueue": "q", "newer": 1}}, "policy.objects[2].spec.newer"),
}


@pytest.mark.parametrize("kind", NEWER)
def test_a_field_that_a_newer_release_has_does_not_keep_a_dump_from_being_imported(tmp_path: Path, kind: str) -> None:
    newer, path = NEWER[kind]
    objects = [newer if one["kind"] == kind else one for one in (FLAVOR, QUEUE, LOCAL)]
    (tmp_path / "dump.json").write_text(json.dumps(listed(*objects)), encoding="utf-8")
    result = CliRunner().invoke(command, [str(tmp_path / "dump.json")], catch_exceptions=False)
    said = f"kept, although an API server would refuse it now: {tmp_path}/dump.json:1:"
    written = f": {path.replace('policy.objects', 'items')}: unknown field 'newer'"
    told = [line.partition(";")[0] for line in result.stderr.splitlines() if "newer" in line]
    assert [(line.startswith(said), line.endswith(written)) for line in told] == [(True, True)]
    scenario = scenario_from_text(result.stdout)
    assert [queue.name for queue in scenario.policy.cluster_queues] == ["q"]
    assert [line.partition(": ")[2] for line in scenario.warnings] == [
        f"{path} is a field that is not known and not read"
    ]
    with pytest.raises(InputError, match="unknown field 'newer'"):
        load_scenario(tmp_path / "dump.json")


# -- tables of jobs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        "JobID,Account,SubmitTime,StartTime,EndTime,AllocGPUS",
        "job id,account,submit time,start time,end time,alloc gpus",
        "Job-ID,Account,Submit-Time,Start-Time,End-Time,AllocGRES",
    ],
)
def test_columns_are_known_however_their_words_are_joined(tmp_path: Path, header: str) -> None:
    text = f"{header}\n1,a,2026-01-01 10:00:00,2026-01-01 10:01:00,2026-01-01 11:01:00,4\n"
    assert jobs_of(imported(tmp_path, text, zone="UTC")) == [("1", "a", 0, HOUR, 4)]


def test_gpus_of_older_releases_of_slurm_are_counted() -> None:
    given = ("gpu:4", "gpu:a100:4(S:0-1)", "gres:gpu:2", "cpu=8,gres/gpu:a100=6,gres/gpu:h100=2", "gres/gpu=3", "cpu=8")
    assert [tres_gpus(text) for text in given] == [4, 4, 2, 8, 3, 0]


def test_a_column_of_seconds_in_a_queue_is_no_team(tmp_path: Path) -> None:
    head = "job_id,user,gpu_num,submit_time,start_time,end_time,queue\n"
    row = "7,{},8,2023-05-17 11:00:58+00:00,2023-05-17 11:01:08+00:00,2023-05-17 12:01:08+00:00,{}\n"
    assert jobs_of(imported(tmp_path, head + row.format("ann", "10.0"))) == [("7", "ann", 0, HOUR, 8)]
    assert jobs_of(imported(tmp_path, head + row.format("ann", "night"))) == [("7", "night", 0, HOUR, 8)]
    assert jobs_of(imported(tmp_path, head + row.format("ann", "3"))) == [("7", "3", 0, HOUR, 8)]


OPENB = """\
name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time
pod-0,12000,16384,1,1000,,LS,Running,0,3600,0.0
pod-1,6000,12288,0,0,,BE,Running,60,3660,60.0
"""


@pytest.mark.parametrize("preset", [None, "openb"])
def test_a_known_trace_is_recognised_and_there_is_quota_for_all_that_its_jobs_ask_for(
    tmp_path: Path, preset: str | None
) -> None:
    text = OPENB.replace("LS", "ls").replace("BE", "be")
    scenario = imported(tmp_path, text, preset=preset, gpus=8)
    assert jobs_of(scenario) == [("pod-0", "ls", 0, HOUR, 1), ("pod-1", "be", 60, HOUR, 0)]
    assert quotas_of(scenario)[:3] == [("be", 4), ("be", 1_000_000_000), ("be", 2**50)]


# -- answers of HyperPod ----------------------------------------------------------------------------------

QUOTA_ANSWER: dict[str, object] = {
    "ComputeQuotaArn": "arn:aws:sagemaker:us-west-2:111122223333:compute-quota/abcdef123456",
    "ComputeQuotaId": "abcdef123456",
    "Name": "team-a-quota",
    "ComputeQuotaVersion": 2,
    "Status": "Created",
    "ClusterArn": "arn:aws:sagemaker:us-west-2:<account>:cluster/<id>",
    "ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": 2}]},
    "ComputeQuotaTarget": {"TeamName": "team-a", "FairShareWeight": 10},
}
SUMMARY = {**QUOTA_ANSWER, "ComputeQuotaVersion": 1, "ComputeQuotaTarget": {"TeamName": "team-a", "FairShareWeight": 5}}
LISTED = {"ComputeQuotaSummaries": [SUMMARY]}


def weights(folder: Path, *answers: object) -> list[tuple[str, float]]:
    """Queues and weights of the answers, imported and run as they are."""
    files = [folder / f"{number}.json" for number in range(len(answers))]
    for file, answer in zip(files, answers, strict=True):
        file.write_text(json.dumps(answer), encoding="utf-8")
    result = CliRunner().invoke(command, [str(file) for file in files], catch_exceptions=False)
    found = [
        [(queue.name, queue.fair_weight) for queue in scenario.policy.cluster_queues]
        for scenario in (load_scenario(files), scenario_from_text(result.stdout))
    ]
    assert found[0] == found[1]
    return found[0]


def test_what_clients_add_and_people_take_out_of_an_answer_does_not_matter(tmp_path: Path) -> None:
    answer = {"ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}, **QUOTA_ANSWER}
    assert weights(tmp_path, answer) == [("hyperpod-ns-team-a-clusterqueue", 10)]


@pytest.mark.parametrize("answers", [(QUOTA_ANSWER, LISTED), (LISTED, QUOTA_ANSWER)])
def test_of_two_answers_about_one_quota_the_newer_counts(tmp_path: Path, answers: tuple[object, object]) -> None:
    assert weights(tmp_path, *answers) == [("hyperpod-ns-team-a-clusterqueue", 10)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            {"ClusterSchedulerConfigSummaries": [{"Name": "p", "Status": "Created"}]},
            "list-cluster-scheduler-configs, which tells no settings: describe-cluster-scheduler-config does",
        ),
        (
            {"ClusterNodeSummaries": [{"InstanceId": "i-1"}]},
            "list-cluster-nodes: describe-cluster has the instance groups",
        ),
        ({"ClusterSummaries": [{"ClusterName": "c"}]}, "list-clusters: describe-cluster has the instance groups"),
    ],
)
def test_an_answer_without_settings_is_left_out_and_told(tmp_path: Path, answer: object, told: str) -> None:
    assert weights(tmp_path, QUOTA_ANSWER, answer) == [("hyperpod-ns-team-a-clusterqueue", 10)]
    files = [str(tmp_path / "0.json"), str(tmp_path / "1.json")]
    assert f"left out, an answer to {told}" in CliRunner().invoke(command, files).stderr.splitlines()
    scenario = load_scenario(files)
    assert any(f"left out, an answer to {told}" in line for line in (*scenario.warnings, *scenario.notes))
