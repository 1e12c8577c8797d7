"""Names beside figures: whole where they have room, and told apart where they have not."""

from kueue_sim.whatif.rendering.comparison_plots import labels

TEAMS = [f"research-and-development-team-{number:02d}-natural-language-processing" for number in range(40)]


def test_short_names_stay_as_they_are() -> None:
    assert labels(["total", "team-a", "team-b"], 4.0) == ["total", "team-a", "team-b"]


def test_long_names_that_share_their_ends_are_told_apart_by_what_they_do_not_share() -> None:
    narrow = labels(["total", *TEAMS], 4.0)
    assert (narrow[0], narrow[1], narrow[40]) == ("total", "…-team-00-natur…", "…-team-39-natur…")
    assert (len(set(narrow)), max(map(len, narrow))) == (41, 16)


def test_one_long_name_keeps_its_beginning() -> None:
    assert labels(["team-a", "a-team-with-a-name-that-nobody-can-remember"], 4.0) == ["team-a", "a-team-with-a-…"]
