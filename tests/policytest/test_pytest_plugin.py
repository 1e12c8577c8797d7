"""The pytest plugin: files are collected, failures read like those of the command, ``policy`` is there."""

from pathlib import Path

import pytest

from tests.policytest.files import RESERVING, expecting

pytest_plugins = ["pytester"]

PLUGIN = "kueue_sim.policytest.pytest_plugin"
IN_PYTHON = """
import pytest

def test_reclaim(policy):
    world = policy.load("world.yaml")
    run = world.run()
    run.expect(preempted="lent", by="owner", reason="InCohortReclamation")
    run.expect(metric="a.wait.max <= 0s")
    assert run.result.unfinished == ()

def test_without_reclaim(policy):
    run = policy.load("world.yaml").run({"[ClusterQueue/a].spec.preemption.reclaimWithinCohort": "Never"})
    run.expect(never={"preempted": "*"})
    with pytest.raises(AssertionError, match="expected owner to be admitted within 1m"):
        run.expect(admitted="owner", within="1m")

def test_nothing_loaded(policy):
    with pytest.raises(ValueError, match="load a scenario first"):
        policy.run()
"""


@pytest.fixture
def plain(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A pytest of its own with the plugin, and warnings as errors."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "sim"))
    pytester.makeini(f"[pytest]\nfilterwarnings = error\naddopts = -p {PLUGIN} -p no:cacheprovider")
    return pytester


def test_files_of_policy_tests_are_collected(plain: pytest.Pytester) -> None:
    (plain.path / "good.policytest.yaml").write_text(expecting("{preempted: lent}"), encoding="utf-8")
    (plain.path / "bad.policytest.yaml").write_text(expecting("{preempted: own}"), encoding="utf-8")
    (plain.path / "world.yaml").write_text(expecting("{preempted: own}"), encoding="utf-8")
    result = plain.runpytest_inprocess("-q")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*bad.policytest.yaml:29:3: expected own to be preempted", "  got default/own was never*"]
    )


def test_a_file_that_cannot_be_used_is_an_error_of_collection(plain: pytest.Pytester) -> None:
    (plain.path / "wrong.policytest.yaml").write_text("kind: PolicyTest\nworld: w.yaml\n", encoding="utf-8")
    result = plain.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*tests is missing or empty*"])


def test_the_fixture_loads_runs_and_judges(plain: pytest.Pytester) -> None:
    (plain.path / "world.yaml").write_text(RESERVING, encoding="utf-8")
    plain.makepyfile(IN_PYTHON)
    plain.runpytest_inprocess("-q").assert_outcomes(passed=3)


def test_the_plugin_imports_nothing_of_the_simulator_before_it_is_needed(plain: pytest.Pytester) -> None:
    plain.makepyfile(
        "import sys\ndef test_light():\n    heavy = {'numpy', 'pandas', 'simpy', 'yaml'}\n"
        "    heavy |= {'kueue_sim.inputs', 'kueue_sim.engine'}\n"
        "    assert not heavy & set(sys.modules)"
    )
    plain.runpytest_subprocess("-q").assert_outcomes(passed=1)


def test_a_file_of_another_tool_with_the_name_of_ours_is_left_alone(plain: pytest.Pytester) -> None:
    (plain.path / "opa.policytest.yaml").write_text("kind: Rego\n- : [broken\n", encoding="utf-8")
    plain.makepyfile("def test_own():\n    assert True")
    plain.runpytest_inprocess("-q").assert_outcomes(passed=1)
