"""CronJobs are the Jobs of their schedule, and schedules are those of Kubernetes."""

from typing import Any

import pytest

from kueue_sim.errors import InputError
from tests.inputs.jobs.entries import scenario
from tests.inputs.jobs.test_jobs import template


def cron(schedule: str, **spec: object) -> dict[str, Any]:
    job = {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "lq"}}, "spec": {"template": template(1)}}
    spec = {"schedule": schedule, "jobTemplate": job, **spec}
    return {"kind": "CronJob", "metadata": {"name": "tick", "namespace": "x"}, "spec": spec}


def test_a_cron_job_is_the_jobs_of_its_schedule() -> None:
    entry = {"submit": "5m", "runtime": "1m", "manifest": cron("*/30 * * * *")}
    found = list(scenario(entry, horizon="65m").workloads)
    minutes = 1_767_225_600 // 60
    assert [(one.key, one.kind, one.created_ms, one.runtime_ms) for one in found] == [
        (f"x/tick-{minutes + 30}", "Job", 1_800_000, 60_000),
        (f"x/tick-{minutes + 60}", "Job", 3_600_000, 60_000),
    ]


def test_schedules_have_names_periods_and_time_zones() -> None:
    def times(schedule: str, **spec: object) -> list[int]:
        found = scenario({"manifest": cron(schedule, **spec)}, horizon="24h").workloads
        return [one.created_ms // 3_600_000 for one in found]

    found = [times("@daily"), times("@every 10h"), times("0 9 * * *", timeZone="Asia/Seoul")]
    assert found == [[24], [10, 20], [24]]


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("0 0 * * 7", "end of range (7) above maximum (6); Sunday is 0"),
        ("0 0 * * 1-7", "end of range (7) above maximum (6); Sunday is 0"),
        ("0 0 9 * * *", "expected exactly 5 fields, found 6"),
        ("TZ=Europe/Berlin 0 9 * * *", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"),
        ("0 0 L * *", "failed to parse int from L"),
        ("0 0 * * 5#2", "failed to parse int from 5#2"),
        ("0 25 * * *", "Bad hour"),
    ],
)
def test_schedules_that_kubernetes_does_not_know_are_refused(schedule: str, why: str) -> None:
    with pytest.raises(InputError) as refused:
        scenario({"manifest": cron(schedule)})
    assert f"{schedule!r} is no schedule: {why}" in str(refused.value)


@pytest.mark.parametrize("schedule", ["", "  ", None])
def test_a_schedule_that_says_nothing_is_missing(schedule: str | None) -> None:
    with pytest.raises(InputError) as refused:
        scenario({"manifest": {**cron("@daily"), "spec": {**cron("@daily")["spec"], "schedule": schedule}}})
    assert [str(one).rpartition(": ")[2] for one in refused.value.mistakes] == ["schedule is missing"]


def test_one_of_day_and_weekday_is_enough_where_both_are_limited_and_some_days_never_come() -> None:
    def days(schedule: str) -> list[int]:
        found = scenario({"manifest": cron(schedule)}, horizon="7d").workloads
        return [one.created_ms // 86_400_000 + 1 for one in found]

    # the scenario begins on Thursday, 1 January; Jobs come after its first instant
    assert [days(text) for text in ("0 0 */3 * 1", "0 0 4 * 6", "0 0 */1 * 1", "0 0 31 2 *")] == [
        [4, 5, 7], [3, 4], [5], [],
    ]  # fmt: skip
    never = scenario({"manifest": cron("0 0 31 2 *")}, {"name": "w", "queue": "x/lq", "requests": {"cpu": 1}})
    assert [one for one in never.warnings if "no day is ever one of '0 0 31 2 *'" in one]


def test_a_cron_job_that_is_suspended_or_limited_says_so() -> None:
    found = [scenario({"manifest": cron("@hourly", **spec)}, horizon="1h") for spec in SUSPENDED]
    assert [(len(list(one.workloads)), one.warnings) for one in found] == [
        (0, ("CronJob tick is suspended and creates no Jobs",)),
        (1, (_CONCURRENCY,)),
    ]


_CONCURRENCY = (
    "decides nothing here: spec.concurrencyPolicy of CronJob (every Job of the schedule is submitted at its time)"
)


SUSPENDED: tuple[dict[str, object], ...] = ({"suspend": True}, {"concurrencyPolicy": "Forbid"})
