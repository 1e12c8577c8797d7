"""Every command that gives results gives them as text, JSON and CSV by the same option, and keeps them by -o."""

import csv
import io
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.cli.tables import FORMS
from tests.cli.every_command import LAB, LISTS, RESULTS, arguments

FURTHER = {"check": ("sarif", "github"), "test": ("junit", "github")}
FIT = ("fit", "scenarios/two-busy-teams.yaml")


def option(command: str, name: str) -> tuple[object, ...]:
    """Names, choices, metavar and default of an option of a command."""
    found = cli.get_command(None, command)  # type: ignore[arg-type]
    assert found is not None
    [one] = [one for one in found.params if one.name == name]
    return one.opts, getattr(one.type, "choices", None), one.metavar, one.default


@pytest.mark.parametrize("command", [*RESULTS, *LISTS, "fit", "convert", "import"])
def test_every_command_has_the_same_forms(command: str) -> None:
    choices = (*FORMS, *FURTHER.get(command, ()))
    assert option(command, "form") == (["--format"], choices, None, "text")


@pytest.mark.parametrize("command", [*RESULTS, "fit", "example"])
def test_every_command_that_gives_results_keeps_them_in_a_folder_by_the_same_option(command: str) -> None:
    assert option(command, "output")[:3] == (["-o", "--output"], None, "DIRECTORY")


@pytest.mark.parametrize("command", ["convert", "import", "schema"])
def test_every_command_that_makes_one_file_writes_that_by_the_same_option(command: str) -> None:
    assert option(command, "output")[:3] == (["-o", "--output"], None, "FILE")


@pytest.mark.parametrize("command", [*RESULTS, *LISTS, "fit"])
def test_json_is_one_value_and_every_line_of_csv_has_as_many_cells(command: str, tmp_path: Path) -> None:
    words = {"fit": [*FIT], "paths": ["paths", LAB]}.get(command, [command])
    words = arguments(command, tmp_path) if command in RESULTS else words
    told = {form: CliRunner().invoke(cli, [*words, "--format", form]) for form in FORMS}
    assert all(one.exit_code in (0, 1) and one.stdout.endswith("\n") for one in told.values()), told
    rows = list(csv.reader(io.StringIO(told["csv"].stdout)))
    kind = list if command in LISTS else dict
    assert (len({len(row) for row in rows}), len(rows) > 1) == (1, True)
    assert isinstance(json.loads(told["json"].stdout), kind)


@pytest.mark.parametrize("command", ["explain", "admit", "check", "test"])
def test_what_is_told_in_words_is_kept_as_a_page_a_table_and_json(command: str, tmp_path: Path) -> None:
    words, out = arguments(command, tmp_path), tmp_path / "out"
    done = CliRunner().invoke(cli, [*words, "-o", str(out)])
    assert (done.exit_code in (0, 1), f"written to {out}\n" in done.stderr) == (True, True), done.output
    files = sorted(("report.html", f"{command}.csv", f"{command}.json"))
    assert sorted(path.name for path in out.iterdir()) == sorted([*files, "manifest.json"])
    assert sorted(json.loads((out / "manifest.json").read_text())["files"]) == files
    for form in ("csv", "json") if command != "test" else ():  # tests tell how long they took
        told = CliRunner().invoke(cli, [*words, "--format", form]).stdout
        assert (out / f"{command}.{form}").read_text() == f"{told.rstrip()}\n"


def test_a_check_without_findings_is_a_table_without_rows() -> None:
    done = CliRunner().invoke(cli, ["check", "--example", "topology", "--format", "csv"])
    assert done.stdout == "rule,name,severity,message,file,line,column\n"


@pytest.mark.parametrize(("command", "what"), [("convert", "manifests"), ("import", "a scenario")])
def test_what_is_no_table_says_so(command: str, what: str) -> None:
    done = CliRunner().invoke(cli, [command, LAB, "--format", "csv"])
    told = f"Invalid value for '--format': {command} prints {what}, which is no table; take text or json"
    assert (done.exit_code, told in done.stderr, done.stdout) == (2, True, "")


def test_manifests_as_json_are_those_of_the_text_and_go_where_o_says(tmp_path: Path) -> None:
    told = {form: CliRunner().invoke(cli, ["convert", LAB, "--format", form]).stdout for form in ("text", "json")}
    listed = json.loads(told["json"])
    assert (listed["kind"], listed["items"]) == ("List", list(yaml.safe_load_all(told["text"])))
    written = CliRunner().invoke(cli, ["convert", LAB, "-o", str(tmp_path / "deep" / "queues.yaml")])
    assert (written.stdout, (tmp_path / "deep" / "queues.yaml").read_text()) == ("", told["text"])
