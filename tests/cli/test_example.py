"""What somebody without a checkout has: examples, lists of metrics and paths, help with examples, completion."""

import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import kueue_sim
from kueue_sim.cli import COMMANDS, cli, main
from kueue_sim.cli.help_examples import HELP_EXAMPLES
from kueue_sim.cli.tables import printed
from kueue_sim.errors import InputError
from kueue_sim.inputs.examples import Example, examples, find_example

ROOT = Path(__file__).parents[2]
QUICK = (
    "run", "check", "explain", "convert", "schema", "example", "metrics", "paths", "completion", "admit", "upgrade",
)  # fmt: skip
OF_A_CLUSTER = "now.yaml"
"""A file that a reader makes of a cluster, so that an example with it cannot run here."""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_the_list_of_examples_is_that_of_the_scenarios_with_what_each_shows() -> None:
    listed = json.loads(invoke("example", "--format", "json").stdout)
    told = {row["example"]: row["what it shows"] for row in listed}
    assert told["lending-limits"] == "What a team keeps for itself."
    assert told["philly/reclaim"].startswith("The same virtual clusters in one cohort, and owners take their GPUs back")
    assert [name for name, about in told.items() if not about] == []
    assert "manifests/two-teams" not in told and "repository/queues-and-jobs/queues" not in told


def test_an_example_is_printed_as_it_is_and_what_it_reads_is_told() -> None:
    alone, reading = invoke("example", "lab-option-1"), invoke("example", "borrow-and-reclaim")
    assert alone.stdout == (ROOT / "scenarios/lab-option-1.yaml").read_text("utf-8")
    assert (alone.stderr, reading.stderr) == (
        "", "note: it reads manifests/two-teams.yaml; -o DIRECTORY writes them as well\n",
    )  # fmt: skip


@pytest.mark.parametrize("one", examples().values(), ids=lambda one: one.name)
def test_a_copied_example_says_what_the_example_says(one: Example, tmp_path: Path) -> None:
    copies = one.copy(tmp_path / "mine")
    if copies[0].name.endswith(".policytest.yaml"):
        assert {path.name for path in copies} >= {*re.findall(r"world: (\S+yaml)", one.text)}
    else:
        copied, shipped = kueue_sim.load_scenario(copies[0]), kueue_sim.load_scenario(one.path)
        assert copied.digest == shipped.digest
        assert tuple(copied.workloads) == tuple(shipped.workloads)
    with pytest.raises(InputError, match="exists already; nothing was written"):
        one.copy(tmp_path / "mine")


def test_an_example_goes_by_its_last_part_and_an_unknown_name_gets_the_nearest() -> None:
    assert find_example("gang-starves") == find_example("known-issues/gang-starves")
    with pytest.raises(InputError, match="there is no example 'lab-option-3'; did you mean 'lab-option-"):
        find_example("lab-option-3")


def test_an_example_stands_in_place_of_the_file() -> None:
    file = str(find_example("lab-option-1").path)
    for arguments in (["run"], ["explain", "imagenet-gpu-team-a-1"], ["check"], ["convert"]):
        command, *others = arguments
        by_name, by_file = invoke(command, "--example", "lab-option-1", *others), invoke(command, file, *others)
        assert (by_name.exit_code, by_name.output) == (by_file.exit_code, by_file.output)
    assert "needs the name of an example" in invoke("run", "--example").stderr


def test_metrics_lists_what_compare_accepts() -> None:
    rows = list(csv.DictReader(io.StringIO(invoke("metrics", "--format", "csv").stdout)))
    by_name = {row["metric"]: row for row in rows}
    assert by_name["utilisation"] == {
        "metric": "utilisation", "unit": "share", "better": "higher", "of": "total team",
        "what it is": "run time of work over nominal quota",
    }  # fmt: skip
    assert {"wait.STAT", "delay.STAT", "completion.STAT", "jain"} <= set(by_name)


def test_every_path_that_is_listed_can_be_set_to_the_value_it_has() -> None:
    listed = json.loads(invoke("paths", "--example", "lab-option-1", "--given", "--format", "json").stdout)
    now = {row["path"]: row["now"] for row in listed}
    assert now["clusterQueues.team-a.nvidia.com/gpu.nominalQuota"] == "1"
    assert now["priorityClasses.training-priority.value"] == 70
    file = find_example("lab-option-1").path
    changed = kueue_sim.load_scenario(file, list(now.items()))
    assert changed.policy == kueue_sim.load_scenario(file).policy


def test_a_wrong_command_and_a_wrong_file_get_the_nearest_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "week.yaml").write_text("kind: Scenario\n")
    assert "No such command 'rnu'. Did you mean 'run'?" in invoke("rnu").stderr
    for given, guess in (
        (str(tmp_path / "week.yml"), f"; did you mean '{tmp_path / 'week.yaml'}'?"),
        ("lab-option-2", "; there is an example of that name: --example lab-option-2"),
        (str(tmp_path / "nothing-like-it"), "\n"),
    ):
        with pytest.raises(SystemExit):
            main(["run", given])
        assert f"there is no file or folder {given!r}{guess}" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(shell: str) -> None:
    script = invoke("completion", shell).stdout
    assert f"_KUEUE_SIM_COMPLETE={shell}_complete" in script and script.endswith("\n")


def test_completion_knows_the_names_of_examples() -> None:
    asked = {"_KUEUE_SIM_COMPLETE": "bash_complete", "COMP_WORDS": "kueue-sim run --example lab-o", "COMP_CWORD": "3"}
    code = "from kueue_sim.cli import cli; cli(prog_name='kueue-sim')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    assert done.stdout == "plain,lab-option-1\nplain,lab-option-2\n"


def test_every_command_shows_examples_in_its_help() -> None:
    assert set(COMMANDS) - set(HELP_EXAMPLES) == set()
    for name in COMMANDS:
        shown = invoke(name, "--help").stdout
        assert [line for line in HELP_EXAMPLES[name] if f"\n    $ {line}\n" not in shown] == []


@pytest.mark.parametrize("name", QUICK)
def test_the_examples_in_the_help_run_anywhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [line for line in HELP_EXAMPLES[name] if OF_A_CLUSTER not in line]
    assert lines
    for line in lines:
        ran = invoke(*shlex.split(line.partition(" > ")[0])[1:])
        assert (ran.exit_code, ran.stdout != "" or "-o" in line) == (0, True), f"{line}\n{ran.output}"


def test_help_needs_no_tables_and_no_pictures() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom kueue_sim.cli import COMMANDS, cli\n"
        "for name in ('', *COMMANDS):\n"
        "    assert CliRunner().invoke(cli, [*([name] if name else []), '--help']).exit_code == 0, name\n"
        "print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib', 'plotly', 'simpy', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_table_fits_its_line_and_keeps_whole_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert printed(("name", "about"), [("a", "one two three four five six seven eight"), ("bb", None)], "text") == (
        "name  about\n"
        "a     one two three four five six seven\n"
        "      eight\n"
        "bb\n"
    )  # fmt: skip


def test_the_wheel_carries_the_examples(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="hatchling is missing: pip install 'kueue-sim[test]'")
    build = "from hatchling.builders.wheel import WheelBuilder as W; import sys\n"
    build += f"print(next(W({str(ROOT)!r}).build(directory={str(tmp_path)!r}, versions=['standard'])))"
    wheel = subprocess.run([sys.executable, "-c", build], capture_output=True, text=True, check=True).stdout.strip()
    names = zipfile.ZipFile(wheel).namelist()
    carried = {name.removeprefix("kueue_sim/examples/") for name in names if name.startswith("kueue_sim/examples/")}
    there = {path.relative_to(ROOT / "scenarios").as_posix() for path in (ROOT / "scenarios").rglob("*.*")}
    assert carried >= {name for name in there if name.endswith((".yaml", ".csv"))}
