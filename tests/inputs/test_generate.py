"""Generators: distributions, rhythms, users, sizes; and which jobs two generators share."""

from itertools import islice, pairwise
from math import isclose
from pathlib import Path
from statistics import fmean, stdev

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs.scenario import scenario_from_text
from kueue_sim.model import Workload

HOUR = 3_600_000
HEAD = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 56d
start: 2026-01-05T00:00:00Z
policy:
  objects:
    - {kind: ResourceFlavor, metadata: {name: gpu}}
    - kind: ClusterQueue
      metadata: {name: a}
      spec:
        namespaceSelector: {}
        resourceGroups:
          - coveredResources: [nvidia.com/gpu]
            flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 16}]}]
    - {kind: LocalQueue, metadata: {name: a, namespace: default}, spec: {clusterQueue: a}}
    - {kind: LocalQueue, metadata: {name: a, namespace: other}, spec: {clusterQueue: a}}
workloads:
"""


def jobs(
    arrivals: str = "{every: 10m}", runtime: str = "1h", pods: str = "1", queue: str = "a", folder: Path = Path()
) -> list[Workload]:
    entry = f"{{name: w, queue: {queue}, requests: {{nvidia.com/gpu: 1}}, arrivals: {arrivals}, runtime: {runtime}, "
    text = f"{HEAD}  - generate: {entry}pods: {pods}}}\n"
    return list(scenario_from_text(text, folder=folder).workloads)


def hours(found: list[Workload]) -> list[float]:
    return [(item.runtime_ms or 0) / HOUR for item in found]


@pytest.mark.parametrize(
    ("runtime", "mean", "deviation"),
    [
        ("{distribution: weibull, shape: 0.7, mean: 1h}", 1.0, 1.462),
        ("{distribution: weibull, shape: 1, scale: 2h}", 2.0, 2.0),
        ("{distribution: gamma, shape: 0.5, mean: 1h}", 1.0, 1.414),
        ("{distribution: gamma, shape: 4, scale: 15m}", 1.0, 0.5),
        ("{distribution: pareto, shape: 5, low: 48m}", 1.0, 0.258),
        ("{distribution: hyperexponential, means: [10m, 5h], weights: [9, 1]}", 0.65, 2.152),
        ("{values: [1h, 3h], weights: [3, 1]}", 1.5, 0.866),
    ],
)
def test_distributions_have_their_mean_and_deviation(runtime: str, mean: float, deviation: float) -> None:
    found = hours(jobs(runtime=runtime))
    error = 5 * deviation / len(found) ** 0.5
    assert abs(fmean(found) - mean) < error
    assert isclose(stdev(found), deviation, rel_tol=0.2)


def test_an_empirical_distribution_draws_the_values_of_a_column(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("id,took\n1,60\n2,60\n3,2h\n4,\n")
    found = hours(jobs(runtime="{distribution: empirical, file: old.csv, column: took}", folder=tmp_path))
    assert set(found) == {1 / 60, 2.0}
    assert isclose(found.count(2.0) / len(found), 1 / 3, abs_tol=0.03)


@pytest.mark.parametrize(
    "text",
    [
        "id;took\r\na;60,0\r\nb;60,0\r\nc;7.200,0\r\n",
        "id|took\na|00:01:00\nb|PT1M\nc|02:00:00\n",
        '{"id": 1, "took": 60}\n{"id": 2, "took": 60.0}\n{"id": 3, "took": "2h"}\n',
    ],
)
def test_the_column_may_be_that_of_any_table(tmp_path: Path, text: str) -> None:
    """Of a spreadsheet, of sacct, or of records."""
    (tmp_path / "old.csv").write_text(text, encoding="utf-8-sig" if "|" not in text else "utf-8")
    found = hours(jobs(runtime="{distribution: empirical, file: old.csv, column: took}", folder=tmp_path))
    assert set(found) == {1 / 60, 2.0}


@pytest.mark.parametrize(
    ("what", "rows", "told"),
    [
        (
            "runtime",
            ("-60", "60", "soon", ""),
            [
                "old.csv:2:3: -60 is negative; durations start at 0s",
                "old.csv:4:3: 'soon' is not a duration (examples: 30m, 1h30m, 250ms, 2d)",
            ],
        ),
        (
            "pods",
            ("2", "5m", "00:01:00"),
            ["old.csv:3:3: '5m' is not a whole number", "old.csv:4:3: '00:01:00' is not a whole number"],
        ),
    ],
    ids=["durations start at 0", "a length of time is no number of pods"],
)
def test_wrong_values_of_a_column_are_told_as_they_stand_there(
    what: str, rows: tuple[str, ...], told: list[str], tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_text("id,it\n" + "".join(f"{number},{row}\n" for number, row in enumerate(rows, 1)))
    column = "{distribution: empirical, file: old.csv, column: it}"
    with pytest.raises(InputError) as caught:
        jobs(runtime=column, folder=tmp_path) if what == "runtime" else jobs(pods=column, folder=tmp_path)
    assert [str(one).replace(f"{tmp_path}/", "") for one in caught.value.mistakes] == told


@pytest.mark.parametrize(("column", "told"), [("3", "3 is not text, put it in quotes"), ("''", "column is missing")])
def test_a_column_without_a_name_is_one_mistake(column: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("took\n1h\n")
    with pytest.raises(InputError) as caught:
        jobs(runtime=f"{{distribution: empirical, file: old.csv, column: {column}}}", folder=tmp_path)
    assert [one.message.rpartition(": ")[2] for one in caught.value.mistakes] == [told]


def test_run_times_may_depend_on_the_size() -> None:
    found = jobs(runtime="{by: pods, of: [{upTo: 1, value: 10m}, {upTo: 4, value: 1h}, {value: 9h}]}",
                 pods="{values: [1, 2, 4, 8]}")  # fmt: skip
    assert {(item.pod_sets[0].count, item.runtime_ms) for item in found} == {
        (1, HOUR // 6), (2, HOUR), (4, HOUR), (8, 9 * HOUR),
    }  # fmt: skip


def test_a_rhythm_keeps_the_mean_rate_and_the_weights_of_hours_and_days() -> None:
    weights = [0] * 6 + [1] * 6 + [2] * 6 + [1] * 4 + [0] * 2
    found = jobs(f"{{every: 10m, rhythm: {{hours: {weights}, weekdays: {{sat: 0.5, sun: 0}}}}}}")
    hour = [item.created_ms // HOUR % 24 for item in found]
    day = [item.created_ms // (24 * HOUR) % 7 for item in found]
    assert isclose(len(found), 56 * 144, rel_tol=0.05)
    assert (min(hour), max(hour), max(day)) == (6, 21, 5)
    assert isclose(hour.count(14) / hour.count(8), 2.0, rel_tol=0.15)
    assert isclose(day.count(5) / day.count(0), 0.5, rel_tol=0.15)


def test_a_regular_process_follows_the_rhythm_too() -> None:
    found = jobs("{every: 10m, process: fixed, rhythm: {weekdays: [1, 1, 1, 1, 1, 0, 0]}}")
    gaps = [after.created_ms - before.created_ms for before, after in pairwise(found)]
    assert min(gaps) == pytest.approx(600_000 * 5 / 7, abs=1)
    assert max(gaps) == pytest.approx(48 * HOUR + 600_000 * 5 / 7, abs=1)


def test_users_submit_in_bursts_and_run_differently() -> None:
    burst = jobs("{every: 5h, sessions: {jobs: 4, gap: 1m, users: 3, spread: 1}}", runtime="1h")
    gaps = [after.created_ms - before.created_ms for before, after in pairwise(burst)]
    assert gaps.count(60_000) > 0.7 * len(burst)
    assert len({item.runtime_ms for item in burst}) == 3


def test_generators_of_one_name_in_two_namespaces_have_different_jobs() -> None:
    one, other = jobs(queue="a"), jobs(queue="other/a")
    assert [item.created_ms for item in one[:20]] != [item.created_ms for item in other[:20]]


def test_another_rate_keeps_the_pattern_and_the_run_times() -> None:
    slow, fast = jobs("{every: 20m}", "{distribution: exponential, mean: 1h}"), jobs(
        "{every: 10m}", "{distribution: exponential, mean: 1h}")  # fmt: skip
    assert [item.runtime_ms for item in slow] == [item.runtime_ms for item in fast[: len(slow)]]
    assert all(abs(a.created_ms - 2 * b.created_ms) <= 1 for a, b in zip(slow, fast, strict=False))


@pytest.mark.parametrize(
    ("arrivals", "runtime", "want"),
    [
        ("{every: 1ms}", "1h", "4,838,400,000 arrivals; at most 1,000,000 are accepted"),
        ("{every: 10m, sessions: {users: 4, jobs: 1000000, gap: 1m}}", "1h", "1000000 is too large; at most 100000"),
        ("{every: 10m, sessions: {users: 10000000}}", "1h", "10000000 is too large; at most 1000000 is accepted"),
        ("{every: 10m}", "{distribution: pareto, shape: 0.001, low: 1s}", "0.001 is too small; at least 0.1"),
        ("{every: 10m}", "{distribution: weibull, shape: 0.001, mean: 1s}", "0.001 is too small; at least 0.1"),
        ("{every: 10m, rhythm: {hours: [1, 2]}}", "1h", "2 weights; 24 of at least 0 are accepted"),
        ("{every: 10m}", "{distribution: weibull, shape: 1}", "weibull needs scale or mean, one of them"),
        ("{every: 10m}", "{distribution: gamma, shape: 0, mean: 1h}", "0 is too small; at least 0.1 is accepted"),
        ("{every: 10m}", "{by: pods, of: [{value: 1h}, {value: 2h}]}", "sizes go up from one entry to the next"),
        ("{every: 10m}", "{distribution: empirical, file: no.csv, column: x}", "there is no file 'no.csv'"),
        ("{every: 10m}", "{distribution: choice, values: []}", "choice needs values"),
        ("{every: 10m}", "{distribution: hyperexponential, means: []}", "hyperexponential needs means"),
    ],
)
def test_what_no_generator_can_do_is_refused(arrivals: str, runtime: str, want: str) -> None:
    with pytest.raises(InputError) as caught:
        jobs(arrivals, runtime)
    assert [want in str(mistake) for mistake in caught.value.mistakes] == [True]


def test_the_widest_distributions_stay_within_the_range_of_whole_numbers() -> None:
    found = jobs(
        "{every: 8h}",
        "{distribution: pareto, shape: 0.1, low: 365d}",
        "{distribution: lognormal, sigma: 20, median: 9}",
    )
    assert max(item.runtime_ms or 0 for item in found) == 2**53
    assert max(item.pod_sets[0].count for item in found) <= 2**53


IN_SESSIONS = "users: 3, spread: 0.5, jobs: {values: [1, 4, 9]}, gap: {distribution: exponential, mean: 2h}"
SESSIONS = f"{{every: 3h, sessions: {{{IN_SESSIONS}}}}}"


def test_sessions_that_overlap_are_submitted_in_order() -> None:
    instants = [item.created_ms for item in jobs(SESSIONS)]
    assert len(instants) > 1000
    assert instants == sorted(instants)


@pytest.mark.parametrize("arrivals", ["{every: 20m, rhythm: workdays}", SESSIONS, "{every: 1h, process: fixed}"])
def test_a_generator_that_is_too_long_to_be_kept_brings_the_same_jobs(
    arrivals: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, pods = "{distribution: lognormal, median: 1h, sigma: 1}", "{values: [1, 2, 8]}"
    kept = jobs(arrivals, runtime, pods)
    monkeypatch.setattr("kueue_sim.inputs.sections.workloads.MOST_KEPT", 100)
    assert jobs(arrivals, runtime, pods) == kept


MINUTELY = "{name: w, queue: a, requests: {nvidia.com/gpu: 1}, arrivals: {every: 1m}, runtime: 1h}"


def test_two_years_of_arrivals_every_minute_are_loaded_without_drawing_them_all() -> None:
    text = f"{HEAD}  - generate: {MINUTELY}\n".replace("56d", "690d")
    found = scenario_from_text(text).workloads
    first, again = list(islice(found, 3)), list(islice(found, 3))
    assert (type(found).__name__, first) == ("Generator", again)


def test_what_is_submitted_at_one_instant_is_kept_and_has_an_end() -> None:
    head = HEAD.replace("56d", "365d").replace("workloads:", "timeline:")
    with pytest.raises(InputError) as caught:
        scenario_from_text(f"{head}  - {{at: 1h, do: submit, workloads: [{{generate: {MINUTELY}}}]}}\n")
    assert ["more than 100,000 jobs at one instant" in str(mistake) for mistake in caught.value.mistakes] == [True]
