"""Where work goes round, and where far more is evicted, comparisons and sweeps say so, whatever the verdicts."""

import json
from pathlib import Path

import pytest

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Scenario
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.replication import Cell, carry_out
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.facade import advise, compare, sweep
from kueue_sim.whatif.rendering.advice_page import advice_page
from kueue_sim.whatif.rendering.comparison_page import comparison_page
from kueue_sim.whatif.rendering.comparison_text import comparison_content
from kueue_sim.whatif.rendering.sweep_page import sweep_page
from tests.engine.loops import GPU, five_jobs_of_three_teams
from tests.whatif.worlds import borrowing, busy

LIMIT = f"clusterQueues.b.{GPU}.borrowingLimit"
FOUND = (
    "work goes round from 5h 35m to 7h 57m: default/j5 preempts default/j2 433 times, default/j1 preempts default/j5 "
    "432 times (a, b); 432 rounds, 865 preemptions"
)
HERE = {"executor": "local", "workers": 1}


def day(seed: int, b_borrows: bool) -> Scenario:
    """Jobs evict each other 433 times where queue b may borrow, and nobody is evicted where it may not."""
    document = {**five_jobs_of_three_teams(), "horizon": "11h", "timing": "ideal", "seed": seed}
    document["workloads"][0]["runtime"] = f"{209 + seed}m"
    found = scenario_from_dict(document)
    return found if b_borrows else scenario_from_dict(document, [(LIMIT, 0)])


def never(seed: int) -> Scenario:
    return day(seed, b_borrows=False)


def always(seed: int) -> Scenario:
    return day(seed, b_borrows=True)


def every_other_time(seed: int) -> Scenario:
    return day(seed, b_borrows=seed % 2 == 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "loop.yaml"
    found.write_text(json.dumps({**five_jobs_of_three_teams(), "horizon": "11h", "timing": "ideal"}))
    return found


def test_each_side_is_told_who_preempts_whom_since_when_and_how_often(path: Path) -> None:
    found = compare(path, {"own": [f"{LIMIT}=0"]}, metrics=["total.delay.mean"], **HERE)
    told = ["own: far fewer preemptions, 0 against 867 of base", f"base: {FOUND}", "own: nothing goes round"]
    text, page = (" ".join(one.split()) for one in (str(found), comparison_page(found)))
    assert f"Preemptions whatever the verdicts say {' '.join(told)} delay.mean" in text
    assert [f"<li>{line}</li>" in page for line in told] == [True] * 3
    content = comparison_content(found)
    assert content["swings"] == [
        {"variant": "own", "metric": "preemptions", "base": 867.0, "value": 0.0, "runs": 1, "alike": 1}
    ]
    assert [(side, len(loops)) for side, loops in content["loops"].items()] == [("base", 1), ("own", 0)]  # type: ignore[attr-defined]


def test_what_few_seeds_leave_unclear_is_told_and_in_how_many_runs_it_is() -> None:
    found = compare(never, {"lends": every_other_time}, metrics=["preemptions"], seeds=4, **HERE)
    assert {row.verdict for row in found.rows if row.team == "total"} == {"unclear"}
    text = " ".join(str(found).split())
    told = (
        "lends: far more preemptions, 433.5 against 0 of base on average, more in 2 of 4 runs base: nothing goes round "
        f"lends: work goes round in 2 of 4 runs, 1,730 preemptions in loops lends, most under seed 1: {FOUND}"
    )
    assert told in text


def test_a_recommended_variant_under_which_work_goes_round_comes_with_a_warning() -> None:
    warning = "Beware: work goes round under it, 865 preemptions a run in loops against 0 under base."
    found = compare(never, {"lends": always}, metrics=["delay.mean"], seeds=6, **HERE)
    assert found.recommendation.startswith("Take lends: ") and warning in found.recommendation
    back = compare(always, {"own": never}, metrics=["preemptions"], seeds=6, **HERE)
    assert back.recommendation.startswith("Take own: ") and "Beware" not in back.recommendation


def test_where_nothing_goes_round_and_little_changes_nothing_is_said() -> None:
    found = compare(busy, {"borrow": borrowing}, seeds=3, metrics=["delay.mean"], **HERE)
    content = comparison_content(found)
    assert (content["swings"], content["loops"]) == ([], {"base": [], "borrow": []})
    assert "whatever the verdicts say" not in str(found) + comparison_page(found)


def test_a_sweep_tells_the_points_where_work_goes_round_and_counts_it_at_all(path: Path) -> None:
    found = sweep(path, {LIMIT: [0, 4]}, metrics=["total.delay.mean"], **HERE)
    assert found.columns()["in_loops"] == [0, 865]
    (line,) = found.rounds
    assert line.endswith(f": {FOUND}")
    assert line in " ".join(str(found).split()) and line in sweep_page(found)


def test_advice_says_whether_work_goes_round_under_it(path: Path) -> None:
    """Whoever waits without end starts when queue b may borrow, and then jobs evict each other."""
    kept = advise(path, ["never_admitted <= 0"], {LIMIT: [0, 4]}, **HERE)
    document = json.loads(path.read_text())
    document["policy"]["objects"][2]["spec"]["resourceGroups"][0]["flavors"][0]["resources"][0]["borrowingLimit"] = 0
    path.write_text(json.dumps(document))
    lends = advise(path, ["never_admitted <= 0"], {LIMIT: [0, 4]}, **HERE)
    for found, told in ((kept, f"as it is: {FOUND}"), (lends, f"this change: {FOUND}")):
        assert found.value()["rounds"] == [told]
        assert all(told in " ".join(one.split()) for one in (str(found), advice_page(found)))


def test_loops_are_kept_with_the_outcomes_of_finished_runs(path: Path, tmp_path: Path) -> None:
    cell, kept = Cell(FromFile(str(path)), "loop", 0, ()), Kept(tmp_path)
    outcome = carry_out(cell)
    kept.put(cell, outcome)
    assert len(outcome.loops) == 1 and kept.get(cell) == outcome
