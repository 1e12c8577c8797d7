"""What a comparison does not say: better of what is an average of something else, take of what helps nobody."""

from kueue_sim.whatif.facade import compare
from kueue_sim.whatif.rendering.comparison_text import comparison_content

LENDS_MORE = {"lends more": ["clusterQueues.team-a.nvidia.com/gpu.lendingLimit=8"]}


def test_another_value_of_a_priority_class_is_policy_and_brings_the_same_arrivals() -> None:
    found = compare("scenarios/priority-preemption.yaml", {"low": ["priorityClasses.urgent.value=5"]})
    waits = {row.team: row.found.mean for row in found.rows if row.path.of == "delay.mean"}
    assert waits == {"total": 5 * 3612 / 10, "team-a": 5 * 3612 / 9, "team-b": 0.0}
    assert found.notes == (
        "Nothing here is random, so the differences are exact for this work; they say nothing about other work.",
    )


def test_other_work_is_told_as_other_arrivals() -> None:
    found = compare("scenarios/priority-preemption.yaml", {"later": ["workloads[1].submit=90m"]})
    assert "Other arrivals than base: later. Their differences are not due to policy alone." in found.notes


def test_a_teams_average_over_a_shorter_run_is_not_called_better_and_the_report_says_why() -> None:
    """Team A runs one job of six GPUs for an hour on either side: of 8 GPUs over 4 hours, and over 3."""
    found = compare("scenarios/lending-limits.yaml", LENDS_MORE, metrics=["utilisation", "total.pending.mean"])
    told = {row.path.text: (row.found.base, row.found.value, row.verdict) for row in found.rows}
    assert told == {
        "utilisation": (36 / 64, 36 / 48, "better"),
        "team-a.utilisation": (6 / 32, 6 / 24, "more"),
        "team-b.utilisation": (30 / 32, 30 / 24, "more"),
        "total.pending.mean": ((119 - 1) / 60 / 4, 1.5 / 3, "worse"),
    }
    note = (
        "Runs end with their work, at different times (base 4h, lends more 3h). Averages over time (pending.mean, "
        "utilisation) are over as long as each lasts, so of a team's neither is called better. --until sets the same "
        "end for all."
    )
    assert note in comparison_content(found)["notes"]  # type: ignore[operator]
    assert "at different times (base 4h, lends more 3h)" in str(found)


def test_with_the_same_end_a_teams_average_has_its_verdict() -> None:
    found = compare(
        "scenarios/two-busy-teams.yaml", {"borrow": ["team-b -> team-a 0"]}, seeds=2, metrics=["utilisation"]
    )
    assert (found.of_other_length, "at different times" in str(found)) == ((), False)


def test_what_hardly_changes_the_whole_and_harms_teams_is_not_recommended() -> None:
    heavier = {"bronze heavier": ["clusterQueues.team-bronze.fairSharing.weight=6"]}
    found = compare("scenarios/fair-sharing-weights.yaml", heavier, metrics=["delay.mean"])
    assert found.recommendation == (
        "No recommendation: bronze heavier hardly changes delay.mean over everybody (-33s (exact), 0.2%) and moves it "
        "from some teams to others. It is better for 1 of 3 teams and worse for team-gold by +29m 4s (exact), "
        "team-silver by +44m 38s (exact)."
    )
