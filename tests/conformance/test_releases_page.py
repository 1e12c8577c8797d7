"""The page of releases says what the simulator decides by."""

from tests.conformance.releases_page import PAGE, counts, page


def test_the_page_is_made_from_the_tables_of_today() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python tests/conformance/releases_page.py"


def test_no_recording_of_a_release_is_counted_twice() -> None:
    rows = [(row["release"], row["family"]) for row in counts()]
    assert len(rows) == len(set(rows))
    assert all(
        int(row["agree"]) <= int(row["states"]) <= int(row["decisions"]) <= int(row["total"]) for row in counts()
    )
