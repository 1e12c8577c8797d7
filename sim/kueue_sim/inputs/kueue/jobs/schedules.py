"""When does a CronJob create its Jobs?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kueue_sim.inputs.text.field import Field
from kueue_sim.units import parse_duration, parse_instant

DAY_MS, MINUTE_MS = 86_400_000, 60_000
MOST_RUNS = 100_000
"""Jobs of one CronJob at most, so that a schedule of every minute for years does not fill the memory."""
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

    text = schedule.needed("schedule").strip()
    if text.startswith("@every "):
        yield from _every(schedule, text.removeprefix("@every "), created_ms)
        return
    created = datetime.fromtimestamp((start_ms + created_ms) / 1000, zone)
    try:
        times = CronSim(_NAMED.get(text, text).replace("?", "*"), created)
    except CronSimError as error:
        if text:
            schedule.wrong(f"{text!r} is no schedule: {error} (example: */10 * * * *)")
        return
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for time in times:
        yield (time - epoch) // timedelta(milliseconds=1) - start_ms


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
