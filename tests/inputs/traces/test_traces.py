"""A trace becomes workloads in order of submission; its wrong rows are counted, named and skipped, or refused."""

import gzip
import json
import pickle
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict
from kueue_sim.inputs.traces import kept_rows
from kueue_sim.inputs.traces.csv_rows import CsvRows
from kueue_sim.inputs.traces.kept_rows import KeptRows
from kueue_sim.inputs.traces.rows import Job, WrongRow
from kueue_sim.inputs.traces.traces import PodShapes
from kueue_sim.model import PodSet, Scenario, Settings
from tests.inputs.traces.tables import GPU, with_trace

COLUMNS = {"name": "id", "team": "team", "submit": "at", "runtime": "takes", "gpus": "gpus"}
HEADER = "id,team,at,takes,gpus\n"


def loaded(folder: Path, text: str, file: str = "jobs.csv", **trace: object) -> Scenario:
    return scenario_from_dict(with_trace(folder, text, file, **trace), folder=folder)


def mistakes_of(folder: Path, text: str, file: str = "jobs.csv", **trace: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        loaded(folder, text, file, **trace)
    return [str(mistake).replace(f"{folder}/", "") for mistake in caught.value.mistakes]


def rows_of(scenario: Scenario) -> list[tuple[str, str, int, int | None, list[tuple[str, int, dict[str, int]]]]]:
    return [
        (
            one.name,
            one.queue_name,
            one.created_ms,
            one.runtime_ms,
            [(pods.name, pods.count, dict(pods.requests)) for pods in one.pod_sets],
        )
        for one in scenario.workloads
    ]


def test_rows_of_a_csv_file_become_workloads_of_their_teams(tmp_path: Path) -> None:
    text = HEADER + "a,red,0,60,1\nb,blue,5,0.5,16\nc,red,5,10,20\n"
    assert rows_of(loaded(tmp_path, text, "jobs.csv.gz", columns=COLUMNS)) == [
        ("a", "red", 0, 60_000, [("main", 1, {GPU: 1})]),
        ("b", "blue", 5000, 500, [("main", 2, {GPU: 8})]),
        ("c", "red", 5000, 10_000, [("main", 2, {GPU: 8}), ("rest", 1, {GPU: 4})]),
    ]


def test_pods_priority_and_requests_may_have_columns_and_the_rest_comes_from_defaults(tmp_path: Path) -> None:
    text = "when;end;n;prio;milli\n2026-01-01T00:01:00Z;2026-01-01T00:02:00Z;2;;1500\n"
    text += "2026-01-01 00:02:00;2026-01-01 00:02:30;4;7;250\n"
    scenario = loaded(
        tmp_path,
        text,
        name="job",
        columns={
            "submit": "when",
            "start": "when",
            "end": "end",
            "pods": "n",
            "priority": "prio",
            "requests": {"cpu": {"column": "milli", "scale": "1m"}},
        },
        defaults={"team": "blue", "priority": 3, "checkpointEvery": "10s"},
    )
    assert [
        (one.name, one.queue_name, one.created_ms, one.runtime_ms, one.priority, one.checkpoint_every_ms, one.pod_sets)
        for one in scenario.workloads
    ] == [
        ("job-2", "blue", 0, 60_000, 3, 10_000, (PodSet("main", 2, {"cpu": 1500}),)),
        ("job-3", "blue", 60_000, 30_000, 7, 10_000, (PodSet("main", 4, {"cpu": 250}),)),
    ]


def test_a_log_in_swf_names_its_queues_and_unknown_sizes_are_the_requested_ones(tmp_path: Path) -> None:
    text = "; Version: 2.2\n; Queue: 1 red\n; Queue: 2 ignored\n"
    text += "1 10 -1 60 4 -1 -1 8 -1 -1 1 1 1 1 1 1 -1 -1\n"
    text += "\n2 12 -1 5.5 -1 -1 -1 2 -1 -1 1 1 1 1 2 1 -1 -1\n"
    assert rows_of(loaded(tmp_path, text, "log.swf", teams={"ignored": "blue"})) == [
        ("1", "red", 10_000, 60_000, [("main", 1, {GPU: 4})]),
        ("2", "blue", 12_000, 5500, [("main", 1, {GPU: 2})]),
    ]


def test_a_window_of_a_trace_starts_at_zero(tmp_path: Path) -> None:
    text = HEADER + "".join(f"{minute},red,{minute},1,1\n" for minute in range(100))
    scenario = loaded(
        tmp_path,
        text,
        columns=COLUMNS,
        timeUnit="m",
        where={"id": [8, 9, 10, 11, 12, 13, 14]},
        **{"from": "10m", "until": "14m", "limit": 3},
    )
    assert [(one.name, one.created_ms) for one in scenario.workloads] == [("10", 0), ("11", 60_000), ("12", 120_000)]


def test_jobs_of_one_second_keep_the_order_of_the_file_and_share_their_pod_sets(tmp_path: Path) -> None:
    workloads = list(loaded(tmp_path, HEADER + "z,red,0,1,2\na,blue,0,1,2\n", columns=COLUMNS).workloads)
    assert [one.name for one in sorted(workloads, key=lambda one: one.uid)] == ["z", "a"]
    assert workloads[0].pod_sets is workloads[1].pod_sets


def test_a_trace_can_be_read_again_and_sent_to_other_processes(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, HEADER + "z,red,0,1,2\na,blue,0,1,2\n", columns=COLUMNS)
    copy = pickle.loads(pickle.dumps(scenario))
    assert list(scenario.workloads) == list(scenario.workloads) == list(copy.workloads)


WRONG = HEADER + (
    "a,red,0,60,1\n"
    "b,red,soon,60,1\n"
    "c,red,7,60,1.5\n"
    "d,green,8,60,1\n"
    "e,red,9\n"
    "f,red,6,60,1\n"
    "g,red,5,60,1\n"
    "a,red,9,60,1\n"
    ",red,9,60,1\n"
    "h,red,9,60,0\n"
    "i,red,9,-1,1\n"
)
WRONG_ROWS = [
    "jobs.csv:3:7: 'soon' is neither a number nor an instant such as 2026-01-01T00:00:00Z",
    "jobs.csv:4:12: 1.5 is not a whole number of GPUs, at least 0",
    "jobs.csv:5:1: there is no team 'green'",
    "jobs.csv:6:1: 3 columns where the header has at least 5",
    "jobs.csv:8:1: submitted before the row above; `sort: true` reads rows in any order",
    "jobs.csv:9:1: a second job named 'a'",
    "jobs.csv:10:1: an empty cell where a name is needed",
    "jobs.csv:11:1: the job asks for nothing",
    "jobs.csv:12:9: -1 is a time below 0",
]


def test_wrong_rows_are_skipped_and_reported_with_their_lines(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, WRONG, columns=COLUMNS)
    (warning,) = (text.replace(f"{tmp_path}/", "") for text in scenario.warnings if "jobs.csv" in text)
    assert [one.name for one in scenario.workloads] == ["a", "f"]
    assert warning == "jobs.csv: 9 of 11 rows are wrong and skipped: " + "; ".join(WRONG_ROWS[:5]) + "; … and 4 others"


def test_a_warning_names_each_kind_of_wrong_row_once_with_its_first_row(tmp_path: Path) -> None:
    text = HEADER + "a,red,0,60,1\n" + "".join(f"b{n},green,1,60,1\n" for n in range(1000)) + "c,red,soon,60,1\n"
    (warning,) = (note.replace(f"{tmp_path}/", "") for note in loaded(tmp_path, text, columns=COLUMNS).warnings)
    assert warning == (
        "jobs.csv: 1,001 of 1,002 rows are wrong and skipped: jobs.csv:3:1: there is no team 'green' (1,000 rows); "
        "jobs.csv:1003:7: 'soon' is neither a number nor an instant such as 2026-01-01T00:00:00Z"
    )


def test_strict_makes_mistakes_of_the_wrong_rows_of_every_trace(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(json.dumps(with_trace(tmp_path, WRONG, columns=COLUMNS)))
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "s.yaml", strict=True)
    assert [str(one).replace(f"{tmp_path}/", "") for one in caught.value.mistakes] == WRONG_ROWS


@pytest.mark.parametrize("cell", ["1e400", "99999999999999999999", "1e16"])
def test_a_time_beyond_all_reason_is_a_wrong_row(tmp_path: Path, cell: str) -> None:
    rows = f"a,red,{cell},60,1\nb,red,0,{cell},1\n"
    assert mistakes_of(tmp_path, HEADER + rows, columns=COLUMNS, strict=True) == [
        f"jobs.csv:2:7: {cell} is a time beyond all reason",
        f"jobs.csv:3:9: {cell} is a time beyond all reason",
    ]


def test_a_strict_trace_refuses_every_wrong_row_at_once(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, WRONG, columns=COLUMNS, strict=True) == WRONG_ROWS


def test_the_mistakes_of_a_strict_trace_are_capped_with_a_count(tmp_path: Path) -> None:
    text = HEADER + "a,red,0,60,1\n" + "b,red,soon,60,1\n" * 1000
    found = mistakes_of(tmp_path, text, columns=COLUMNS, strict=True)
    assert (len(found), found[-1].partition("(")[2]) == (20, "and 980 more wrong rows after this one)")


def test_a_trace_without_any_usable_row_is_a_mistake(tmp_path: Path) -> None:
    assert mistakes_of(tmp_path, HEADER + "a,red,0,60,1\n", columns=COLUMNS, **{"from": "1d"}) == [
        "workloads[0].trace: no row of jobs.csv can be used: it has none, or where, from and until leave out too much"
    ]


def test_a_trace_without_a_file_is_one_mistake(tmp_path: Path) -> None:
    world = with_trace(tmp_path, HEADER)
    for trace in ({}, {"file": ""}, {"file": None, "columns": COLUMNS}):
        with pytest.raises(InputError) as found:
            scenario_from_dict({**world, "workloads": [{"trace": trace}]}, folder=tmp_path)
        assert [str(one) for one in found.value.mistakes] == ["workloads[0].trace.file: the name of a file is missing"]


def test_an_empty_file_and_two_columns_of_one_name_are_mistakes(tmp_path: Path) -> None:
    (empty,) = mistakes_of(tmp_path, "", columns=COLUMNS)
    assert empty.endswith("jobs.csv' is empty; its first line has to name the columns")
    assert mistakes_of(tmp_path, "id,team,at,takes,gpus,gpus\na,red,0,60,1,2\n", columns=COLUMNS) == [
        "workloads[0].trace.columns.gpus: 2 columns of the file are named 'gpus'"
    ]


@pytest.mark.parametrize(
    ("trace", "mistake"),
    [
        ({"columns": {**COLUMNS, "gpus": "gpu"}}, "columns.gpus: the file has no column 'gpu'; did you mean 'gpus'?"),
        (
            {"columns": {"submit": "at"}},
            "columns: columns need submit, and runtime or start and end; the file has id, team, at, takes, gpus",
        ),
        ({"columns": COLUMNS, "form": "csv"}, "form: unknown field 'form'; did you mean 'format'?"),
        ({"columns": COLUMNS, "format": "xml"}, "format: 'xml' is not accepted; accepted: csv, json, swf"),
        ({"columns": COLUMNS, "from": "1 day-ish"}, "from: '1 day-ish' is neither a duration nor an instant such as 2"),
        ({"columns": COLUMNS, "where": {"user": 1}}, "where.user: the file has no column 'user'; accepted: at, gpus"),
        ({"columns": COLUMNS, "defaults": {"submit": "1h"}}, "defaults.submit: unknown field 'submit'"),
        ({"columns": COLUMNS, "defaults": {"team": "green"}}, "defaults.team: there is no team 'green'; accepted: "),
        ({"columns": COLUMNS, "file": "none.csv"}, "file: there is no file 'none.csv'"),
    ],
)
def test_a_wrong_option_of_a_trace_names_what_is_accepted(
    tmp_path: Path, trace: dict[str, object], mistake: str
) -> None:
    document = with_trace(tmp_path, HEADER + "a,red,0,60,1\n")
    document["workloads"][0]["trace"].update(trace)
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document, folder=tmp_path)
    assert str(caught.value.mistakes[0]).replace(f"{tmp_path}/", "").startswith(f"workloads[0].trace.{mistake}")


@pytest.mark.parametrize(
    ("trace", "mistake"),
    [
        ({"preset": "phily"}, "preset: 'phily' is not accepted; did you mean 'philly'?"),
        ({"columns": {**COLUMNS, "gpu": "gpus"}}, "columns.gpu: unknown field 'gpu'; did you mean 'gpus'?"),
        ({"columns": {**COLUMNS, "gpus": ["gpus"]}}, "columns.gpus: ['gpus'] is not text"),
        ({"columns": {**COLUMNS, "gpus": ""}}, "columns.gpus: the file has no column ''; accepted: "),
        ({"columns": COLUMNS, "where": {"stat": ["ok"]}}, "where.stat: the file has no column 'stat'; did you"),
        ({"columns": COLUMNS, "teams": {"a": "rde"}}, "teams.a: there is no team 'rde'; did you mean 'red'?"),
        ({"columns": COLUMNS, "teams": {"a": 5}}, "teams.a: 5 is not text, put it in quotes"),
    ],
)
def test_one_slip_in_an_entry_is_one_mistake(tmp_path: Path, trace: dict[str, object], mistake: str) -> None:
    document = with_trace(tmp_path, HEADER + "a,red,0,60,1\n")
    document["workloads"][0]["trace"].update(trace)
    with pytest.raises(InputError) as caught:
        scenario_from_dict(document, folder=tmp_path)
    (message,) = (str(one) for one in caught.value.mistakes)
    assert message.startswith(f"workloads[0].trace.{mistake}")


@pytest.mark.parametrize("name", ["jobs.csv", "jobs.csv.gz"])
def test_packed_files_are_known_by_what_they_hold(tmp_path: Path, name: str) -> None:
    text = (HEADER + "a,red,0,60,1\n").encode()
    for content in (text, gzip.compress(text)):
        document = with_trace(tmp_path, "", "other.csv", columns=COLUMNS)
        (tmp_path / name).write_bytes(content)
        document["workloads"][0]["trace"]["file"] = name
        assert [one.name for one in scenario_from_dict(document, folder=tmp_path).workloads] == ["a"]


def test_a_packed_file_that_was_cut_off_is_a_mistake(tmp_path: Path) -> None:
    document = with_trace(tmp_path, "", "other.csv", columns=COLUMNS)
    (tmp_path / "jobs.csv.gz").write_bytes(gzip.compress(HEADER.encode() * 100)[:30])
    document["workloads"][0]["trace"]["file"] = "jobs.csv.gz"
    with pytest.raises(InputError, match="cannot be read to its end: Compressed file ended"):
        scenario_from_dict(document, folder=tmp_path)


def test_rows_in_any_order_are_sorted_on_demand(tmp_path: Path) -> None:
    text = HEADER + "late,red,9,1,1\nearly,red,1,1,1\nsame,blue,9,1,1\n"
    scenario = loaded(tmp_path, text, columns=COLUMNS, sort=True)
    assert [one.name for one in scenario.workloads] == ["early", "late", "same"]


def test_rows_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "endless.csv"
    path.write_text("at,takes\n" + "".join(f"{second},1\n" for second in range(100_000)))
    rows = CsvRows(path, ",", {"submit": 0, "runtime": 1})
    assert list(islice(rows, 2)) == [Job(2, 0, 1000), Job(3, 1000, 1000)]


def test_rows_of_a_trace_are_kept_until_its_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("at,takes\n0,1\n1,1\n")
    readings = []

    def opened(self: CsvRows) -> Iterator[Job | WrongRow]:
        readings.append(self.path)
        yield from original(self)

    original = CsvRows.__iter__
    monkeypatch.setattr(CsvRows, "__iter__", opened)
    rows = KeptRows(CsvRows(path, ",", {"submit": 0, "runtime": 1}), path)
    assert list(islice(rows, 1)) == [Job(2, 0, 1000)]
    assert [list(rows) for _ in range(3)] == [[Job(2, 0, 1000), Job(3, 1000, 1000)]] * 3
    assert len(readings) == 2
    path.write_text("at,takes\n5,1\n")
    assert (list(rows), len(readings)) == ([Job(2, 5000, 1000)], 3)
    monkeypatch.setattr(kept_rows, "MOST_ROWS", 0)
    path.write_text("at,takes\n6,1\n")
    assert ([list(rows) for _ in range(2)], len(readings)) == ([[Job(2, 6000, 1000)]] * 2, 5)


@given(st.text(max_size=40))
def test_any_line_is_a_job_or_a_wrong_row(tmp_path_factory: pytest.TempPathFactory, line: str) -> None:
    path = tmp_path_factory.mktemp("trace") / "any.csv"
    path.write_text(f"at,takes,gpus\n{line}\n", encoding="utf-8", errors="replace")
    rows = list(CsvRows(path, ",", {"submit": 0, "runtime": 1, "gpus": 2}))
    assert all(isinstance(row, Job | WrongRow) for row in rows)


@given(st.integers(1, 500), st.integers(1, 16))
def test_pods_hold_all_gpus_of_a_job_and_no_more_than_allowed_each(gpus: int, per_pod: int) -> None:
    shapes = PodShapes(PodSet("main", 1), Settings(), {}, GPU, per_pod, None, {})
    pods = shapes.of((gpus, None, ()))
    assert sum(one.count * one.requests[GPU] for one in pods) == gpus
    assert all(one.requests[GPU] <= per_pod for one in pods)
