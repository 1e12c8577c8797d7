"""What other simulators told is compared where they have the same model, and every failure is named."""

from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import pytest

from benchmarks import other_simulators
from benchmarks.other_simulators import (
    GANGS,
    SIMULATORS,
    SINGLES,
    SKIPPING,
    STRICT,
    Played,
    Player,
    best,
    disagreements,
    play_all,
    swf,
    table,
)
from benchmarks.pool import PoolJobs

OURS, THEIRS = Player("ours", "", "ours.py", GANGS, STRICT), Player("theirs", "theirs==1", "theirs.py", GANGS, STRICT)
LIKE = Player("like", "like==1", "like.py", GANGS, STRICT, exact=False)


def test_jobs_become_lines_of_eighteen_fields_with_their_own_gpus_or_one_each() -> None:
    jobs = PoolJobs((0, 7), (3, 5), (8, 32), (60, 90))
    assert swf(jobs) == ("1 3 -1 60 8 -1 -1 8 60 -1 1 1 1 1 1 1 -1 -1\n2 5 -1 90 32 -1 -1 32 90 -1 1 8 1 1 1 1 -1 -1\n")
    assert [line.split()[4] for line in swf(jobs, gpus_each=1).splitlines()] == ["1", "1"]


def test_only_simulators_of_the_same_model_must_agree() -> None:
    other = Player("other", "", "other.py", SINGLES, STRICT)
    alike = [Played(OURS, 10, 1.0, 5.0), Played(THEIRS, 10, 2.0, 5.0), Played(LIKE, 10, 2.0, 7.0)]
    assert disagreements([*alike, Played(other, 10, 1.0, 9.0)]) == []
    assert disagreements([alike[0], Played(THEIRS, 10, 2.0, 5.5)]) == ["theirs: 5.5 s, ours: 5.0 s"]
    assert disagreements([alike[0], Played(THEIRS, 9, 2.0, 5.0)]) == ["theirs: 5.0 s, ours: 5.0 s"]
    assert disagreements([alike[0], Played(THEIRS, error="ImportError")]) == []


def test_the_best_of_the_rounds_counts_and_a_failure_is_never_hidden() -> None:
    fast, slow, failed = Played(OURS, 10, 1.0, 5.0), Played(OURS, 10, 2.0, 5.0), Played(OURS, error="Error: none")
    assert (best([slow, fast]), best([fast, failed])) == (fast, failed)


def test_rows_say_whose_model_a_mean_wait_belongs_to_and_why_one_does_not_run() -> None:
    rows = table([Played(OURS, 10, 0.001, 5.0), Played(LIKE, 10, 0.01, 7.0), Played(THEIRS, error="ImportError: x")])
    assert rows.splitlines()[2:] == [
        f"| {GANGS} | {STRICT} | ours | 10,000 | 100 | 5.0000 |",
        f"| {GANGS} | {STRICT} | like | 1,000 | 1,000 | 7.0000 (its own model) |",
        f"| {GANGS} | {STRICT} | theirs | does not run: `ImportError: x` | | |",
    ]


def test_what_pip_refuses_is_played_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(command: list[str], **_: object) -> CompletedProcess[str]:
        return CompletedProcess(command, 1, "", "x\nModuleNotFoundError: No module named 'pkg_resources'\n[end]")

    monkeypatch.setattr(other_simulators.subprocess, "run", refused)
    monkeypatch.setattr(other_simulators, "venv", SimpleNamespace(create=lambda *_, **__: None))
    found = play_all([THEIRS], tmp_path, count=2, rounds=1)
    assert found == [Played(THEIRS, error="ModuleNotFoundError: No module named 'pkg_resources'")]


def test_kueue_sim_plays_the_lines_as_the_other_players_are_asked_to(tmp_path: Path) -> None:
    ours = [player for player in SIMULATORS if not player.requirement]
    played = play_all(ours, tmp_path, count=400, rounds=1)
    assert [(one.player.workload, one.player.discipline, one.jobs, one.error) for one in played] == [
        (GANGS, STRICT, 400, ""),
        (GANGS, SKIPPING, 400, ""),
        (SINGLES, STRICT, 400, ""),
    ]
