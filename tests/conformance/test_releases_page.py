"""The page of releases says what the simulator decides by."""

from collections import Counter

from tests.conformance.releases_page import PAGE, counts, differences, page


def test_the_page_is_made_from_the_tables_of_today() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python tests/conformance/releases_page.py"


def test_no_recording_of_a_release_is_counted_twice() -> None:
    rows = [(row["release"], row["family"]) for row in counts()]
    assert len(rows) == len(set(rows))
    assert all(
        int(row["agree"]) <= int(row["states"]) <= int(row["decisions"]) <= int(row["total"]) for row in counts()
    )
    assert all(int(row["agree"]) <= int(row["possible"]) <= int(row["total"]) for row in counts())


def test_everything_below_the_total_is_listed_with_what_was_found_out() -> None:
    below = {
        (row["release"], row["family"]): int(row["total"]) - int(row["agree"])
        for row in counts()
        if row["agree"] != row["total"]
    }
    assert Counter((row["release"], row["family"]) for row in differences()) == below
    assert [row for row in differences() if row["found"] in ("", "not looked into yet")] == []
