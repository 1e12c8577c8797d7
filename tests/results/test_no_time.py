"""A run that takes no time has quota all the same, and shares of nothing."""

import pytest

from kueue_sim import run
from kueue_sim.report.text.terminal import text_report
from tests.results.scenes import job, queue, scene


@pytest.mark.parametrize("number", [0, 2])
def test_quota_is_what_it_is_at_the_only_instant(number: int) -> None:
    result = run(scene([queue("team-a", 4)], [job(f"job-{n}", "team-a", 1, runtime_ms=0) for n in range(number)]))
    assert result.run.end_ms == 0
    assert [(team.nominal, team.allocation, team.utilisation) for team in (*result.teams, result.total)] == [
        (4.0, None, None)
    ] * 2
    assert list(result.flavors.nominal) == [4.0]
    assert result.flavors.allocation.isna().all()


def test_without_work_the_report_says_that_there_is_none() -> None:
    lines = text_report(run(scene([queue("team-a", 4)], []))).splitlines()
    assert lines[lines.index("What happened") + 1] == "  nothing: the scenario has no work"
