"""A file with a mistake of every kind: one pass finds them all, each with its place and what would be accepted."""

from pathlib import Path

import pytest

from sim.cli import main

DATA = Path(__file__).parent / "data"


def test_every_planted_mistake_is_reported_with_its_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA)
    with pytest.raises(SystemExit) as left:
        main(["run", "mistakes.yaml"])
    printed = capsys.readouterr()
    expected = (DATA / "mistakes.txt").read_text(encoding="utf-8")
    assert (left.value.code, printed.out, printed.err) == (2, "", expected)
