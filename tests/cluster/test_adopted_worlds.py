"""A world that is stopped, written as a dump and imported goes on as if nobody had stopped it."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.adoption import adopted
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario


@pytest.mark.parametrize("seed", range(25))
def test_a_world_imported_from_its_dump_decides_to_the_letter_what_it_would_have_decided(
    seed: int, tmp_path: Path
) -> None:
    one = adopted(seed, tmp_path)
    assert one.found == one.expected


def _finished(name: str, hour: int, gpus: str) -> dict[str, Any]:
    """A Workload that waited half an hour and ran twenty minutes."""
    labels = {"kueue.x-k8s.io/job-uid": name, "example.com/user": "ann"}
    created = {"creationTimestamp": f"2026-01-01T0{hour}:00:00Z"}
    container = {"name": "c", "resources": {"requests": {"gpu": gpus}}}
    times = {"Admitted": f"2026-01-01T0{hour}:30:00Z", "Finished": f"2026-01-01T0{hour}:50:00Z"}
    conditions = [{"type": kind, "status": "True", "lastTransitionTime": at} for kind, at in times.items()]
    pods = {"name": "main", "count": 2, "template": {"spec": {"containers": [container]}}}
    return {
        "kind": "Workload",
        "metadata": {"name": name, "namespace": "ns", "labels": labels, **created},
        "spec": {"queueName": "q", "podSets": [pods]},
        "status": {"conditions": conditions},
    }


def test_past_jobs_that_differ_only_in_their_name_are_written_once_and_read_alike(tmp_path: Path) -> None:
    items = [_finished(name, hour, gpus) for hour, (name, gpus) in enumerate(zip("abcd", "4484", strict=True))]
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": items}), encoding="utf-8")
    document = snapshot_scenario(read_snapshot([path]), "dump")
    assert [entry.get("like") for entry in document["past"]] == [None, "ns/a", None, "ns/a"]
    spec = {"namespaceSelector": {}, "resourceGroups": []}
    queue = {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": spec}
    past = scenario_from_dict({**document, "policy": {"objects": [queue]}}).past
    read = [(job.workload.key, job.workload.pod_sets[0].requests["gpu"], job.workload.user, job.ran_ms) for job in past]
    assert read == [(f"ns/{name}", gpus, "ann", 1_200_000) for name, gpus in zip("abcd", (4, 4, 8, 4), strict=True)]


def test_a_past_job_like_one_that_does_not_exist_is_a_mistake_with_its_place() -> None:
    text = "apiVersion: kueue-sim/v1\nkind: Scenario\npast:\n- {name: b, like: ns/a, ran: 1h}\n"
    with pytest.raises(InputError) as caught:
        scenario_from_text(text)
    [mistake] = caught.value.mistakes
    assert mistake.place is not None
    assert (mistake.place.line, mistake.message.partition(";")[0]) == (
        4,
        "past[0].like: no earlier entry is called 'ns/a'",
    )


def test_kinds_that_only_an_older_dump_holds_are_taken_from_it_but_none_of_its_pods(tmp_path: Path) -> None:
    """Workloads alone were dumped anew; the policy lies in the dump before, with pods that may be gone."""
    spec = {"namespaceSelector": {}, "resourceGroups": []}
    queue = {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": spec}
    pod = {"kind": "Pod", "metadata": {"name": "p", "namespace": "ns"}, "spec": {"containers": []}}
    first, second = _finished("a", 1, "4"), _finished("b", 2, "4")
    for name, items in {"new": [first, second], "old": [queue, pod, first]}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"kind": "List", "items": items}), encoding="utf-8")
    snapshot = read_snapshot([tmp_path / "new.json", tmp_path / "old.json"])
    objects = snapshot_scenario(snapshot, "cluster")["policy"]["objects"]
    assert [one["kind"] for one in objects] == ["ClusterQueue"]
    assert snapshot.notes[:2] == [
        "only old.json holds: 1 (ClusterQueue)",
        "old.json is an older dump: 0 finished Workloads of it that are gone since",
    ]


def test_of_repeated_dumps_the_newest_stands_and_older_ones_add_what_finished_and_is_gone(tmp_path: Path) -> None:
    spec = {"namespaceSelector": {}, "resourceGroups": []}
    queue = {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": spec}
    gone, stays, newest = (_finished(name, hour, "4") for hour, name in enumerate("abc"))
    unfinished = {**_finished("d", 1, "4"), "status": {}}
    dumps = {"new": [queue, stays, newest], "old": [queue, gone, stays, unfinished]}
    for name, items in dumps.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"kind": "List", "items": items}), encoding="utf-8")
    snapshot = read_snapshot([tmp_path / "new.json", tmp_path / "old.json"])
    document = snapshot_scenario(snapshot, "cluster")
    names = [entry.get("name") or entry["manifest"]["metadata"]["name"] for entry in document["past"]]
    assert (names, "workloads" in document, len(document["policy"]["objects"])) == (["a", "b", "c"], False, 1)
    assert snapshot.notes[:2] == [
        "gone since old.json, when they ended is not known: 1 (ns/d)",
        "old.json is an older dump: 1 finished Workloads of it that are gone since",
    ]
