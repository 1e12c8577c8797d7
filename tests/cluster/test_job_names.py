"""An imported cluster speaks of jobs by the names their users gave them."""

import json
from pathlib import Path

from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot, snapshot_scenario


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
