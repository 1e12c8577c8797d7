"""Which instant do people mean who do not write 2026-01-31? Dates with slashes, dots and names of months.

``01/02/2026`` is the first of February or the second of January. A date of the same columns with a day beyond 12 tells
which, or the user does; nothing is guessed. Dots stand in dates that begin with the day.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Literal, NamedTuple

from kueue_sim.units import is_instant, parse_instant, parse_zone, shortened

Order = Literal["", "day-month", "month-day"]
TWICE, NEVER = "comes twice, as clocks go back then; the first is taken", "never comes, as clocks go forward then"
ORDERS: tuple[Order, ...] = ("day-month", "month-day")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,6})\d*)?)?"
_REST = rf"(?:(?:[T,]\s*|\s+){_CLOCK}(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d))?"
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<then>\d{{1,2}})(?P=mark)(?P<year>\d{{4}}){_REST}",
        rf"(?P<year>\d{{4}})[/.](?P<month>\d{{1,2}})[/.](?P<day>\d{{1,2}}){_REST}",
        rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[\s-](?P<name>[A-Za-z]{{3,9}})\.?,?[\s-](?P<year>\d{{4}}){_REST}",
        rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<name>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}}){_REST}",
        rf"(?:[A-Za-z]{{3}},?\s+)?(?P<name>[A-Za-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s+(?P<year>\d{{4}})",
    )
)
_SHORT_YEAR = re.compile(r"\d{1,2}([/.-])(?:\d{1,2}|[A-Za-z]{3})\1\d\d(?:\D|$)", re.ASCII)
_NAMED_ZONE = re.compile(r"(.*\d)\s?\[?([A-Z][A-Za-z]+(?:/[\w+-]+)+)\]?", re.ASCII)
"""A time with the name of its zone, as Trino and Java write it."""
_ABBREVIATED = re.compile(r"(.*\d)\s+([A-Z]{2,5})", re.ASCII)


class Told(NamedTuple):
    """What dates say about their order: the order, "" where they do not; the first date with that question, and the one
    that answers it. Dates are rows of a line, a column and the text; None where there is none."""

    order: Order = ""
    asked: tuple[int, int, str] | None = None
    answered: tuple[int, int, str] | None = None


def told_order(dates: Iterable[tuple[int, int, str]]) -> Told:
    """What dates, each with line and column, say about the order of day and month; read up to the first that tells."""
    asked = None
    for row in dates:
        found = _FORMS[0].fullmatch(row[2])
        if found is None or found["mark"] == ".":
            continue
        asked = asked or row
        if order := _order_of(int(found["first"]), int(found["then"])):
            return Told(order, asked, row)
    return Told("", asked)


def _order_of(first: int, then: int) -> Order:
    """The order that two numbers can have alone, "" where both may be months, or neither."""
    if first > 12 >= then:
        return "day-month"
    return "month-day" if then > 12 >= first else ""


def of_clock_change(text: str, zone: tzinfo, order: Order) -> str:
    """What is doubtful about a time without a zone when clocks are changed: that it comes twice, or never; "" for all
    other times, which are nearly all."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = _match(text)
        if found is None or (found.groupdict().get("mark") == "/" and not order):
            return ""
        try:
            moment = _moment(found, text, order)
        except ValueError:
            return ""
    if moment.tzinfo is not None:
        return ""
    first, second = (moment.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first is None or second is None or first == second:
        return ""
    return TWICE if first > second else NEVER


def is_dated(text: str) -> bool:
    """Whether a text is a date of one of these forms that says no zone."""
    found = _match(text)
    return found is not None and not found.groupdict().get("zone")


def read_date(text: str, order: Order, zone: tzinfo) -> int | None:
    """Milliseconds since the epoch; None for a text of none of these forms. ``zone`` is that of a date without one.

    Raises ValueError, with what to do, for a date that does not exist or whose order is not known.
    """
    named = _NAMED_ZONE.fullmatch(text)
    if named is not None:
        zone = parse_zone(named[2])
        return parse_instant(named[1], zone) if is_instant(named[1]) else read_date(named[1], order, zone)
    abbreviated = _ABBREVIATED.fullmatch(text)
    if abbreviated is not None and abbreviated[2] not in ("UTC", "GMT", "AM", "PM"):
        return _in_zone(abbreviated[1], abbreviated[2], order, zone)
    found = _match(text)
    if found is None:
        if _SHORT_YEAR.match(text):
            raise ValueError(f"{shortened(text)} has a year of two digits; dates are read where it has four")
        return None
    moment = _moment(found, text, order)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def _match(text: str) -> re.Match[str] | None:
    return next((found for form in _FORMS if (found := form.fullmatch(text))), None)


def _moment(found: re.Match[str], text: str, order: Order) -> datetime:
    """The instant of a match, without a zone where the text says none."""
    parts = found.groupdict()
    day, month = _day_and_month(parts, text, order)
    hour = int(parts["hour"] or 0)
    if parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(f"{shortened(text)}: {hour} is no hour of a clock with twelve")
        hour = hour % 12 + (12 if parts["half"] in "Pp" else 0)
    clock = (hour, int(parts["minute"] or 0), int(parts["second"] or 0), int((parts["part"] or "0").ljust(6, "0")))
    try:
        moment = datetime(int(parts["year"]), month, day, *clock)
    except ValueError as error:
        raise ValueError(f"{shortened(text)} is no date: {error}") from None
    zone = parts.get("zone")
    if not zone:
        return moment
    return moment.replace(tzinfo=UTC if zone in ("Z", "UTC", "GMT") else datetime.strptime(zone, "%z").tzinfo)


def _day_and_month(parts: dict[str, str | None], text: str, order: Order) -> tuple[int, int]:
    if parts.get("name"):
        name = str(parts["name"])[:3].lower()
        if name not in _MONTHS:
            raise ValueError(f"{shortened(text)}: {parts['name']} is no month; accepted: January, Jan and so on")
        return int(str(parts["day"])), _MONTHS.index(name) + 1
    if parts.get("month"):
        return int(str(parts["day"])), int(str(parts["month"]))
    first, then = int(str(parts["first"])), int(str(parts["then"]))
    order = "day-month" if parts["mark"] == "." else order or _order_of(first, then)
    if not order:
        raise ValueError(f"{shortened(text)} may be day/month or month/day; `dateOrder` says which")
    return (first, then) if order == "day-month" else (then, first)


def _in_zone(text: str, name: str, order: Order, zone: tzinfo) -> int:
    """An instant with the abbreviation of a zone, which has to be what clocks of the given zone said then."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        found = _match(text)
        if found is None:
            raise ValueError(f"{shortened(text)} is no instant such as 2026-01-01T00:00:00") from None
        moment = _moment(found, text, order)
    if zone is UTC:
        raise ValueError(
            f"{shortened(f'{text} {name}')}: {name} is an abbreviation, which several zones have; timeZone (import: "
            "--time-zone) says which one is meant, such as Europe/Berlin or -05:00"
        )
    for fold in (0, 1):
        there = moment.replace(tzinfo=zone, fold=fold)
        if there.tzname() == name or not re.fullmatch("[A-Z]+", str(there.tzname())):
            return round(there.timestamp() * 1000)
    raise ValueError(f"{shortened(f'{text} {name}')}: clocks of the zone that is given said {there.tzname()} then")
