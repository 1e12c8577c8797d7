"""Dumps that were damaged on their way: every mistake with its place, nothing guessed."""

from functools import reduce
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.import_ import command
from kueue_sim.errors import InputError
from kueue_sim.inputs.recorded.topology_encoding import domains_of, what_is_lacking
from kueue_sim.inputs.recorded.watch.stream import read_watch
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario
from kueue_sim.inputs.text.field import Report

DUMP = """\
kind: List
items:
- {kind: ClusterQueue, metadata: {name: q, creationTimestamp: monday}, spec: {}}
- {kind: LocalQueue, metadata: {name: lq, namespace: ml}}
- kind: Workload
  metadata: {name: w, namespace: ml}
  spec: {queueName: lq}
  status: {conditions: [{type: Evicted, status: "True", lastTransitionTime: "2026-02-30T00:00:00Z"}]}
"""


def mistakes_of(path: Path, dump: str) -> list[str]:
    """What is told of a dump that cannot be read, each mistake from its line on."""
    path.write_text(dump)
    with pytest.raises(InputError) as caught:
        read_snapshot([path])
    return [str(one).removeprefix(f"{path}:") for one in caught.value.mistakes]


def test_a_dump_tells_what_is_no_instant_and_what_is_missing(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path / "dump.yaml", DUMP) == [
        "3:63: items[0].metadata.creationTimestamp: 'monday' is not an instant such as 2026-01-31T08:00:00Z",
        "4:3: items[1]: a LocalQueue has a spec; none stands here",
        "8:77: items[2].status.conditions[0].lastTransitionTime: '2026-02-30T00:00:00Z' is not an instant such as "
        "2026-01-31T08:00:00Z",
    ]


JSON = """\
Warning: v1beta1 Workload is deprecated
{
    "kind": "List",
    "items": [
        {"kind": "Node", "metadata": {"name": "n"}, "status": {}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "cq", "labels": {"a\\tb": 1}},
            "spec": {"resourceGroups": [
                {"coveredResources": ["cpu"], "flavors": [
                    {"name": "f", "resources": [{"name": "cpu", "nominalQuota": "many"}]}
                ]}
            ]}
        }
    ]
}
[{"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}}]
{"type": "ADDED", "object": {"kind": "Workload", "metadata": [1], "spec": {}}}
{"type": "DELETED", "object": {"kind": "Workload", "metadata": {"name": "w"}, "status": {"conditions": 3}}}
{"other": 1}
"""


def test_what_is_wrong_in_json_is_told_where_it_stands(tmp_path: Path) -> None:
    """Several answers in one file, one of them a list and some of them events of a watch."""
    assert mistakes_of(tmp_path / "dump.json", JSON) == [
        "8:59: items[1].metadata.labels.a\tb: 1 is not text, put it in quotes",
        "11:81: items[1].spec.resourceGroups[0].flavors[0].resources[0].nominalQuota: 'many' is not a Kubernetes "
        "quantity (examples: 4, 500m, 1.5, 16Gi)",
        "17:2: [0]: a LocalQueue has a spec; none stands here",
        "18:62: object.metadata: [1] is not a mapping",
        "20:1: neither a Kubernetes object (kind is missing) nor an answer of HyperPod",
    ]


PLACED = """\
kind: Workload
metadata: {name: w, namespace: ml}
spec: {queueName: lq}
status:
  conditions: [{type: QuotaReserved, status: "True"}, {type: Admitted, status: "True"}]
  admission: {clusterQueue: q, podSetAssignments: [{name: main, count: 3, topologyAssignment: {levels: [host], %s}}]}
"""
SLICE = "slices: [{domainCount: 2, podCounts: %s, valuesPerLevel: %s}]"


@pytest.mark.parametrize(
    ("places", "told"),
    [
        (SLICE % ("{universal: 1}", "[{}]"), "valuesPerLevel are one value for all domains, or one for each of 2"),
        (
            SLICE % ("{individual: [1]}", "[{universal: n1}]"),
            "podCounts are one number for all domains, or one for each of 2",
        ),
        (SLICE % ("{universal: 1}", "[]"), "every slice has a domainCount, and valuesPerLevel for each of 1 levels"),
        ("domains: [{values: [n1]}]", "every domain has a count, and a value for each of 1 levels"),
    ],
)
def test_places_that_were_cut_are_told(tmp_path: Path, places: str, told: str) -> None:
    (mistake,) = mistakes_of(tmp_path / "dump.yaml", PLACED % places)
    assert mistake.endswith(f"topologyAssignment: {told}")


def test_whole_places_are_read() -> None:
    values = [{"individual": {"prefix": "n", "roots": ["1", "2"]}}]
    places = {
        "levels": ["host"],
        "slices": [{"domainCount": 2, "podCounts": {"individual": [1, 2]}, "valuesPerLevel": values}],
    }
    assert what_is_lacking(places) == ""
    assert domains_of(places)["domains"] == [{"values": ["n1"], "pods": 1}, {"values": ["n2"], "pods": 2}]


def test_the_instant_of_a_dump_is_the_latest_that_is_one(tmp_path: Path) -> None:
    path = tmp_path / "dump.yaml"
    times = 'managedFields: [{time: zebra}], creationTimestamp: "2026-01-02T00:00:00Z"'
    path.write_text(f"kind: Node\nmetadata: {{name: n, {times}}}\n")
    assert snapshot_scenario(read_snapshot([path]), "dump")["start"] == "2026-01-02T00:00:00Z"


def test_a_damaged_stream_tells_its_lines(tmp_path: Path) -> None:
    path, cut, report = tmp_path / "stream.jsonl", tmp_path / "cut.jsonl", Report()
    metadata = '"metadata": {"name": "w", "creationTimestamp": "2026-01-02T00:00:00Z"}'
    whole = f'{{"type": "ADDED", "object": {{"kind": "Workload", {metadata}, "spec": {{}}}}}}\n'
    lines = (whole, whole.replace("02T", "99T"), "\n", whole.replace('"spec": {}', '"status": {}'), whole[:60] + "\n")
    path.write_text("".join(lines))
    cut.write_bytes(b"\xff")
    read_watch([path, cut], report)
    assert [str(one).removeprefix(f"{path}:") for one in report.mistakes] == [
        "2:97: object.metadata.creationTimestamp: '2026-01-99T00:00:00Z' is not an instant such as "
        "2026-01-31T08:00:00Z",
        "4:29: object: a Workload has a spec; none stands here",
        "5:1: this is no event of a watch of Workloads",
        f"{cut}: the stream cannot be read to its end: 'utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte",
    ]


def test_a_dump_nested_without_end_is_answered_and_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text('{"type": "ADDED", "object": ' + "[" * 100_000 + "]" * 100_000 + "}", encoding="utf-8")
    with pytest.raises(InputError) as found:
        read_snapshot([path])
    assert [str(one).removeprefix(str(path)) for one in found.value.mistakes] == [
        ":1:1028: not valid YAML: while increasing flow level exceeded maximum nesting depth"
    ]


def test_a_stream_with_events_of_many_lines_is_one_mistake(tmp_path: Path) -> None:
    path, report = tmp_path / "pretty.jsonl", Report()
    path.write_text('{\n    "type": "ADDED",\n    "object": {\n        "kind": "Workload"\n    }\n}\n')
    read_watch([path], report)
    assert [str(one).removeprefix(f"{path}:") for one in report.mistakes] == [
        "1:1: this is no event of a watch of Workloads; record it with --output-watch-events, which writes one line "
        "for each event"
    ]


def test_what_is_no_mapping_inside_a_queue_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dump.yaml"
    queue = (
        "{kind: ClusterQueue, metadata: {name: q}, spec: {admissionChecksStrategy: [check], namespaceSelector: [1]}}"
    )
    local = "{kind: LocalQueue, metadata: {name: q, namespace: a}, spec: {clusterQueue: q}, status: {fairSharing: 3}}"
    assert mistakes_of(path, f"{queue}\n---\n{local}\n") == [
        "1:75: spec.admissionChecksStrategy: ['check'] is not a mapping",
        "1:103: spec.namespaceSelector: [1] is not a mapping",
        "3:102: status.fairSharing: 3 is not a mapping",
    ]


WHOLE = """\
{kind: ResourceFlavor, metadata: {name: f}}
---
{kind: ClusterQueue, metadata: {name: q}, spec: {namespaceSelector: {}}}
---
{kind: LocalQueue, metadata: {name: lq, namespace: ml}, spec: {clusterQueue: q}}
---
kind: Workload
metadata: {name: w, namespace: ml, uid: u, ownerReferences: [{kind: Job, name: train, uid: j}]}
spec:
  queueName: lq
  podSets:
  - name: main
    count: COUNT
    template: {spec: {containers: [{name: c, resources: {requests: {cpu: AMOUNT}}}]}}
status:
  admission:
    clusterQueue: q
    podSetAssignments: [{name: NAME, flavors: {cpu: f}, resourceUsage: {cpu: "1"}, count: 1}]
  resourceRequests: [{name: main, resources: {cpu: COUNTED}}]
  conditions: [{type: QuotaReserved, status: "True", lastTransitionTime: "2026-02-03T00:00:00Z"}]
"""


@pytest.mark.parametrize(
    ("count", "amount", "name", "counted", "expected"),
    [
        (
            "1",
            "1",
            "main",
            "much",
            [
                "19:52: status.resourceRequests[0].resources.cpu: 'much' is not a Kubernetes quantity (examples: 4, "
                "500m, 1.5, 16Gi)"
            ],
        ),
        ("-1", "1", "main", "1", ["13:12: spec.podSets[0].count: -1 is too small; at least 0 is accepted"]),
        (
            "1",
            "two",
            "main",
            "1",
            [
                "14:74: spec.podSets[0].template.spec.containers[0].resources.requests.cpu: 'two' is not a Kubernetes "
                "quantity (examples: 4, 500m, 1.5, 16Gi)"
            ],
        ),
        (
            "1",
            "1",
            "other",
            "1",
            [
                "18:24: status.admission.podSetAssignments: pod set 'main' is missing",
                "18:32: status.admission.podSetAssignments[0].name: there is no pod set 'other'; accepted: main",
            ],
        ),
    ],
)
def test_what_an_import_cannot_use_is_told_where_it_stands_in_the_dump(
    tmp_path: Path, count: str, amount: str, name: str, counted: str, expected: list[str]
) -> None:
    path = tmp_path / "dump.yaml"
    given = {"COUNTED": counted, "COUNT": count, "AMOUNT": amount, "NAME": name}
    path.write_text(reduce(lambda text, word: text.replace(word, given[word]), given, WHOLE))
    with pytest.raises(InputError) as refused:
        CliRunner().invoke(command, [str(path)], catch_exceptions=False)
    assert [str(one).removeprefix(f"{path}:") for one in refused.value.mistakes] == expected


def test_the_time_of_a_dump_is_the_latest_instant_whatever_its_zone(tmp_path: Path) -> None:
    path = tmp_path / "dump.yaml"
    times = ("2026-01-02T12:00:00+02:00", "2026-01-02T10:03:00Z")
    nodes = [f"{{kind: Node, metadata: {{name: n{at[-2]}, creationTimestamp: '{at}'}}}}\n" for at in times]
    path.write_text("---\n".join(nodes))
    assert snapshot_scenario(read_snapshot([path]), "dump")["start"] == "2026-01-02T10:03:00Z"
