"""Perfetto and OpenMetrics: valid by a parser of their format, and true to the run."""

import json
import math
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from kueue_sim import run
from kueue_sim.report.exports.openmetrics import BUCKETS, openmetrics_parts, scrape_times
from kueue_sim.report.exports.perfetto import perfetto_parts
from kueue_sim.result import Result
from tests.results.scenes import HOUR, MINUTE, introductory_lab, job, queue, scene

PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
START = 1_767_225_600
"""2026-01-01T00:00:00Z."""


@pytest.fixture(scope="module")
def lab() -> Result:
    return run(introductory_lab())


def trace(result: Result) -> list[dict[str, Any]]:
    events = json.loads("".join(perfetto_parts(result)))["traceEvents"]
    assert isinstance(events, list)
    return events


def readable(exposition: str) -> list[str]:
    """The exposition as its parser can take it: histograms scrape by scrape, the rest in one piece.

    Of a histogram the parser keeps only one sample per later timestamp, and then misses the others.
    """
    lines = exposition.splitlines()
    waits = [line for line in lines if "kueue_admission_wait_time_seconds" in line]
    others = [line for line in lines if "kueue_admission_wait_time_seconds" not in line]
    by_stamp: dict[str, list[str]] = {}
    for line in waits[2:]:
        by_stamp.setdefault(line.rpartition(" ")[2], []).append(line)
    return [
        "\n".join(part) + "\n" for part in (others, *([*waits[:2], *found, "# EOF"] for found in by_stamp.values()))
    ]


def parsed(exposition: str) -> Iterator[Metric]:
    for text in readable(exposition):
        yield from text_string_to_metric_families(text)


def samples(result: Result) -> dict[str, list[tuple[dict[str, str], float, float]]]:
    """Every sample of the exposition by name: labels, value, seconds since the start of the run."""
    found: dict[str, list[tuple[dict[str, str], float, float]]] = {}
    for sample in (sample for family in parsed("".join(openmetrics_parts(result))) for sample in family.samples):
        when = float(sample.timestamp) - START  # type: ignore[arg-type]
        found.setdefault(sample.name, []).append((sample.labels, sample.value, when))
    return {name: sorted(rows, key=lambda row: row[2]) for name, rows in found.items()}


def at(rows: list[tuple[dict[str, str], float, float]], seconds: float, **labels: str) -> float:
    """The value a query would see at that time."""
    seen = [value for own, value, when in rows if when <= seconds and labels.items() <= own.items()]
    return seen[-1]


def test_every_trace_event_has_what_its_phase_needs(lab: Result) -> None:
    needs = {"M": {"name", "args"}, "X": {"ts", "dur", "tid", "name"}, "i": {"ts", "s", "name"}, "C": {"ts", "args"}}
    assert [event for event in trace(lab) if not needs[event["ph"]] <= event.keys() or "pid" not in event] == []


def test_admissions_are_slices_on_the_tracks_of_their_team(lab: Result) -> None:
    events = trace(lab)
    teams = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    slices = [(teams[e["pid"]], e["name"], e["ts"] / 6e7, e["dur"] / 6e7) for e in events if e["ph"] == "X"]
    assert slices == [
        ("team-a", "team-a/imagenet-1", 0, 30),
        ("team-a", "team-a/imagenet-1", 120, 90),
        ("team-b", "team-b/imagenet-2", 30, 90),
    ]


def test_slices_of_one_track_never_overlap() -> None:
    jobs = [
        job(f"job-{n}", "team-a", 1, at_ms=n * 7 * MINUTE, runtime_ms=(10 + n * 13 % 50) * MINUTE) for n in range(30)
    ]
    ends: dict[tuple[int, int], int] = {}
    for event in sorted((e for e in trace(run(scene([queue("team-a", 4)], jobs))) if e["ph"] == "X"), key=_start):
        track = (event["pid"], event["tid"])
        assert ends.get(track, 0) <= event["ts"]
        ends[track] = event["ts"] + event["dur"]


def _start(event: dict[str, Any]) -> int:
    start = event["ts"]
    assert isinstance(start, int)
    return start


def test_counters_follow_quota_and_queue(lab: Result) -> None:
    held = [
        (event["ts"] / 6e7, event["args"]["value"])
        for event in trace(lab)
        if event["name"] == "GPU held" and event["pid"] == 1
    ]
    assert held == [(0, 2), (30, 0), (120, 2), (210, 0)]


def test_metrics_carry_kueues_names(lab: Result) -> None:
    assert sorted(samples(lab)) == [
        "kueue_admission_wait_time_seconds_bucket",
        "kueue_admission_wait_time_seconds_count",
        "kueue_admission_wait_time_seconds_sum",
        "kueue_admitted_active_workloads",
        "kueue_admitted_workloads_total",
        "kueue_cluster_queue_nominal_quota",
        "kueue_cluster_queue_resource_reservation",
        "kueue_cluster_queue_resource_usage",
        "kueue_cluster_queue_weighted_share",
        "kueue_evicted_workloads_total",
        "kueue_pending_workloads",
        "kueue_preempted_workloads_total",
        "kueue_quota_reserved_workloads_total",
        "kueue_reserving_active_workloads",
    ]


def test_metrics_read_as_a_scrape_at_that_instant_would(lab: Result) -> None:
    found = samples(lab)
    assert [
        (
            at(found["kueue_cluster_queue_resource_usage"], 60 * minutes, cluster_queue="team-a"),
            at(found["kueue_pending_workloads"], 60 * minutes, cluster_queue="team-a"),
            at(found["kueue_cluster_queue_weighted_share"], 60 * minutes, cluster_queue="team-a"),
            at(found["kueue_admitted_workloads_total"], 60 * minutes, cluster_queue="team-a"),
            at(found["kueue_evicted_workloads_total"], 60 * minutes, cluster_queue="team-a", reason="Preempted"),
            at(found["kueue_preempted_workloads_total"], 60 * minutes, preempting_cluster_queue="team-b"),
        )
        for minutes in (29, 30, 119, 120, 240)
    ] == [
        (2, 0, 1000 / 3, 1, 0, 0),
        (0, 1, 0, 1, 1, 1),
        (0, 1, 0, 1, 1, 1),
        (2, 0, 1000 / 3, 2, 1, 1),
        (0, 0, 0, 2, 1, 1),
    ]


def test_the_histogram_of_waits_counts_every_admission(lab: Result) -> None:
    found = samples(lab)
    name, end = "kueue_admission_wait_time_seconds", lab.run.end_ms / 1000
    buckets = found[f"{name}_bucket"]
    assert (
        [at(buckets, end, cluster_queue="team-a", le=bound) for bound in ("1.0", "2560.0", "10240.0", "+Inf")],
        at(found[f"{name}_count"], end, cluster_queue="team-a"),
        at(found[f"{name}_sum"], end, cluster_queue="team-a"),
    ) == ([1, 1, 2, 2], 2, 5400)
    assert BUCKETS[-1] == 10240 and len(BUCKETS) == 14


@pytest.fixture(scope="module", params=["lab", "busy"])
def exposition(request: pytest.FixtureRequest, lab: Result) -> str:
    """The lab, and a run of two weeks with preemptions and as many scrapes as there may be."""
    if request.param == "lab":
        return "".join(openmetrics_parts(lab))
    work = [
        job(
            f"job-{n}",
            f"team-{'ab'[n % 3 == 0]}",
            1 + n % 2,
            at_ms=n * 17 * MINUTE,
            runtime_ms=(20 + n % 7 * 30) * MINUTE,
        )
        for n in range(300)
    ]
    return "".join(openmetrics_parts(run(scene([queue("team-a", 1), queue("team-b", 2)], work))))


def test_the_exposition_is_valid_openmetrics(exposition: str) -> None:
    kinds = {family.name: family.type for family in parsed(exposition)}
    assert (len(kinds), set(kinds.values())) == (12, {"gauge", "counter", "histogram"})
    assert all(family.documentation and family.samples for family in parsed(exposition))


def test_the_exposition_can_be_made_into_blocks_of_a_database(exposition: str) -> None:
    """What ``promtool tsdb create-blocks-from openmetrics`` asks for: every sample with its time, those of a series in
    rising order and none twice, families in one piece, and the end marked."""
    assert exposition.endswith("\n# EOF\n") and exposition.count("# EOF") == 1
    last: dict[str, float] = {}
    family, seen = "", set()
    for line in exposition.removesuffix("# EOF\n").splitlines():
        if line.startswith("# TYPE "):
            family = line.split(" ")[2]
            assert family not in seen
            seen.add(family)
        elif not line.startswith("# HELP "):
            series, value, stamp = line.rsplit(" ", 2)
            assert series.startswith(f"{family}{{") or series.startswith(f"{family}_")
            assert last.get(series, 0) < float(stamp) == int(stamp)
            assert value == "NaN" or math.isfinite(float(value))
            last[series] = float(stamp)


@pytest.mark.skipif(PROMTOOL is None, reason="promtool (it comes with Prometheus) is not installed here")
def test_promtool_makes_blocks_of_every_sample(exposition: str, tmp_path: Path) -> None:
    source = tmp_path / "metrics.openmetrics"
    source.write_text(exposition, encoding="utf-8")
    create = [str(PROMTOOL), "tsdb", "create-blocks-from", "openmetrics", str(source), str(tmp_path / "data")]
    subprocess.run(create, check=True, capture_output=True)
    listed = subprocess.run(
        [str(PROMTOOL), "tsdb", "list", str(tmp_path / "data")], check=True, capture_output=True, text=True
    )
    samples = sum(int(line.split()[4]) for line in listed.stdout.splitlines()[1:])
    assert samples == sum(not line.startswith("#") for line in exposition.splitlines())


def test_counters_and_buckets_never_fall(exposition: str) -> None:
    values: dict[str, float] = {}
    buckets: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for line in exposition.splitlines():
        if "_total{" in line or "_bucket{" in line or "_count{" in line:
            series, value, stamp = line.rsplit(" ", 2)
            assert values.get(series, 0) <= float(value)
            values[series] = float(value)
            if "_bucket{" in line:
                labels, _, bound = series.partition(',le="')
                buckets.setdefault((labels, stamp), []).append((float(bound.removesuffix('"}')), float(value)))
    assert buckets
    for found in buckets.values():
        assert found == sorted(found) and [count for _, count in found] == sorted(count for _, count in found)
        assert [bound for bound, _ in found] == [*BUCKETS, math.inf]


def test_long_runs_are_scraped_less_often() -> None:
    month = scrape_times(30 * 24 * HOUR)
    assert (len(month) <= 1000, int(month[1]) % MINUTE, len(scrape_times(0))) == (True, 0, 1)


def test_names_with_quotes_and_backslashes_survive() -> None:
    odd = 'team "x" \\ y'
    found = samples(run(scene([queue(odd, 1)], [job("one", odd, 1, runtime_ms=HOUR)])))
    assert {own["cluster_queue"] for own, _, _ in found["kueue_pending_workloads"]} == {odd}


def test_an_infinite_share_is_not_a_number() -> None:
    from dataclasses import replace

    queues = [replace(queue("team-a", 0), fair_weight=0.0), queue("team-b", 2)]
    found = samples(run(scene(queues, [job("one", "team-a", 1, runtime_ms=HOUR)])))
    assert math.isnan(at(found["kueue_cluster_queue_weighted_share"], 0, cluster_queue="team-a"))
