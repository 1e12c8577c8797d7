"""``versions``: a policy test is run under several releases of Kueue, and the failure tells under which it fails."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from kueue_sim.cli.commands.test import command
from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import load_scenario
from kueue_sim.policytest import suite
from kueue_sim.policytest.golden import update
from kueue_sim.policytest.running import run_test
from tests.policytest.files import RESERVING, complaints, expecting

PREEMPTOR = """\
kueue: {configuration: {fairSharing: {}}}
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - {kind: Cohort, metadata: {name: all}}
  - &queue
    kind: ClusterQueue
    metadata: {name: a}
    spec:
      cohortName: all
      namespaceSelector: {}
      preemption: {reclaimWithinCohort: Any}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 1}]}]}
  - {<<: *queue, metadata: {name: b}}
workloads:
- {name: own, queue: b, requests: {cpu: 1}, runtime: 1h}
- {name: lent, queue: b, submit: 1s, requests: {cpu: 1}, runtime: 1h}
- {name: owner, queue: a, submit: 10s, requests: {cpu: 1}, runtime: 1h}
"""
"""Within its quota an owner reclaims; the reason has another name since FairSharingPreemptWithinNominal (0.16.3)."""
RECLAIMED = "- {preempted: lent, by: owner, reason: InCohortReclamation}"
ACCEPTED = "accepted: 0.10 to 0.20, with or without a patch, or a HyperPod add-on (v1.3.x, v1.5.x, v1.6.x)"
SCENARIO = f"apiVersion: kueue-sim/v1\nkind: Scenario\nname: reclaim\n{PREEMPTOR}"


def file_of(folder: Path, text: str, name: str = "case.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def outcomes(path: Path) -> dict[str, list[str]]:
    return {test.title: complaints(run_test(test)) for test in suite.tests_of(path)}


def policy_test(versions: str, extra: str = "", whole: str = "") -> str:
    world = "".join(f"  {line}\n" for line in PREEMPTOR.splitlines())
    head = f"apiVersion: kueue-sim/v1\nkind: PolicyTest\n{whole}world:\n{world}tests:\n"
    return f"{head}- name: reclaims\n  {versions}\n{extra}  expect:\n  {RECLAIMED}\n"


def test_a_scenario_is_tested_under_every_release_it_names(tmp_path: Path) -> None:
    path = file_of(tmp_path, f"{SCENARIO}versions: [0.16.2, 0.16.3, '0.19']\nexpect:\n{RECLAIMED}\n")
    assert outcomes(path) == {
        "reclaim (Kueue 0.16.2)": [
            "25: lent to be preempted by owner (InCohortReclamation) | "
            "10s preempted default/lent by default/owner (InCohortFairSharing)"
        ],
        "reclaim (Kueue 0.16.3)": [],
        "reclaim (Kueue 0.19)": [],
    }


def test_the_run_of_a_scenario_is_that_of_its_own_release(tmp_path: Path) -> None:
    path = file_of(tmp_path, f"{SCENARIO}versions: [0.16.2]\nexpect:\n{RECLAIMED}\n")
    assert load_scenario(path).settings.version == "0.20"


def test_a_test_has_the_releases_of_its_file_or_its_own(tmp_path: Path) -> None:
    other = f"- name: other\n  expect:\n  {RECLAIMED}\n"
    text = policy_test("versions: [v0.18, 0.19.1]", whole="versions: [0.17, 0.20]\n") + other
    assert outcomes(file_of(tmp_path, text)) == {
        "reclaims (Kueue 0.18)": [],
        "reclaims (Kueue 0.19.1)": [],
        "other (Kueue 0.17)": [],
        "other (Kueue 0.20)": [],
    }


def test_a_line_that_reads_as_a_number_is_the_line(tmp_path: Path) -> None:
    """YAML takes 0.10 for a tenth and 0.20 for a fifth."""
    path = file_of(tmp_path, policy_test("versions: [0.10, 0.20]"))
    assert [test.version for test in suite.tests_of(path)] == ["0.10", "0.20"]


def test_versions_of_a_world_are_of_its_own_expectations(tmp_path: Path) -> None:
    file_of(tmp_path, f"{SCENARIO}versions: [0.16.2]\nexpect:\n{RECLAIMED}\n", "world.yaml")
    text = f"kind: PolicyTest\nworld: world.yaml\ntests:\n- name: today\n  expect:\n  {RECLAIMED}\n"
    assert outcomes(file_of(tmp_path, text)) == {"today": []}


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        (
            policy_test("versions: [0.9, 0.19, v0.19, 0.16.77, null]"),
            [
                f"25:14: tests[0].versions[0]: there is no release '0.9' of Kueue; {ACCEPTED}",
                "25:25: tests[0].versions[2]: Kueue 0.19 stands here twice",
                "25:32: tests[0].versions[3]: there is no release '0.16.77' of Kueue; the newest patch of 0.16 that is "
                "modelled is 0.16.9",
                "25:41: tests[0].versions[4]: a release is missing",
            ],
        ),
        (policy_test("versions: []"), ["25:13: tests[0].versions: names no release"]),
        (policy_test("versions: 0.19"), ["25:13: tests[0].versions: 0.19 is not a list"]),
        (
            policy_test("versions: [0.19]", "  set: {kueue.version: '0.18'}\n"),
            ["26:9: tests[0].set.kueue.version: versions names the releases of this test; accepted: one of the two"],
        ),
        (
            f"{SCENARIO}versions: [main]\nexpect:\n{RECLAIMED}\n",
            [f"23:12: versions[0]: there is no release 'main' of Kueue; {ACCEPTED}"],
        ),
    ],
)
def test_wrong_releases_are_told_with_their_place(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    path = file_of(tmp_path, text)
    with pytest.raises(InputError) as caught:
        suite.tests_of(path)
    assert [str(one).removeprefix(f"{path}:") for one in caught.value.mistakes] == mistakes


def test_a_gate_that_one_of_the_releases_does_not_have_is_a_mistake_there_only(tmp_path: Path) -> None:
    gate = "  set: {kueue.featureGates.QuotaCheckStrategy: true}\n"
    path = file_of(tmp_path, policy_test("versions: [0.17, 0.19]", gate))
    assert outcomes(path) == {
        "reclaims (Kueue 0.17)": [
            "1: kueue.featureGates.QuotaCheckStrategy: Kueue 0.17 has no feature gate 'QuotaCheckStrategy'; releases "
            "that have it: 0.18, 0.19, 0.20"
        ],
        "reclaims (Kueue 0.19)": [],
    }


def test_every_format_names_the_release_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_of(tmp_path, policy_test("versions: [0.16.2, 0.19]"))
    monkeypatch.chdir(tmp_path)

    def told(form: str) -> str:
        result = CliRunner().invoke(command, ["case.yaml", "--format", form], catch_exceptions=False)
        assert result.exit_code == 1
        return result.stdout

    marks = [line.split(" (")[0:2] for line in told("text").splitlines() if "case.yaml::" in line]
    assert marks == [
        ["FAILED  case.yaml::reclaims", "Kueue 0.16.2)"],
        ["ok      case.yaml::reclaims", "Kueue 0.19)"],
    ]
    rows = [(row["test"], row["status"]) for row in json.loads(told("json"))["tests"]]
    assert rows == [("reclaims (Kueue 0.16.2)", "failed"), ("reclaims (Kueue 0.19)", "passed")]
    cases = ElementTree.fromstring(told("junit")).findall("testsuite/testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("reclaims (Kueue 0.16.2)", True),
        ("reclaims (Kueue 0.19)", False),
    ]
    assert told("github").startswith("::error file=case.yaml,line=27,col=5,title=reclaims (Kueue 0.16.2)::")


def test_a_release_can_be_selected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file_of(tmp_path, policy_test("versions: [0.16.2, 0.19]"))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(command, ["case.yaml", "-k", r"Kueue 0\.19"], catch_exceptions=False)
    assert (result.exit_code, result.stdout.splitlines()[-1].partition(" in ")[0]) == (
        0,
        "1 passed, 0 failed; 1 expectation",
    )


def test_each_release_has_its_own_recording(tmp_path: Path) -> None:
    path = file_of(tmp_path, expecting("{preempted: lent}", world=f"versions: [0.12, 0.19]\n{RESERVING}"))
    written = sorted(one.relative_to(tmp_path).as_posix() for one in update(suite.tests_of(path)))
    assert written == ["case.yaml", "recorded/case.0.12.txt", "recorded/case.0.19.txt"]
    assert path.read_text(encoding="utf-8").count("- decisions: 'recorded/case.{version}.txt'\n") == 1
    assert outcomes(path) == {"reserving (Kueue 0.12)": [], "reserving (Kueue 0.19)": []}


def test_releases_with_other_decisions_do_not_share_a_recording(tmp_path: Path) -> None:
    shared = f"{SCENARIO}versions: [0.16.2, 0.19]\nexpect:\n- decisions: recorded/one.txt\n"
    with pytest.raises(InputError) as caught:
        update(suite.tests_of(file_of(tmp_path, shared)))
    assert [one.message for one in caught.value.mistakes] == [
        f"reclaim (Kueue 0.19): another test with other decisions records '{tmp_path / 'recorded/one.txt'}'; "
        "with {version} in its name each release has its own"
    ]
    assert not (tmp_path / "recorded").exists()
