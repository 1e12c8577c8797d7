"""A dump in which the usage of a LocalQueue since its last sample cannot be worked out says so, by name."""

import json
from pathlib import Path

from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import import_summary


def workload(name: str, evictions: int, *conditions: tuple[str, str, str]) -> dict[str, object]:
    stats = {"evictions": [{"reason": "Preempted", "count": evictions}]} if evictions else {}
    return {
        "kind": "Workload",
        "metadata": {"name": name, "namespace": "ml", "creationTimestamp": "2026-01-01T00:01:00Z"},
        "spec": {
            "queueName": "lq",
            "podSets": [{"name": "main", "count": 1, "template": {"spec": {"containers": []}}}],
        },
        "status": {
            "conditions": [{"type": kind, "status": state, "lastTransitionTime": at} for kind, state, at in conditions],
            "schedulingStats": stats,
        },
    }


def told(folder: Path, sampled: str) -> list[str]:
    sample = {"consumedResources": {}, "lastUpdate": sampled}
    items = [
        {"kind": "ClusterQueue", "metadata": {"name": "cq"}, "spec": {}},
        {
            "kind": "LocalQueue",
            "metadata": {"name": "lq", "namespace": "ml"},
            "spec": {"clusterQueue": "cq"},
            "status": {"fairSharing": {"admissionFairSharingStatus": sample}},
        },
        workload("once", 1, ("Evicted", "True", "2026-01-01T00:04:00Z")),
        workload("twice", 2, ("Evicted", "True", "2026-01-01T00:04:00Z")),
        workload("never", 0, ("QuotaReserved", "True", "2026-01-01T00:03:00Z")),
        workload("again", 1, ("QuotaReserved", "True", "2026-01-01T00:03:00Z")),
    ]
    path = folder / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}))
    return [line for line in import_summary(read_snapshot([path])) if line.startswith("usage of LocalQueues")]


def test_only_work_whose_earlier_admissions_have_no_time_is_named(tmp_path: Path) -> None:
    assert told(tmp_path, "2026-01-01T00:02:00Z") == [
        "usage of LocalQueues ml/lq since their last sample is partly a guess: how often and for how long these were "
        "admitted before is known, when is in no object: 2 (ml/twice, ml/again)"
    ]


def test_nothing_is_said_where_a_later_sample_holds_all_of_them(tmp_path: Path) -> None:
    assert told(tmp_path, "2026-01-01T00:05:00Z") == []
