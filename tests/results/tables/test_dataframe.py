"""Tables as DataFrames: what is a number in one run is a number in every run."""

import numpy as np
import pandas as pd
import pytest

from kueue_sim import run
from kueue_sim.result import Result
from tests.results.scenes import HOUR, introductory_lab, job, queue, scene

TABLES = ("workloads", "usage", "queues", "summary", "waits", "flavors", "by_resource", "shares", "fairness", "ledger")


def quiet() -> Result:
    """Nobody waits, is evicted, or borrows."""
    return run(scene([queue("team-a", 2)], [job("one", "team-a", 1, runtime_ms=HOUR)]))


@pytest.mark.parametrize("name", TABLES)
def test_figures_are_numbers_whether_a_run_has_them_or_not(name: str) -> None:
    """Of what never was, such as waits after evictions, None would make a column that has no mean."""
    for result in (quiet(), run(introductory_lab())):
        table = getattr(result, name)
        measured = [one for one in table.columns if one.endswith(("_s", "hours", "_number", "allocation", "jain"))]
        assert all(pd.api.types.is_numeric_dtype(table[one]) for one in measured)
    assert np.isnan(quiet().summary.again_mean_s[0])
