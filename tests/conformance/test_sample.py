"""The committed sample of conformance data in the two formats, and the check that reads them.

Its cases are worked examples of the rules, with the victims the rules give. Its runs are scenarios made by hand; their
results were recorded from this simulator, so they guard against change and say nothing about Kueue by themselves.
"""

import json
from pathlib import Path

import pytest

from tests.conformance.check import Verdict, json_report, judge, lines_of, text_report
from tests.conformance.difference import Difference

SAMPLE = Path(__file__).parent / "sample"
FILES = sorted(SAMPLE.glob("*.jsonl"))
LINES = [(path.stem, line) for path in FILES for line in lines_of(path)]


@pytest.mark.parametrize(("group", "line"), LINES, ids=[str(number) for number in range(len(LINES))])
def test_the_sample_decides_as_recorded(group: str, line: str) -> None:
    verdict = judge(group, line)
    assert verdict.difference is None, f"{verdict.id}: {verdict.difference}"


def altered(change: str) -> Verdict:
    """The verdict on a run of the sample whose recording says something else."""
    run = json.loads(next(line for _, line in LINES if '"borrow-and-reclaim"' in line))
    if change == "event":
        run["result"]["steps"][0]["events"][0]["clusterQueue"] = "b"
    elif change == "state":
        run["result"]["states"]["default/a1"] = "pending"
    else:
        del run["scenario"]["objects"]
    return judge("sample", json.dumps(run))


def test_a_wrong_event_is_shown_side_by_side() -> None:
    difference = altered("event").difference
    assert difference is not None
    assert (difference.what, difference.kueue, difference.ours) == (
        "events at t=0",
        "Admitted default/a1 b main 1 [('nvidia.com/gpu', 'f')]",
        "Admitted default/a1 a main 1 [('nvidia.com/gpu', 'f')]",
    )


def test_a_wrong_final_state_is_a_disagreement() -> None:
    difference = altered("state").difference
    assert difference is not None
    assert (difference.what, difference.kueue, difference.ours) == ("final state of default/a1", "pending", "finished")


def test_a_crash_is_a_disagreement_that_names_its_place() -> None:
    difference = altered("crash").difference
    assert difference is not None
    assert difference.what == "the simulator failed"
    assert difference.ours.startswith("KeyError: 'objects' (recordings.py:")


def test_reports_count_agreement_by_group() -> None:
    verdicts = [Verdict("fair", "fair-0", None), altered("state"), Verdict("fair", "fair-1", None)]
    assert text_report(verdicts).splitlines()[:4] == [
        "suite or family  agree / total  decisions  states",
        "fair                 2 / 2",
        "sample               0 / 1              1       0",
        "total                2 / 3              3       2",
    ]
    assert json.loads(json_report(verdicts))["groups"] == {
        "fair": {"agree": 2, "total": 2, "decisions": 2, "states": 2, "in_usual_order": 2},
        "sample": {"agree": 0, "total": 1, "decisions": 1, "states": 0, "in_usual_order": 0},
    }


def test_a_run_that_agrees_in_another_order_of_resources_is_told_as_one_of_several() -> None:
    words = Difference("why w waits", "cpu first", "memory first", kind="messages")
    verdicts = [Verdict("0.12/multi", "multi-10", words, order=8), Verdict("0.12/multi", "multi-11", None)]
    assert text_report(verdicts).splitlines() == [
        "suite or family  agree / total  decisions  states",
        *(
            f"{name:<15}      2 / 2      1 of them in another order of resources (V10)"
            for name in ("0.12/multi", "all of 0.12", "total")
        ),
        "",
        "0.12/multi multi-10: one of several possible runs, as in order 8; else why w waits",
        "  Kueue: cpu first",
        "  ours:  memory first",
    ]
    report = json.loads(json_report(verdicts))
    assert report["total"] == {"agree": 2, "total": 2, "decisions": 2, "states": 2, "in_usual_order": 1}
    assert report["differences"][0]["order"] == 8


def test_other_victims_are_shown_side_by_side() -> None:
    case = json.loads(next(line for _, line in LINES if '"E1"' in line))
    case["expect"]["preempted"] = {"/b1": "InClusterQueue"}
    difference = judge("sample", json.dumps(case)).difference
    assert difference is not None
    assert (difference.what, difference.kueue, difference.ours) == (
        "victims",
        "{'/b1': 'InClusterQueue'}",
        "{'/b2': 'InCohortReclamation'}",
    )
