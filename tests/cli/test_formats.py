"""Every report comes as text, as JSON and as CSV, with the same option; what is written goes by -o."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.cli.tables import FORMS

LAB = "scenarios/lab-option-1.yaml"
QUOTA = "clusterQueues.hyperpod-ns-team-b-clusterqueue.nvidia.com/gpu.nominalQuota"
REPORTS = {
    "run": [LAB],
    "explain": [LAB, "imagenet-gpu-team-a-1"],
    "compare": [LAB, f"{QUOTA}=3", "--executor", "local"],
    "sweep": [LAB, "--grid", f"{QUOTA}=2,3", "--executor", "local"],
    "advise": [LAB, "--objective", "preemptions <= 1", "--vary", f"{QUOTA}=2,3", "--executor", "local"],
    "upgrade": [LAB, "--from", "0.18", "--to", "0.19", "--no-trials", "--executor", "local"],
    "cost": [LAB],
    "admit": [LAB, "{team: team-a, requests: {nvidia.com/gpu: 1}}"],
    "forecast": [LAB, "--seeds", "2", "--hindcasts", "0", "--ahead", "1h", "--at", "11m", "--executor", "local"],
    "backtest": [],
}
FOLDERS = ("run", "compare", "sweep", "advise", "upgrade", "cost", "forecast", "backtest", "fit")


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_has_the_same_forms(name: str) -> None:
    option = next(one for one in cli.get_command(None, name).params if one.name == "form")  # type: ignore[arg-type,union-attr]
    assert (option.opts, tuple(option.type.choices), option.default) == (["--format"], FORMS, "text")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", FOLDERS)
def test_every_command_that_keeps_files_takes_a_folder_by_the_same_option(name: str) -> None:
    option = next(one for one in cli.get_command(None, name).params if one.name == "output")  # type: ignore[arg-type,union-attr]
    assert (option.opts, option.metavar) == (["-o", "--output"], "DIRECTORY")


@pytest.mark.parametrize("name", [name for name, given in REPORTS.items() if given])
def test_json_is_one_value_and_every_line_of_csv_has_as_many_cells(name: str) -> None:
    told = {form: CliRunner().invoke(cli, [name, *REPORTS[name], "--format", form]) for form in FORMS}
    assert all(one.exit_code in (0, 1) and one.stdout.endswith("\n") for one in told.values()), told
    rows = list(csv.reader(io.StringIO(told["csv"].stdout)))
    found = json.loads(told["json"].stdout)
    assert (len({len(row) for row in rows}), len(rows) > 1, isinstance(found, dict)) == (1, True, True)
