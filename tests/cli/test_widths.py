"""Text fits the terminal or COLUMNS and loses nothing there; colours as asked for; no line comes twice."""

from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kueue_sim.cli import cli
from tests.cli.every_command import LAB, RESULTS, arguments

COLOURED = ("run", "compare", "sweep", "advise", "forecast", "backtest")
COMMAND_LINES = ("aws ", "kubectl ")
"""Commands to copy stay on one line."""


def told(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Result:
    for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(cli, arguments(command, folder))
    assert done.exit_code in (0, 1), done.output
    return done


@pytest.mark.parametrize("command", RESULTS)
@pytest.mark.parametrize("columns", [60, 80, 200])
def test_lines_fit_and_nothing_is_cut_off(
    columns: int, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = told(command, tmp_path, monkeypatch, COLUMNS=str(columns)).stdout
    lines = [line for line in text.splitlines() if not line.startswith(COMMAND_LINES)]
    assert [line for line in lines if len(line) > columns] == []
    assert [line for line in lines if "…" in line and " lines …" not in line] == []


@pytest.mark.parametrize("command", RESULTS)
def test_no_line_comes_twice_in_a_row_or_on_both_streams(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = told(command, tmp_path, monkeypatch)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert [one for one, other in pairwise(lines) if one == other] == []
    assert {line.strip() for line in lines} & {
        line.strip() for line in done.stderr.splitlines() if line.strip()
    } == set()


@pytest.mark.parametrize("command", RESULTS)
def test_colours_are_forced_and_refused_by_the_usual_variables(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forced = told(command, tmp_path, monkeypatch, FORCE_COLOR="1").stdout
    refused = told(command, tmp_path, monkeypatch, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert ("\x1b[" in forced, "\x1b[" in refused) == (command in COLOURED, False)


def test_a_narrow_report_has_every_team_and_every_figure_of_a_wide_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    text = CliRunner().invoke(cli, ["run", LAB]).stdout
    assert text[text.index("GPU-hours") : text.index("Waiting and")] == (
        "GPU-hours\n"
        "  team    quota  used  of quota  running  borrowed h\n"
        "  team-a      1  1.57      157%     157%        1.83\n"
        "  team-b      2  0.43       21%      21%           0\n"
        "  all         3     2       67%      67%        1.83\n"
        "  team    lent h  goodput h  lost h\n"
        "  team-a       0       3.33    0.33\n"
        "  team-b    1.83          1       0\n"
        "  all       1.83       4.33    0.33\n"
        "\n"
    )
