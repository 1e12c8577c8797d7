"""Streams as they really lie: begun in mid-run, broken off and begun again, cut off in the middle of a line."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.backtesting.backtest import Backtest, backtest
from tests.cluster.dumps import Dump, dumps, read
from tests.cluster.test_backtest import configuration

ROOT = Path(__file__).parents[4] / "shared" / "cluster-dumps"
KINDS = ("afs-105", "fairhier-14", "lifecycle-109", "lifecycle-115", "multi-42", "slowevict-40", "tas-57")
DUMPS = [dump for dump in dumps(ROOT) if dump.folder.name in KINDS]
ERROR = {"kind": "Status", "metadata": {}, "message": "too old resource version", "reason": "Expired", "code": 410}
BOOKMARK = {"kind": "Workload", "metadata": {"resourceVersion": "12", "creationTimestamp": None}}

pytestmark = pytest.mark.skipif(not DUMPS, reason="../shared/cluster-dumps does not lie beside this checkout")


def lines(folder: Path) -> list[str]:
    with gzip.open(folder / "stream.jsonl.gz", "rt", encoding="utf-8") as text:
        return text.readlines()


def event(kind: str, manifest: object) -> str:
    return json.dumps({"type": kind, "object": manifest}) + "\n"


def listed(dump: Dump) -> list[str]:
    """The list with which a watch begins that is started at the second of the dump."""
    return [event("ADDED", one) for one in read(dump.path)["items"] if one["kind"] == "Workload"]


def until(dump: Dump) -> tuple[list[str], list[str]]:
    """The stream before and after a dump."""
    newest = max(int(one["metadata"]["resourceVersion"]) for one in read(dump.path)["items"])
    whole = lines(dump.folder)
    number = sum(int(json.loads(line)["object"]["metadata"]["resourceVersion"]) <= newest for line in whole)
    return whole[:number], whole[number:]


def replayed(stream: Sequence[str], dump: Dump, folder: Path) -> Backtest:
    (folder / "stream.jsonl").write_text("".join(stream), encoding="utf-8")
    truth = read(dump.folder / "truth.json.gz")
    (folder / "configuration.yaml").write_text(yaml.safe_dump(configuration(truth)), encoding="utf-8")
    return backtest([folder / "stream.jsonl", dump.path, folder / "configuration.yaml"])


def parted(found: Backtest) -> object:
    return found.parting and (found.parting.at_ms, found.parting.recorded, found.parting.simulated)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.name)
def test_a_watch_begun_in_mid_run_is_replayed_from_there_without_a_difference(dump: Dump, tmp_path: Path) -> None:
    found = replayed([*listed(dump), *until(dump)[1]], dump, tmp_path)
    assert (parted(found), found.same, found.trusted) == (None, found.decisions, True)


@pytest.mark.parametrize("dump", DUMPS[::3], ids=lambda dump: dump.name)
def test_a_watch_that_begins_again_is_noticed_and_changes_no_decision(dump: Dump, tmp_path: Path) -> None:
    before, after = until(dump)
    told = [event("BOOKMARK", BOOKMARK), event("ERROR", ERROR), *listed(dump)]
    found = replayed([*before, *told, *after], dumps_of(dump)[0], tmp_path)
    assert (parted(found), found.same) == (None, found.decisions)
    gaps = [text for text in found.unknown if text.startswith("gap in the stream")]
    assert [("broke off: too old resource version" in text, "began again at" in text) for text in gaps] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("dump", [dump for dump in DUMPS if "227" not in dump.name][1::3], ids=lambda dump: dump.name)
def test_what_happened_while_nobody_watched_is_no_difference(dump: Dump, tmp_path: Path) -> None:
    before, after = until(dump)
    found = replayed([*before[:-25], *listed(dump), *after], dumps_of(dump)[0], tmp_path)
    assert parted(found) is None


@pytest.mark.parametrize("dump", DUMPS[:1], ids=lambda dump: dump.name)
def test_a_line_that_was_cut_off_is_a_gap_and_not_a_mistake(dump: Dump, tmp_path: Path) -> None:
    whole = lines(dump.folder)[:90]
    found = replayed([*whole[:-1], whole[-1][:-40]], dump, tmp_path)
    assert (parted(found), found.unknown[0]) == (None, "gap in the stream: stream.jsonl ends in the middle of line 90")


def test_a_packed_stream_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    dump = DUMPS[0]
    (tmp_path / "stream.jsonl.gz").write_bytes((dump.folder / "stream.jsonl.gz").read_bytes()[:-2000])
    (tmp_path / "configuration.yaml").write_text(yaml.safe_dump(configuration(read(dump.folder / "truth.json.gz"))))
    found = backtest([tmp_path / "stream.jsonl.gz", dump.path, tmp_path / "configuration.yaml"])
    assert (parted(found), found.unknown[0]) == (
        None,
        "gap in the stream: stream.jsonl.gz was cut off while it was packed",
    )


def test_objects_without_events_are_answered_with_the_option_that_was_forgotten(tmp_path: Path) -> None:
    dump = DUMPS[0]
    first, *rest = listed(dump)
    text = first + "\n".join(json.dumps(json.loads(line)["object"], indent=4) for line in rest)
    (tmp_path / "stream.jsonl").write_text(text, encoding="utf-8")
    result = CliRunner().invoke(cli, ["backtest", str(tmp_path / "stream.jsonl"), str(dump.path)])
    assert "record it with --output-watch-events" in str(result.exception or result.output)


@pytest.mark.parametrize("dump", DUMPS[:1], ids=lambda dump: dump.name)
def test_a_recorder_that_was_killed_in_mid_line_and_begun_again_in_the_same_file_costs_that_event_alone(
    dump: Dump, tmp_path: Path
) -> None:
    before, after = until(dump)
    found = replayed([*before, after[0][:-300], *listed(dump), *after], dump, tmp_path)
    cut = f"gap in the stream: line {len(before) + 1} of stream.jsonl begins with an event that was cut off"
    assert (parted(found), found.same, cut in found.unknown) == (None, found.decisions, True)


@pytest.mark.parametrize("dump", DUMPS[:1], ids=lambda dump: dump.name)
def test_what_kubectl_said_between_the_events_is_told_as_a_gap(dump: Dump, tmp_path: Path) -> None:
    before, after = until(dump)
    said = ["Warning: v1beta1 Workload is deprecated\n", *before, "error: unable to connect to the server\n"]
    found = replayed([*said, *listed(dump), *after], dump, tmp_path)
    assert (parted(found), found.same) == (None, found.decisions)
    told = [text.removeprefix("gap in the stream: line ") for text in found.unknown if "kubectl said" in text]
    assert told == [
        "1 of stream.jsonl: kubectl said: Warning: v1beta1 Workload is deprecated",
        f"{len(before) + 2} of stream.jsonl: kubectl said: error: unable to connect to the server",
    ]


@pytest.mark.parametrize("dump", DUMPS[:1], ids=lambda dump: dump.name)
def test_what_two_recorders_wrote_twice_happened_once(dump: Dump, tmp_path: Path) -> None:
    whole = lines(dump.folder)
    once, twice = (replayed(text, dump, tmp_path) for text in (whole, [line for line in whole for _ in range(2)]))
    assert (twice.decisions, twice.same, twice.unknown) == (once.decisions, once.decisions, once.unknown)


@pytest.mark.parametrize("dump", DUMPS[:1], ids=lambda dump: dump.name)
def test_decisions_that_are_told_long_after_later_ones_show_that_lines_are_missing(dump: Dump, tmp_path: Path) -> None:
    whole = lines(dump.folder)
    untold = replayed([*whole[:120], *whole[140:]], dump, tmp_path).unknown
    assert [text for text in untold if "lines are missing" in text] == [
        "gap in the stream: lines are missing: default/wl-006 was Admitted at 2026-01-01T00:03:47Z, "
        "which no line told before 2026-01-01T00:04:52Z"
    ]
    assert not [text for text in replayed(whole, dump, tmp_path).unknown if "lines are missing" in text]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_stream_that_powershell_wrote_is_read_as_any_other(encoding: str, tmp_path: Path) -> None:
    dump = DUMPS[0]
    (tmp_path / "stream.jsonl").write_text("".join(lines(dump.folder)), encoding=encoding, newline="\r\n")
    (tmp_path / "configuration.yaml").write_text(yaml.safe_dump(configuration(read(dump.folder / "truth.json.gz"))))
    found = backtest([tmp_path / "stream.jsonl", dump.path, tmp_path / "configuration.yaml"])
    assert (parted(found), found.same) == (None, found.decisions)


def dumps_of(dump: Dump) -> list[Dump]:
    return [one for one in dumps(ROOT) if one.folder == dump.folder]
