"""``kueue-sim test``: selection, formats, exit codes, recording."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from kueue_sim.cli.commands.test import command
from kueue_sim.errors import InputError
from tests.policytest.files import RESERVING, expecting


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a test that passes and one that fails, as the current one."""
    (tmp_path / "good.yaml").write_text(expecting("{preempted: lent}"), encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(expecting("{preempted: own}"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kueue_sim_test(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_text_ends_with_a_summary(folder: Path) -> None:
    result = kueue_sim_test("-k", "good")
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[-1].partition(" in ")[0]) == (0, "1 passed, 0 failed; 1 expectation")


def test_a_failed_expectation_is_exit_code_1(folder: Path) -> None:
    result = kueue_sim_test()
    assert (result.exit_code, "bad.yaml:29:3: expected own to be preempted" in result.stdout) == (1, True)


def test_wrong_input_is_exit_code_2_and_the_other_tests_run(folder: Path) -> None:
    (folder / "broken.yaml").write_text(expecting("{preempted: nobody}"), encoding="utf-8")
    result = kueue_sim_test("--format", "json")
    statuses = {row["file"]: row["status"] for row in json.loads(result.stdout)["tests"]}
    assert (result.exit_code, statuses) == (
        2,
        {"bad.yaml": "failed", "broken.yaml": "wrong", "good.yaml": "passed"},
    )


def test_a_scenario_that_expects_nothing_is_no_test(folder: Path) -> None:
    (folder / "plain.yaml").write_text(RESERVING, encoding="utf-8")
    result = kueue_sim_test("plain.yaml")
    assert (result.exit_code, "plain.yaml:1:1: nothing is expected" in result.stdout) == (2, True)


def test_mistakes_of_a_shared_world_are_told_once(folder: Path) -> None:
    (folder / "shared.yaml").write_text(
        """\
kind: PolicyTest
world: {horizn: 1h}
tests:
- {name: one, expect: [{waits: a}]}
- {name: two, expect: [{waits: a}]}
""",
        encoding="utf-8",
    )
    lines = kueue_sim_test("shared.yaml").stdout.splitlines()
    assert [line.startswith("        shared.yaml:2:9: world.horizn: unknown field 'horizn'") for line in lines] == [
        False, True, False, False, False,
    ]  # fmt: skip
    assert lines[3] == "        mistakes as above"
    annotations = kueue_sim_test("shared.yaml", "--format", "github").stdout.splitlines()
    assert [line.startswith("::error file=shared.yaml,line=2") for line in annotations] == [True, False]


def test_several_processes_give_the_same_answer(folder: Path) -> None:
    def answers(*arguments: str) -> list[object]:
        rows = json.loads(kueue_sim_test("--format", "json", *arguments).stdout)["tests"]
        return [{**row, "seconds": 0} for row in rows]

    assert answers("-j", "2") == answers("-j", "1")


def test_junit_has_a_suite_per_file_and_a_case_per_test(folder: Path) -> None:
    root = ElementTree.fromstring(kueue_sim_test("--format", "junit").stdout.split("\n", 1)[1])
    cases = {case.get("file"): case.find("failure") is not None for case in root.iter("testcase")}
    assert (cases, [suite.get("failures") for suite in root]) == ({"bad.yaml": True, "good.yaml": False}, ["1", "0"])


def test_github_annotations_name_file_and_line(folder: Path) -> None:
    first = kueue_sim_test("--format", "github").stdout.splitlines()[0]
    assert first.startswith("::error file=bad.yaml,line=29,col=3,title=reserving::expected own to be preempted%0Agot ")


def test_nothing_to_test_is_a_mistake(folder: Path) -> None:
    with pytest.raises(InputError, match="no policy test whose file::name matches 'nothing like it' in the current"):
        kueue_sim_test("-k", "nothing like it")
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="no policy test in empty"):
        kueue_sim_test("empty")
    with pytest.raises(InputError, match="there is no file or folder 'elsewhere'"):
        kueue_sim_test("elsewhere")
    with pytest.raises(InputError, match="is no regular expression"):
        kueue_sim_test("-k", "(")


def test_update_records_decisions_and_a_later_change_is_shown_as_a_difference(folder: Path) -> None:
    recorded = kueue_sim_test("good.yaml", "--update")
    assert recorded.stdout.splitlines() == ["recorded recorded/good.txt", "changed good.yaml"]
    assert (folder / "recorded" / "good.txt").read_text(encoding="utf-8").splitlines()[:4] == [
        "0s admitted default/own in b: main 1 × nvidia.com/gpu=gpu",
        "1s admitted default/lent in b: main 1 × nvidia.com/gpu=gpu",
        "10s preempted default/lent by default/owner (InCohortReclamation)",
        "10s admitted default/owner in a: main 1 × nvidia.com/gpu=gpu",
    ]
    assert kueue_sim_test("good.yaml").exit_code == 0
    assert kueue_sim_test("good.yaml", "--update").stdout == ""

    text = (folder / "good.yaml").read_text(encoding="utf-8")
    (folder / "good.yaml").write_text(text.replace("reclaimWithinCohort: Any", "reclaimWithinCohort: Never"))
    changed = kueue_sim_test("good.yaml")
    assert changed.exit_code == 1
    assert (
        "            -10s preempted default/lent by default/owner (InCohortReclamation)" in changed.stdout.splitlines()
    )


def test_update_adds_the_expectation_to_a_scenario_without_any(folder: Path) -> None:
    path = folder / "plain.yaml"
    path.write_text(RESERVING, encoding="utf-8")
    assert kueue_sim_test("plain.yaml", "--update").exit_code == 0
    assert path.read_text(encoding="utf-8") == RESERVING + "expect:\n- decisions: recorded/plain.txt\n"
    assert kueue_sim_test("plain.yaml").exit_code == 0


def test_update_writes_nothing_when_one_file_is_wrong(folder: Path) -> None:
    (folder / "flow.yaml").write_text(RESERVING + "expect: [{preempted: lent}]\n", encoding="utf-8")
    with pytest.raises(InputError, match="expect is no list with one dash per line"):
        kueue_sim_test("--update")
    assert not (folder / "recorded").exists()
