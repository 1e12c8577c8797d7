"""Mistakes of a scenario and of what it expects are one report, in order of lines."""

from pathlib import Path

import pytest

from kueue_sim.policytest.lint.targets import check
from tests.policytest.files import RESERVING, expecting, outcome_of

NOTHING = (
    "nothing is expected here; did you mean 'admitted' instead of 'admited'?; accepted: one of admitted, started, "
    "preempted, evicted, waits, finished, never, order, metric, rangespec, endlessPreemption, loops, decisions"
)
DAMAGED = RESERVING.replace("submit: 10s", "submit: soon")
QUANTITY = "'x' is not a Kubernetes quantity (examples: 4, 500m, 1.5, 16Gi)"
DURATION = "'soon' is not a duration (examples: 30m, 1h30m, 250ms, 2d)"


def told(folder: Path, text: str) -> list[str]:
    """What ``test`` tells of a file, which ``check`` tells as well."""
    found = [str(one).removeprefix(f"{folder}/") for one in outcome_of(folder, text).mistakes]
    assert [str(one).removeprefix(f"{folder}/") for one in check([folder / "case.yaml"]).mistakes] == found
    return found


def test_mistakes_of_the_scenario_and_of_what_it_expects_are_told_together(tmp_path: Path) -> None:
    text = expecting(
        "{admited: own}",
        "{admitted: own, at: soon}",
        "{admitted: ownr}",
        '{metric: "c.wait.p95 <= 3m"}',
        world=DAMAGED,
    )
    assert told(tmp_path, text) == [
        f"case.yaml:27:66: workloads[2].submit: {DURATION}",
        f"case.yaml:29:3: expect[0]: {NOTHING}",
        f"case.yaml:30:23: expect[1].at: {DURATION}",
        "case.yaml:31:14: expect[2].admitted: there is no workload 'ownr'; did you mean 'owner'?",
        "case.yaml:32:12: expect[3].metric: there is no team 'c'; accepted: a, b, total",
    ]


def test_lines_count_where_what_is_expected_stands_first(tmp_path: Path) -> None:
    head, rest = DAMAGED.split("policy:\n")
    assert told(tmp_path, f"{head}expect:\n- {{admitted: own, at: soon}}\npolicy:\n{rest}") == [
        f"case.yaml:5:23: expect[0].at: {DURATION}",
        f"case.yaml:29:66: workloads[2].submit: {DURATION}",
    ]


@pytest.mark.parametrize(
    "entry",
    [
        "- {name: many, generate: {arrivals: {every: soon}, count: 3, queue: a}}\n",
        "- {name: many, trace: {file: none.csv}}\n",
    ],
)
def test_names_are_not_told_where_mistakes_may_have_cost_the_workload(tmp_path: Path, entry: str) -> None:
    text = expecting("{admitted: many-1}", world=RESERVING + entry)
    assert [one for one in told(tmp_path, text) if "expect" in one] == []


def test_a_name_that_a_wrong_entry_gives_is_known(tmp_path: Path) -> None:
    wrong = "- {name: third, queue: nowhere, requests: {nvidia.com/gpu: x}}\n"
    assert told(tmp_path, expecting("{admitted: third}", "{admitted: fourth}", world=RESERVING + wrong)) == [
        "case.yaml:28:24: workloads[3].queue: there is no LocalQueue 'nowhere'; accepted: default/a, default/b",
        f"case.yaml:28:60: workloads[3].requests.nvidia.com/gpu: {QUANTITY}",
        "case.yaml:31:14: expect[1].admitted: there is no workload 'fourth'; accepted: default/lent, default/own, "
        "default/owner, default/third, lent, own, owner, third",
    ]


def test_what_can_be_told_without_a_scenario_is_told_where_there_is_none(tmp_path: Path) -> None:
    world = RESERVING.replace("policy:\n", "policy:\n  hyperpod: {teams: {}}\n")
    accepted = "addonVersion, clusterSchedulerConfig, commands, computeQuotas, include, requests, settings"
    assert told(tmp_path, expecting("{admitted: nobody, at: soon}", '{metric: "c.wait.p95 <= 3m"}', world=world)) == [
        f"case.yaml:5:14: policy.hyperpod.teams: unknown field 'teams'; accepted: {accepted}",
        f"case.yaml:30:26: expect[0].at: {DURATION}",
    ]


def test_a_test_of_several_is_told_with_the_mistakes_of_its_world(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(DAMAGED, encoding="utf-8")
    text = """\
kind: PolicyTest
world: world.yaml
tests:
- name: one
  expect: [{admitted: own, at: soon}]
"""
    assert told(tmp_path, text) == [
        f"case.yaml:5:32: tests[0].expect[0].at: {DURATION}",
        f"world.yaml:27:66: workloads[2].submit: {DURATION}",
    ]
