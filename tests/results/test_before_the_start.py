"""What reports say of work that was there when the simulation began: since when, and that nothing was decided of it."""

import pytest

from kueue_sim import run
from kueue_sim.inputs import scenario_from_text
from kueue_sim.report.page.run_page import run_page
from kueue_sim.report.text.story import story
from kueue_sim.report.text.terminal import text_report
from kueue_sim.result import Result
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.whatif.execution.fates import fates
from tests.scenario_text import scenario_text

HOUR = 3600_000
HEAD = scenario_text(
    {"team-a": 8},
    """\
start: 2026-01-01T12:00:00Z
timing: {termination: 30s}
workloads:
""",
    flavors=["h100"],
    resource="gpu",
    queueingStrategy="StrictFIFO",
    preemption={"withinClusterQueue": "LowerPriority"},
)
WIDE = (
    "couldn't assign flavors to pod set main: insufficient quota for gpu in flavor h100, previously considered podsets "
    "requests (0) + current podset request (9) > maximum capacity (8)"
)
WORK = f"""
- {{name: old, team: team-a, requests: {{gpu: 6}}, runtime: 6h, ranFor: 2h, admitted: {{since: 2h}}, waitingSince: 3h}}
- {{name: gone, team: team-a, requests: {{gpu: 2}}, runtime: 1h, admitted: {{since: 1h}}, waitingSince: 2h,
    evicted: {{reason: Preempted, since: 10s, preempted: InClusterQueue}}}}
- {{name: wide, team: team-a, requests: {{gpu: 9}}, runtime: 1h, waitingSince: 90m, priority: 5,
    pending: {{reason: ExceedsMaxQuota, message: "{WIDE}"}}}}
- {{name: behind, team: team-a, requests: {{gpu: 1}}, runtime: 1h, waitingSince: 30m}}
- runtime: 1h
  waitingSince: 1h
  manifest:
    apiVersion: kueue.x-k8s.io/v1beta1
    kind: Workload
    metadata: {{name: idle}}
    spec:
      queueName: team-a
      active: false
      podSets:
      - {{name: main, count: 1, template: {{spec: {{containers: [{{name: c, resources: {{requests: {{gpu: 1}}}}}}]}}}}}}
"""


@pytest.fixture(scope="module")
def begun() -> Result:
    """Six of eight GPUs are held, two by pods that still end; one that asks for nine heads the strict queue."""
    return run(scenario_from_text(HEAD + WORK))


def told(result: Result, name: str) -> list[str]:
    return [line.strip() for line in result.explain(name).splitlines()[3:] if line]


def test_running_work_was_admitted_before_the_start(begun: Result) -> None:
    assert told(begun, "old") == ["0s  was admitted 2h before the start: 6 gpu from flavor h100", "4h  finished"]


def test_work_whose_pods_end_was_evicted_before_the_start(begun: Result) -> None:
    assert told(begun, "gone")[:3] == [
        "0s  was admitted 1h before the start: 2 gpu from flavor h100",
        "0s  was evicted 10s before the start (Preempted); its pods still end",
        "20s  its pods are gone; waits again in the queue",
    ]
    assert (begun.total.evicted, len(begun.evictions), begun.history.lives["default/gone"].evicted) == (0, 0, 0)


def test_waiting_work_has_waited_and_heard_an_answer(begun: Result) -> None:
    assert told(begun, "wide")[:2] == ["0s  has waited in team-a for 1h 30m already", WIDE]


def test_who_was_refused_before_the_start_holds_up_the_strict_queue(begun: Result) -> None:
    assert told(begun, "behind")[:3] == [
        "0s  has waited in team-a for 30m already",
        "0s  not evaluated itself: default/wide, at the head of its StrictFIFO queue, is refused",
        WIDE,
    ]


def test_inactive_work_is_told_to_be(begun: Result) -> None:
    assert told(begun, "idle")[:2] == [
        "0s  was submitted to team-a 1h before the start",
        "0s  is inactive, and in no queue until it is activated",
    ]


def test_the_story_decides_nothing_at_the_start(begun: Result) -> None:
    first = [(line.workload, line.text) for line in story(begun) if line.at_ms == 0]
    assert first == [
        ("old", "was admitted 2h before the start: 6 GPU of h100"),
        ("gone", "was admitted 1h before the start: 2 GPU of h100"),
        ("gone", "was evicted 10s before the start (Preempted); its pods still end"),
        ("idle", "is inactive, and in no queue until it is activated"),
    ]


def test_reports_count_what_held_quota_apart_and_draw_it(begun: Result) -> None:
    assert "3 workloads · 2 more held quota at the start" in text_report(begun)
    story_of_its_bar = [
        "default/old (priority 0)",
        "6 GPU of team-a",
        "was admitted 2h before the start",
        "finished after 4h",
    ]
    assert "\\n".join(story_of_its_bar) in run_page(begun)


def test_only_who_waits_is_said_to_be_never_admitted(begun: Result) -> None:
    assert begun.summary["never_admitted"].sum() == 3
    assert begun.findings == ("2 workloads never admitted after waiting more than half of the run",)


def test_times_count_from_the_submission_wherever_they_count_from_it() -> None:
    result = run(
        scenario_from_text(
            HEAD + "- {name: old, team: team-a, requests: {gpu: 8}, runtime: 3h, ranFor: 2h, admitted: {}}\n"
            "- {name: next, team: team-a, requests: {gpu: 8}, runtime: 2h, waitingSince: 30m}\n"
        )
    )
    names = ("delay.mean", "start.mean", "completion.mean", "slowdown.mean")
    values = [Measures(result).value(name) for name in names]
    assert values == [90 * 60, 90 * 60, 210 * 60, 1.75]
    row = result.workloads.iloc[0]
    assert row["submitted_s"] == -1800.0
    assert row["wait_first_s"] == row["first_admitted_s"] - row["submitted_s"]
    assert [line.text for line in story(result)][-2] == "admitted after 1h 30m: 8 GPU of h100"
    assert [(one.workload, one.completion_ms) for one in fates(result)] == [
        ("default/old", 1 * HOUR),
        ("default/next", 3.5 * HOUR),
    ]


def test_what_is_thrown_away_of_the_time_before_is_lost_but_was_no_work_of_the_run() -> None:
    result = run(
        scenario_from_text(
            HEAD + "- {name: old, team: team-a, requests: {gpu: 8}, runtime: 9h, ranFor: 5h, admitted: {since: 5h}}\n"
            "- {name: urgent, team: team-a, requests: {gpu: 8}, runtime: 1h, submit: 1h, priority: 9}\n"
        )
    )
    total = result.total
    assert (total.lost_hours, total.running_hours, total.goodput_hours) == (48.0, 88.0, 80.0)
    names = ("lost.gpu_hours", "goodput.gpu_hours")
    assert [Measures(result).value(name) for name in names] == [48.0, 80.0]
