"""When does a CronJob create its Jobs?"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kueue_sim.inputs.text.field import Field
from kueue_sim.units import parse_duration, parse_instant

DAY_MS, MINUTE_MS = 86_400_000, 60_000
MOST_RUNS = 100_000
"""Jobs of one CronJob at most, so that a schedule of every minute for years does not fill the memory."""
_SEVENTH_DAY = re.compile(r"(?:^|[,-])7")
_EXTENDED = re.compile(r"#|\bLW?\b|\dL|\dW")
"""The last day, the nearest weekday and the n-th one, as other programs write them."""
_STEPS = re.compile(r"\*/(?!1$)\d+")
_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


def runs(cron: Field, start: str, created_ms: int, horizon_ms: int | None, notes: dict[str, None]) -> list[int]:
    """When Jobs are created, in milliseconds from ``start``: after the CronJob itself, and no later than the horizon.

    Without a horizon it is one day. What of the CronJob has no effect is added to ``notes``.
    """
    spec, name = cron.get("spec"), cron.get("metadata", "name").text()
    if spec.get("suspend").boolean():
        notes[f"CronJob {name} is suspended and creates no Jobs"] = None
        return []
    spec.get("concurrencyPolicy").choice(("Allow", "Forbid", "Replace"), "Allow")
    if horizon_ms is None:
        notes[f"CronJob {name} creates Jobs for one day, since the scenario has no horizon"] = None
    end = created_ms + DAY_MS if horizon_ms is None else horizon_ms
    zone = _zone(spec.get("timeZone"))
    found: list[int] = []
    for at_ms in _instants(spec.get("schedule"), parse_instant(start), created_ms, zone):
        if at_ms > end:
            return found
        if len(found) == MOST_RUNS:
            spec.get("schedule").wrong(f"more than {MOST_RUNS} Jobs until the horizon")
            return []
        found.append(at_ms)
    return found


def _zone(field: Field) -> timezone | ZoneInfo:
    if not field.present:
        return UTC
    try:
        return ZoneInfo(field.text())
    except (ZoneInfoNotFoundError, ValueError, OSError):
        field.wrong(f"there is no time zone {field.value!r} (example: Europe/Berlin)")
        return UTC


def _instants(schedule: Field, start_ms: int, created_ms: int, zone: timezone | ZoneInfo) -> Iterator[int]:
    """The instants of a schedule after a CronJob was created, in milliseconds from the scenario's start."""
    from cronsim import CronSim, CronSimError

    text = schedule.text().strip()
    if not text:
        if not schedule.present or isinstance(schedule.value, str):
            schedule.wrong("schedule is missing")
        return
    if text.startswith("@every "):
        yield from _every(schedule, text.removeprefix("@every "), created_ms)
        return
    created = datetime.fromtimestamp((start_ms + created_ms) / 1000, zone)
    plain = _NAMED.get(text, text).replace("?", "*")
    if problem := _unknown_to_kubernetes(plain):
        schedule.wrong(f"{text!r} is no schedule: {problem} (example: */10 * * * *)")
        return
    try:
        times = CronSim(_with_limited_days(plain), created)
    except CronSimError as error:
        if not _never_comes(plain, created):
            schedule.wrong(f"{text!r} is no schedule: {error} (example: */10 * * * *)")
        else:
            place = schedule.source.place(schedule.path)
            schedule.report.remarks.setdefault(f"{place or 'a CronJob'}: no day is ever one of {text!r}", None)
        return
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for time in times:
        yield (time - epoch) // timedelta(milliseconds=1) - start_ms


def _unknown_to_kubernetes(text: str) -> str:
    """What Kubernetes refuses of a schedule that other programs read, in its words; "" for nothing."""
    parts = text.split()
    if text.startswith(("TZ=", "CRON_TZ=")):
        return "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
    if len(parts) != 5:
        return f"expected exactly 5 fields, found {len(parts)}"
    if _SEVENTH_DAY.search(parts[4]):
        return "end of range (7) above maximum (6); Sunday is 0"
    return next((f"failed to parse int from {part}" for part in parts if _EXTENDED.search(part)), "")


def _with_limited_days(text: str) -> str:
    """A schedule in which every other day is no star: Kubernetes asks for one of day and weekday where both are
    limited, ``*/2`` included, while other programs then ask for both."""
    parts = text.split()
    for index, days in ((2, "1-31"), (4, "0-6")):
        if len(parts) == 5 and _STEPS.fullmatch(parts[index]):
            parts[index] = parts[index].replace("*", days)
    return " ".join(parts)


def _never_comes(text: str, created: datetime) -> bool:
    """Whether a schedule is one of days that its months do not have."""
    from cronsim import CronSim, CronSimError

    minute, hour, day, _, weekday = text.split()
    try:
        CronSim(f"{minute} {hour} {day} * {weekday}", created)
    except CronSimError:
        return False
    return True


def _every(schedule: Field, text: str, created_ms: int) -> Iterator[int]:
    try:
        period = parse_duration(text)
    except ValueError as error:
        schedule.wrong(str(error))
        return
    if period < 1000:
        schedule.wrong(f"{text!r} is too short; at least 1s is accepted")
        return
    at_ms = created_ms
    while True:
        at_ms += period
        yield at_ms
