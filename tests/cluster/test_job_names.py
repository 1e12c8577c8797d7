"""An imported cluster speaks of jobs by the names their users gave them, and says what becomes of those that no
Workload stands for."""

import json
from pathlib import Path
from typing import Any

from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary, snapshot_scenario
from tests.cluster.test_incomplete_dumps import GPU, objects


def workload(name: str, *owners: str) -> dict[str, object]:
    container = {"name": "c", "resources": {"requests": {"cpu": "1"}}}
    made_for = [{"kind": "Job", "name": owner, "uid": f"of-{owner}"} for owner in owners]
    return {
        "kind": "Workload",
        "metadata": {
            "name": name,
            "namespace": "ml",
            "uid": f"uid-{name}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": made_for,
        },
        "spec": {
            "queueName": "lq",
            "podSets": [{"name": "main", "count": 1, "template": {"spec": {"containers": [container]}}}],
        },
    }


def imported(folder: Path, *workloads: dict[str, object]) -> list[tuple[str, str]]:
    items = [
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": {"namespaceSelector": {}}},
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}, "spec": {"clusterQueue": "cq"}},
        *workloads,
    ]
    (folder / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    document = snapshot_scenario(read_snapshot([folder / "dump.json"]), "x")
    return [(one.name, one.uid) for one in scenario_from_dict(document).workloads]


def test_a_workload_has_the_name_of_the_one_job_it_was_made_for_and_its_own_uid(tmp_path: Path) -> None:
    found = imported(tmp_path, workload("job-train-1a2b3", "train"), workload("bare"))
    assert sorted(found) == [("bare", "uid-bare"), ("train", "uid-job-train-1a2b3")]


def test_names_that_would_not_tell_workloads_apart_stay_as_they_are(tmp_path: Path) -> None:
    found = imported(
        tmp_path,
        workload("job-twice-11111", "twice"),
        workload("job-twice-22222", "twice"),
        workload("job-other-33333", "bare"),
        workload("bare"),
        workload("group", "pod-1", "pod-2"),
    )
    assert sorted(name for name, _ in found) == [
        "bare",
        "group",
        "job-other-33333",
        "job-twice-11111",
        "job-twice-22222",
    ]


def a_job(name: str, uid: str, **status: object) -> dict[str, Any]:
    container = {"name": "c", "resources": {"requests": {GPU: "1"}}}
    template = {"spec": {"containers": [container]}}
    metadata = {"name": name, "namespace": "ml", "uid": uid, "creationTimestamp": "2026-01-01T00:00:30Z"}
    labels = {"kueue.x-k8s.io/queue-name": "lq"}
    spec = {"parallelism": 2, "completions": 2, "template": template}
    return {"kind": "Job", "metadata": {**metadata, "labels": labels}, "spec": spec, "status": status}


ENDED = {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-01-01T00:02:00Z"}]}


def test_jobs_without_any_workload_wait_anew_and_those_that_have_ended_do_not(tmp_path: Path) -> None:
    policy = [one for one in objects() if one["kind"] in ("ResourceFlavor", "ClusterQueue", "LocalQueue", "Topology")]
    policy[2]["status"] = {}
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps([*policy, objects()[4], a_job("runs", "1", active=2), a_job("over", "2", **ENDED)]))
    snapshot = read_snapshot([dump])
    assert [one["manifest"]["metadata"]["name"] for one in snapshot_scenario(snapshot, "d")["workloads"]] == ["runs"]
    lines = import_summary(snapshot)
    assert "jobs that wait anew, also those that run, as no Workload was dumped: 1 (ml/runs)" in lines
    assert "left out, jobs that have ended: 1 (ml/over)" in lines


def test_only_jobs_that_have_a_workload_are_said_to_be_stood_for(tmp_path: Path) -> None:
    found = objects()
    found[5]["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "known", "uid": "1"}]
    jobs = [a_job("known", "1", active=2), a_job("orphan", "2", active=2), a_job("over", "3", **ENDED)]
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps([*found, *jobs]))
    lines = import_summary(read_snapshot([dump]))
    assert [line for line in lines if "job" in line.partition(":")[0]] == [
        "jobs, their Workloads stand for them: 1 (ml/known)",
        "left out, jobs without a Workload in the dump: 1 (ml/orphan)",
        "left out, jobs that have ended: 1 (ml/over)",
    ]
