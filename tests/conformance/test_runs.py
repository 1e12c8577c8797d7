"""Every recorded run of real Kueue, family by family; without the shared data these are skipped."""

import gzip
import json
from pathlib import Path

import pytest

from tests.conformance.runs import compare_run

RUNS = Path(__file__).parents[3] / "shared" / "conformance" / "runs"
FAMILIES = sorted(path.name.removesuffix(".jsonl.gz") for path in RUNS.glob("*.jsonl.gz"))


@pytest.mark.skipif(
    not FAMILIES, reason="the conformance data (../shared/conformance) does not lie beside this checkout"
)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_run_of_a_family_decides_as_kueue_did(family: str) -> None:
    with gzip.open(RUNS / f"{family}.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in lines]
    assert {case["scenario"]["name"]: compare_run(case) for case in cases} == {
        case["scenario"]["name"]: None for case in cases
    }
