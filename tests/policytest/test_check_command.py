"""``kueue-sim check``: what is checked, formats, exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kueue_sim.cli.commands.check import command
from kueue_sim.errors import InputError

WEIGHT = """\
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {name: a}
spec:
  namespaceSelector: {}
  fairSharing: {weight: 2}
  resourceGroups:
  - {coveredResources: [cpu], flavors: [{name: plain, resources: [{name: cpu, nominalQuota: 4}]}]}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {name: a, namespace: default}
spec: {clusterQueue: a}
"""
FLAVOR = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ResourceFlavor\nmetadata: {name: plain}\n"
WARNING = "weight 2 of ClusterQueue a has no effect: fair sharing is off"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of manifests with one flaw, as the current one."""
    (tmp_path / "queues.yaml").write_text(WEIGHT, encoding="utf-8")
    (tmp_path / "flavors.yaml").write_text(FLAVOR, encoding="utf-8")
    (tmp_path / "values.yaml").write_text("replicas: 3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kueue_sim_check(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_manifests_of_a_folder_are_one_policy(folder: Path) -> None:
    result = kueue_sim_check(".")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            f"queues.yaml:6:25: warning KS102 weight-without-fair-sharing: {WARNING}",
            "0 errors, 1 warning, 0 notes in 2 files",
        ],
    )


@pytest.mark.parametrize(("fail_on", "code"), [("error", 0), ("warning", 1), ("note", 1)])
def test_the_exit_code_follows_the_severity(folder: Path, fail_on: str, code: int) -> None:
    assert kueue_sim_check(".", "--fail-on", fail_on).exit_code == code


def test_a_rule_can_be_ignored(folder: Path) -> None:
    for rule in ("KS102", "weight-without-fair-sharing"):
        result = kueue_sim_check("--ignore", rule, "--fail-on", "note")
        assert (result.exit_code, result.stdout) == (0, "0 errors, 0 warnings, 0 notes in 2 files\n")
    with pytest.raises(InputError, match="there is no rule 'KS12'; did you mean 'KS112'"):
        kueue_sim_check(".", "--ignore", "KS12")


def test_mistakes_come_first_and_are_exit_code_2(folder: Path) -> None:
    (folder / "scenario.yaml").write_text(
        "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [queues.yaml]}\n"
        "workloads: [{name: w, queue: a, priorityClass: hihg}]\n",
        encoding="utf-8",
    )
    result = kueue_sim_check("scenario.yaml", "queues.yaml", "flavors.yaml")
    assert (result.exit_code, result.stdout.splitlines()) == (
        2,
        [
            "queues.yaml:8:48: error input: spec.resourceGroups[0].flavors[0].name: "
            "there is no ResourceFlavor 'plain'; there are none",
            "scenario.yaml:4:48: error input: workloads[0].priorityClass: "
            "there is no WorkloadPriorityClass 'hihg'; there are none",
            f"queues.yaml:6:25: warning KS102 weight-without-fair-sharing: {WARNING}",
            "2 mistakes in the input, 0 errors, 1 warning, 0 notes in 3 files",
        ],
    )


def test_a_limit_without_a_cohort_is_a_mistake(folder: Path) -> None:
    text = WEIGHT.replace("nominalQuota: 4}", "nominalQuota: 4, lendingLimit: 2}")
    (folder / "queues.yaml").write_text(text, encoding="utf-8")
    result = kueue_sim_check(".")
    assert (result.exit_code, "a limit needs a cohort to borrow from and lend to" in result.stdout) == (2, True)


def test_the_tests_of_a_test_file_are_read(folder: Path) -> None:
    (folder / "tests.yaml").write_text(
        "kind: PolicyTest\nworld: [queues.yaml, flavors.yaml]\ntests:\n- name: one\n  expect: [{admitted: nobody}]\n",
        encoding="utf-8",
    )
    result = kueue_sim_check("tests.yaml")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (
        2,
        "tests.yaml:5:23: error input: tests[0].expect[0].admitted: there is no workload 'nobody'; there are none",
    )


def test_json_has_a_row_per_finding(folder: Path) -> None:
    assert json.loads(kueue_sim_check(".", "--format", "json").stdout)["findings"] == [
        {
            "rule": "KS102",
            "name": "weight-without-fair-sharing",
            "severity": "warning",
            "message": WARNING,
            "file": "queues.yaml",
            "line": 6,
            "column": 25,
        }
    ]


def test_sarif_names_rule_level_message_and_region(folder: Path) -> None:
    log = json.loads(kueue_sim_check(".", "--format", "sarif").stdout)
    (run,) = log["runs"]
    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert (log["version"], run["results"], {"KS102", "input"} <= known) == (
        "2.1.0",
        [
            {
                "ruleId": "KS102",
                "level": "warning",
                "message": {"text": WARNING},
                "locations": [
                    {
                        "physicalLocation": {
                            "artifactLocation": {"uri": "queues.yaml"},
                            "region": {"startLine": 6, "startColumn": 25},
                        }
                    }
                ],
            }
        ],
        True,
    )


def test_github_annotations_carry_the_rule_as_title(folder: Path) -> None:
    first = kueue_sim_check(".", "--format", "github").stdout.splitlines()[0]
    assert first == (f"::warning file=queues.yaml,line=6,col=25,title=KS102 weight-without-fair-sharing::{WARNING}")


def test_nothing_to_check_is_a_mistake(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="no scenario and no manifest in empty"):
        kueue_sim_check("empty")
    with pytest.raises(InputError, match="there is no file or folder 'elsewhere'"):
        kueue_sim_check("elsewhere")
    result = kueue_sim_check("values.yaml")
    assert result.stdout.splitlines()[0] == "values.yaml:1:1: error input: kind is missing; accepted: Scenario"


def test_checking_needs_neither_pandas_nor_matplotlib(folder: Path) -> None:
    code = (
        "import sys\nfrom kueue_sim.policytest.lint.reports import as_text\n"
        "from kueue_sim.policytest.lint.targets import check\n"
        "print(as_text(check(['.'])))\nprint({'pandas', 'matplotlib', 'plotly'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(root / "sim")}
    )
    assert done.stdout.splitlines()[-1] == "set()"


def test_a_wrong_expectation_of_a_scenario_is_a_mistake(folder: Path) -> None:
    scenario = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy: {include: [flavors.yaml, queues.yaml]}
workloads:
- {name: one, team: a, requests: {cpu: 1}}
expect:
- {admitted: two}
"""
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")
    result = kueue_sim_check("scenario.yaml")
    mistake = "expect[0].admitted: there is no workload 'two'; accepted: default/one, one"
    assert (result.exit_code, result.stdout.splitlines()[0]) == (2, f"scenario.yaml:7:14: error input: {mistake}")


MANAGER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: kueue-controller-manager, namespace: kueue-system}
spec: {template: {spec: {containers: [{name: manager, image: "registry.k8s.io/kueue/kueue:v0.19.2"}]}}}
"""


def test_the_release_of_the_managers_image_is_told_with_its_place(folder: Path) -> None:
    (folder / "manager.yaml").write_text(MANAGER, encoding="utf-8")
    told = [line for line in kueue_sim_check(".").stderr.splitlines() if "0.19" in line]
    assert told == [
        "note: manager.yaml:4:62: Kueue 0.19.2 is simulated: the tag of the image of Deployment "
        "kueue-controller-manager is v0.19.2; kueue.version or --set kueue.version=… says another one"
    ]


def test_what_decides_nothing_is_told_of_the_scenario_it_stands_in(folder: Path) -> None:
    head = "apiVersion: kueue-sim/v1\nkind: Scenario\npolicy: {include: [../queues.yaml, ../flavors.yaml]}\n"
    (folder / "own").mkdir()
    configured = head + "kueue: {configuration: {leaderElection: {leaderElect: true}}}\n"
    for name, text in (("one", configured), ("two", head)):
        (folder / "own" / f"{name}.yaml").write_text(text, encoding="utf-8")
    assert "note: own/one.yaml: fields of the Configuration that decide nothing here: leaderElection" in (
        kueue_sim_check("own").stderr.splitlines()
    )
