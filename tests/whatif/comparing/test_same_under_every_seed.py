"""Work that is the same under every seed: intervals over seeds say nothing of it, and every report says so."""

from pathlib import Path

import pytest

from kueue_sim.whatif.comparing.design import what_seeds_leave_out
from kueue_sim.whatif.costing.savings import savings
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.facade import advise, compare, sweep
from tests.scenario_text import scenario_text

QUOTA = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"
RANDOM = """\
- generate:
    name: drawn
    team: team-a
    count: {count}
    arrivals: {{every: 2h}}
    requests: {{nvidia.com/gpu: 1}}
    runtime: {{distribution: exponential, mean: 10m}}
"""
RECORDED = "- trace: {file: jobs.csv, columns: {name: job, team: team, submit: at, gpus: gpus, runtime: runs}}\n"
NOTE = (
    "120 of 125 workloads are the same under every seed. Intervals and shares over seeds know only the chance of the "
    "other 5: they hold for this work, and say nothing of other work like it."
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """120 recorded jobs, and five that the seed draws."""
    rows = "".join(f"j{number},team-a,{number * 300},1,{300 + 7 * number}\n" for number in range(120))
    (tmp_path / "jobs.csv").write_text("job,team,at,gpus,runs\n" + rows)
    path = tmp_path / "scenario.yaml"
    path.write_text(scenario_text({"team-a": 2}, f"horizon: 12h\nworkloads:\n{RECORDED}{RANDOM.format(count=5)}"))
    return path


def test_a_comparison_says_how_much_of_the_work_its_seeds_do_not_draw(file: Path) -> None:
    found = compare(file, {"more": [f"{QUOTA}=3"]}, seeds=2, metrics=["delay.mean"])
    assert found.replicates == "seeds"
    assert found.notes[0] == NOTE


def test_so_do_a_sweep_advice_and_savings(file: Path) -> None:
    assert NOTE in sweep(file, {QUOTA: [2, 3]}, seeds=2, metrics=["total.delay.mean"]).notes
    assert NOTE in advise(file, ["delay.mean <= 10h"], {QUOTA: [2, 3]}, seeds=2, fresh_seeds=2).notes
    assert NOTE in savings(FromFile(str(file)), Runs(seeds=2)).warnings


def test_of_one_run_of_a_sweep_nothing_is_said(file: Path) -> None:
    assert sweep(file, {QUOTA: [2, 3]}, metrics=["total.delay.mean"]).notes == ()


def test_where_seeds_draw_most_of_the_work_nothing_is_said(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    by_hand = "- {name: by-hand, team: team-a, requests: {nvidia.com/gpu: 1}, runtime: 1h}\n"
    file.write_text(scenario_text({"team-a": 2}, f"horizon: 12h\nworkloads:\n{by_hand}{RANDOM.format(count=5)}"))
    found = compare(file, {"more": [f"{QUOTA}=3"]}, seeds=2, metrics=["delay.mean"])
    assert not any("same under every seed" in note for note in found.notes)


def test_where_seeds_draw_nodes_alone_that_is_what_intervals_know(file: Path) -> None:
    file.write_text(file.read_text().replace(RANDOM.format(count=5), ""))
    origin = FromFile(str(file))
    (found,) = what_seeds_leave_out(origin, origin.scenario())
    assert found.startswith("120 of 120 workloads are the same under every seed. Intervals and shares over seeds know ")
    assert "know only which of equally good nodes pods get: they hold for this work" in found
