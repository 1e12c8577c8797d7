"""Why intervals from resamples are symmetric."""

from benchmarks.promises.coverage import bootstraps


def test_symmetric_intervals_hold_the_mean_of_few_skewed_weeks_more_often_than_percentiles_and_bca() -> None:
    found = {name: sum(hits) for name, hits in bootstraps(200, 18).items()}
    for law in ("normal", "exponential", "lognormal"):
        assert found[f"{law}, symmetric"] > max(found[f"{law}, percentile"], found[f"{law}, BCa"])
    assert found["normal, symmetric"] >= 180
