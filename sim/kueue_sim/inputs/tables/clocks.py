"""How long is ``1-02:03:04``, ``PT1H30M`` or ``2 hours 5 min``? Lengths of time as programs print them in tables."""

import re
from fractions import Fraction

_CLOCK = re.compile(r"(?:(\d{1,9})(?:-| days? | days?, ))?(\d{1,9}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
"""``1-02:03:04`` of Slurm, ``1 days 02:03:04`` of pandas, ``02:03:04``."""
_ISO = re.compile(
    r"P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
"""``P1DT2H30M`` of ISO 8601; months and years have no length."""
_UNIT_MS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000}
_WORD = "ms|[dhms]|(?i:weeks?|days?|hrs?|hours?|mins?|minutes?|secs?|seconds?)"
_PART = rf"(\d{{1,9}}(?:\.\d{{1,9}})?)\s*({_WORD})(?![a-zA-Z])"
_PARTS = re.compile(rf"{_PART}(?:,?\s+{_PART})*", re.ASCII)
"""``2h 30m``, ``1.5 hours`` or ``1 day, 2 hrs``, as dashboards write for people."""


def clock_ms(text: str) -> int | None:
    """Milliseconds of a clock's reading, of a length in ISO 8601 or of one in words, None for any other text, as for
    one with a unit twice."""
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        days, hours, minutes, seconds = clock.groups()
        whole = (int(days or 0) * 24 + int(hours)) * 60 + int(minutes)
        return round((whole * 60 + Fraction(seconds)) * 1000)
    iso = _ISO.fullmatch(text)
    if iso is not None:
        counts = zip(iso.groups(), _UNIT_MS.values(), strict=True)
        return round(sum(Fraction(count or 0) * unit for count, unit in counts))
    if _PARTS.fullmatch(text) is None:
        return None
    parts = re.findall(_PART, text, re.ASCII)
    units = [1 if unit == "ms" else _UNIT_MS[unit[0].lower()] for _, unit in parts]
    if len(set(units)) < len(units):
        return None
    return round(sum(Fraction(part) * unit for (part, _), unit in zip(parts, units, strict=True)))
