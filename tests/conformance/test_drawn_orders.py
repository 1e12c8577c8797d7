"""What differs from recordings of old releases agrees in every word with resources in another order (V10)."""

import pytest

from tests.conformance.difference import Difference
from tests.conformance.drawn_orders import VERSIONS, drawn, recording
from tests.conformance.releases_page import differences
from tests.conformance.runs import compare_run


@pytest.mark.thorough
@pytest.mark.skipif(
    not VERSIONS.exists(), reason="the conformance data (../shared/conformance) does not lie beside this checkout"
)
def test_every_recording_below_the_total_agrees_with_the_order_that_is_listed() -> None:
    found: dict[str, Difference | None] = {}
    for row in differences():
        with drawn(int(row["order"])):
            group = f"{row['release']}/{row['family']}"
            found[f"{group} {row['id']}"] = compare_run(recording(group, row["id"]))
    assert len(found) == len(differences())
    assert {name: one for name, one in found.items() if one is not None} == {}
