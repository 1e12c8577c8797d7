"""The name ``-`` is standard input in every command that takes a file."""

import gzip
import io
import sys
from pathlib import Path

import pytest

from kueue_sim.cli import main
from tests.scenario_text import queue_text

QUEUES = queue_text("q", "default")
SCENARIO = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy: {include: [queues.yaml]}
workloads: [{name: w, queue: q, requests: {cpu: 1}, runtime: 1h}]
expect: [{finished: w}]
"""
ALONE = "apiVersion: kueue-sim/v1\nkind: Scenario\nworkloads: [{name: w, queue: q, requests: {cpu: 1}, runtime: 1h}]\n"


def called(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: str | bytes, *arguments: str
) -> tuple[int, str]:
    """Exit code and all that is printed of a command with this standard input."""
    raw = content.encode() if isinstance(content, str) else content
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    printed = capsys.readouterr()
    return int(left.value.code or 0), printed.out + printed.err


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("queues.yaml").write_text(QUEUES)
    Path("scenario.yaml").write_text(SCENARIO.replace("expect: [{finished: w}]\n", ""))


SHRUNK = "kind: ClusterQueue\nmetadata: {name: q}\nspec: {queueingStrategy: StrictFIFO}\n"


@pytest.mark.parametrize(
    ("content", "arguments", "code", "told"),
    [
        (QUEUES, ("check", "-"), 0, "0 errors"),
        (QUEUES, ("convert", "-"), 0, "kind: ClusterQueue"),
        (QUEUES, ("import", "-"), 0, "name: stdin"),
        (ALONE, ("run", "queues.yaml", "-"), 0, "1 finished"),
        (QUEUES, ("run", "scenario.yaml", "--overlay", "-"), 0, "1 finished"),
        (SHRUNK, ("convert", "queues.yaml", "--overlay", "-"), 0, "queueingStrategy: StrictFIFO"),
        (QUEUES, ("admit", "-", "{team: q, requests: {cpu: 8}}"), 1, "cpu"),
        (SCENARIO, ("explain", "-", "w"), 0, "admitted after waiting 0s"),
        (SCENARIO, ("test", "-"), 0, "1 passed"),
        (SCENARIO, ("test", "-", "--update"), 2, "cannot be updated"),
    ],
)
def test_a_pipe_is_a_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    arguments: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    found, text = called(monkeypatch, capsys, content, *arguments)
    assert (found, told in text) == (code, True), text


def test_a_packed_dump_comes_through_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = called(monkeypatch, capsys, QUEUES, "import", "-")
    assert called(monkeypatch, capsys, gzip.compress(QUEUES.encode()), "import", "-") == plain


def test_mistakes_in_what_came_through_a_pipe_have_their_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = QUEUES.replace("nominalQuota: 4", "nominalQuota: four")
    code, text = called(monkeypatch, capsys, wrong, "import", "-")
    assert code == 2
    assert "'four' is not a Kubernetes quantity" in text
    code, text = called(monkeypatch, capsys, wrong, "check", "-")
    assert (code, "<stdin>:10:104: error input" in text) == (2, True)
    code, text = called(monkeypatch, capsys, "kind: [", "import", "-")
    assert (code, text.startswith("error: <stdin>:2:1: not valid YAML")) == (2, True)
