"""Text to canonical integers and back: Kubernetes quantities, durations, instants.

Canonical units: ``cpu`` in millicores, every other resource in whole base units (bytes, counts), time in
milliseconds. Fractions of a canonical unit round up (R1.1).
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from fractions import Fraction
from functools import lru_cache
from math import isfinite

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i))?", re.ASCII)
_FACTORS: dict[str, Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
    "Pi": Fraction(2**50),
    "Ei": Fraction(2**60),
}
_BINARY = tuple((suffix, int(_FACTORS[suffix])) for suffix in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"))
_DECIMAL = tuple((suffix, int(_FACTORS[suffix])) for suffix in ("E", "P", "T", "G", "M", "k"))
MAX_AMOUNT = 2**63 - 1
"""Larger amounts saturate here, as 64-bit integers do in Kueue (R1.3)."""

MAX_DURATION_MS = 10**15
"""Times beyond, some 30,000 years, are taken for mistakes."""
MAX_DIGITS = 100
"""Characters of a number; longer ones are taken for mistakes before anybody computes with them."""

_OF_MACHINES = ("cpu", "memory", "ephemeral-storage", "storage", "pods")
_KINDS_OF_MACHINES = ("hugepages-", "attachable-volumes-")
_NETWORKS = ("vpc.amazonaws.com/", "rdma/", "networking.gke.io.networks/", "mellanox.com/", "openshift.io/")
"""Resources that every machine has, and those of network cards."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)", re.ASCII)
_WHOLE_DURATION = re.compile(r"(\d{1,15})(ms|s|m|h|d|w)", re.ASCII)
"""The common case, for which no fractions are needed."""
_OFFSET = re.compile(r"[+-]\d\d:?\d\d|Z", re.ASCII)
_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def shortened(value: object) -> str:
    """A value as a message shows it: at most some sixty characters, also of numbers too long to print."""
    if isinstance(value, int) and value.bit_length() > 200:
        return f"a number of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:56]}…{text[-1]}"


@lru_cache(maxsize=4096, typed=True)
def exact_quantity(text: str | int | float) -> Fraction:
    """The number a Kubernetes quantity stands for. Raises ValueError when it is none.

    Whatever is below a billionth counts as a billionth, as in Kubernetes (R1.1). Exponents are looked at before
    anybody computes with them: beyond ±100 they are taken for mistakes.
    """
    if isinstance(text, int) and abs(text) > MAX_AMOUNT:
        return Fraction(MAX_AMOUNT if text > 0 else -MAX_AMOUNT)
    written = str(text)
    match = _QUANTITY.fullmatch(written) if len(written) <= MAX_DIGITS else None
    if match is None:
        raise ValueError(f"{shortened(text)} is not a Kubernetes quantity (examples: 4, 500m, 1.5, 16Gi)")
    number, exponent, suffix = match.groups()
    if exponent and abs(int(exponent)) > MAX_DIGITS:
        raise ValueError(f"{shortened(text)} is no quantity that anybody has: its exponent is beyond {MAX_DIGITS}")
    value = Fraction(number)
    if exponent:
        value *= Fraction(10) ** int(exponent)
    elif suffix:
        value *= _FACTORS[suffix]
    if value and abs(value) < _FACTORS["n"]:
        return _FACTORS["n"] if value > 0 else -_FACTORS["n"]
    return value


@lru_cache(maxsize=4096, typed=True)
def parse_quantity(text: str | int | float, resource: str) -> int:
    """Quantity in canonical units of ``resource``, rounded up, at most ``MAX_AMOUNT`` (R1.1). Raises ValueError."""
    value = exact_quantity(text)
    if resource == "cpu":
        value *= 1000
    return min(-((-value.numerator) // value.denominator), MAX_AMOUNT)


def is_bytes(resource: str) -> bool:
    """Whether amounts of a resource are bytes."""
    return resource in ("memory", "ephemeral-storage") or resource.startswith("hugepages-")


def is_accelerator(resource: str) -> bool:
    """Whether a resource is of devices that compute: nothing that every machine has, and no network card. Its name may
    be without a domain, as devices of claims are called."""
    return resource not in _OF_MACHINES and not resource.startswith((*_KINDS_OF_MACHINES, *_NETWORKS))


@lru_cache(maxsize=4096, typed=True)
def format_quantity(amount: int, resource: str, canonical: bool = True) -> str:
    """Canonical amount as Kubernetes prints it: 500m, 2, 16Gi (binary suffixes for memory, if it is whole Ki)."""
    if resource == "cpu":
        if amount % 1000:
            return f"{amount}m"
        amount //= 1000
    if is_bytes(resource):
        for suffix, size in _BINARY:
            if amount and amount % size == 0:
                return f"{amount // size}{suffix}"
        if not canonical:
            return str(amount)
    for suffix, size in _DECIMAL:
        if amount and amount % size == 0:
            return f"{amount // size}{suffix}"
    return str(amount)


def parse_duration(text: str | int | float) -> int:
    """Milliseconds of ``30m``, ``1h30m``, ``250ms``; a bare number is seconds. Raises ValueError.

    At most ``MAX_DURATION_MS`` in either direction.
    """
    whole = _WHOLE_DURATION.fullmatch(text) if isinstance(text, str) else None
    total = _duration(text) if whole is None else Fraction(int(whole.group(1)) * _MS[whole.group(2)])
    if total is None:
        raise ValueError(f"{shortened(text)} is not a duration (examples: 30m, 1h30m, 250ms, 2d)")
    if abs(total) > MAX_DURATION_MS:
        raise ValueError(f"{shortened(text)} is too long: at most {MAX_DURATION_MS // _MS['d']}d are accepted")
    return round(total)


def _duration(text: str | int | float) -> Fraction | None:
    """Milliseconds, exactly; None when the text is no duration."""
    if isinstance(text, bool):
        return None
    if isinstance(text, int | float):
        return Fraction(text) * 1000 if isinstance(text, int) or isfinite(text) else None
    body = text.strip()
    total = Fraction(0)
    position = 0
    if len(body) > MAX_DIGITS:
        return None
    for match in _DURATION.finditer(body):
        if match.start() != position:
            break
        total += Fraction(match.group(1)) * _MS[match.group(2)]
        position = match.end()
    return total if body and position == len(body) else None


def format_duration(ms: int | float) -> str:
    """Milliseconds as people write them, at most two units: ``1h 30m``, ``45s``, ``0s``."""
    ms = round(ms)
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        size = _MS[unit]
        if ms >= size:
            parts.append(f"{ms // size}{unit}")
            ms %= size
        elif parts:
            break
        if len(parts) == 2:
            break
    return sign + (" ".join(parts) or "0s")


def format_moment(ms: int) -> str:
    """An instant, in milliseconds after the start: ``4d 7h 12m``, to the minute from an hour on."""
    return _down_to(ms, _exact_to(ms)[0])


def format_moments(times_ms: Iterable[int]) -> dict[int, str]:
    """Instants after the start as texts, each as exact as it takes to tell it from those before and after it."""
    times = sorted(set(times_ms))
    found: dict[int, str] = {}
    for before, at, after in zip([None, *times], times, [*times[1:], None], strict=False):
        others = [other for other in (before, after) if other is not None]
        units = _exact_to(at)
        apart = (unit for unit in units if all(_down_to(other, unit) != _down_to(at, unit) for other in others))
        found[at] = _down_to(at, next(apart, units[-1]))
    return found


def _exact_to(ms: int) -> tuple[str, ...]:
    """The units to which an instant may be told, coarsest first."""
    return ("m", "s", "ms") if abs(ms) >= _MS["h"] else ("s", "ms") if abs(ms) >= _MS["m"] else ("ms",)


def _down_to(ms: int, last: str) -> str:
    """The whole units of a time down to one, without those of which there is none."""
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        number, ms = divmod(ms, _MS[unit])
        if number:
            parts.append(f"{number}{unit}")
        if unit == last:
            break
    return sign + " ".join(parts) if parts else "0s"


def parse_instant(text: str, zone: tzinfo = UTC) -> int:
    """Milliseconds since the epoch of an RFC 3339 instant; ``zone`` is that of a time without one. Raises
    ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return round(moment.timestamp() * 1000)


def is_local(text: str) -> bool:
    """Whether a text is an instant that does not say its zone."""
    try:
        return datetime.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def parse_zone(text: str) -> tzinfo:
    """The zone that a name such as ``Europe/Berlin`` or a difference such as ``+02:00`` means. Raises ValueError."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if _OFFSET.fullmatch(text):
        return datetime.fromisoformat(f"2026-01-01T00:00:00{text}").tzinfo or UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone {shortened(text)} (examples: Europe/Berlin, +02:00, UTC)") from None


def is_instant(text: str) -> bool:
    """Whether ``parse_instant`` reads it."""
    try:
        parse_instant(text)
    except (ValueError, OverflowError):
        return False
    return True


def format_instant(ms: int) -> str:
    """An instant as RFC 3339 in UTC: ``2026-01-01T00:00:00Z``, with milliseconds where there are any."""
    moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
    text = moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")
    return text.replace("+00:00", "Z")
