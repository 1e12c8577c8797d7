"""How long is ``1-02:03:04``, ``1 days 02:03:04`` or ``PT1H30M``? Lengths of time as programs print them in tables."""

import re
from fractions import Fraction

_CLOCK = re.compile(r"(?:(\d{1,9})(?:-| days? | days?, ))?(\d{1,9}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
"""``1-02:03:04`` of Slurm, ``1 days 02:03:04`` of pandas, ``02:03:04``."""
_ISO = re.compile(
    r"P(?=.)(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?"
)
"""``P1DT2H30M`` of ISO 8601; months and years have no length."""
_ISO_MS = (604_800_000, 86_400_000, 3_600_000, 60_000, 1000)


def clock_ms(text: str) -> int | None:
    """Milliseconds of a clock's reading or of a length in ISO 8601, None for any other text."""
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        days, hours, minutes, seconds = clock.groups()
        whole = (int(days or 0) * 24 + int(hours)) * 60 + int(minutes)
        return round((whole * 60 + Fraction(seconds)) * 1000)
    iso = _ISO.fullmatch(text)
    if iso is None:
        return None
    return round(sum(Fraction(part or 0) * unit for part, unit in zip(iso.groups(), _ISO_MS, strict=True)))
