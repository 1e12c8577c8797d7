"""What does a value become when it is changed relative to itself? ``nominalQuota+=16``, ``runtime*=1.5``, ``a -> b
16``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from kueue_sim.inputs.text.field import near_miss
from kueue_sim.units import MAX_AMOUNT, exact_quantity, parse_duration, shortened

Operator = Literal["", "+", "-", "*"]
"""How a value changes: "" sets it, the others add to it, take from it, multiply it."""
OPERATORS: tuple[Operator, ...] = ("+", "-", "*")
_SIGNED = re.compile(r"[+-]\s*[\d.]")
_MOVE = re.compile(r"(?P<giver>\S.*?)\s*->\s*(?P<taker>\S.*?)(?:\s*=\s*|\s+)(?P<amount>[\d.]\S*)(?:\s+(?P<slot>\S+))?")
_PERCENT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*%", re.ASCII)
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)([A-Za-z]*)")
_FACTOR = re.compile(r"-?(?:\d{1,19}(?:\.\d{1,30})?(e[+-]?\d\d?)?|\d{1,19}/(\d{1,19}))", re.ASCII)
"""A number of at most as many digits as an amount may have, or a ratio."""
_NEVER_NEGATIVE = ("nominalQuota", "borrowingLimit", "lendingLimit", "weight", "count", "pods", "minPods", "runtime")


@dataclass(frozen=True, slots=True)
class Move:
    """Nominal quota that goes from one ClusterQueue or Cohort to another: what they give and get is the same amount.

    ``slot`` is ``resource`` or ``flavor.resource``; "" where the giver has only one that can be meant.
    """

    giver: str
    taker: str
    amount: str
    slot: str = ""

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, for the digest of the inputs."""
        return self.giver, self.taker, self.amount, self.slot


def split_operator(path: str) -> tuple[str, Operator]:
    """A path and how its value changes: ``runtime*`` is ``runtime`` times something, ``runtime`` is set."""
    operator: Operator = next((sign for sign in OPERATORS if path.endswith(sign)), "")
    return (path.removesuffix(operator).rstrip(), operator) if operator else (path, "")


def read_move(text: str) -> Move | None:
    """The move that ``team-a -> team-b 16`` or ``team-a -> team-b 16 a100.nvidia.com/gpu`` states, None if it is
    none."""
    match = _MOVE.fullmatch(text.strip())
    if match is None:
        return None
    return Move(match["giver"], match["taker"], match["amount"], match["slot"] or "")


def misread_move(text: str) -> str:
    """What is wrong with a text that has the arrow of a move and cannot be carried out, "" if nothing is."""
    move = read_move(text)
    giver, taker, amount = _ends(text) if move is None else (move.giver, move.taker, move.amount)
    if not (giver or taker):
        return ""
    accepted = _accepted(giver, taker)
    if not (giver and taker and amount):
        taker = "" if taker[:1].isdigit() else taker
        return f"move {text!r} lacks giver, taker or amount; {_accepted(giver, taker)}"
    try:
        number = exact_quantity(amount)
    except ValueError:
        return f"move {text!r}: {amount!r} is no amount; {accepted}"
    if number < 0:
        back = f"{taker} -> {giver} {amount.removeprefix('-')}"
        return f"move {text!r}: an amount is not negative; quota that goes the other way is {back}"
    if giver == taker:
        return f"move {text!r} moves nothing; {_accepted(giver, '')}"
    return "" if move else f"move {text!r} is not understood; {accepted}"


def _accepted(giver: str, taker: str) -> str:
    example = f"{giver or 'team-a'} -> {taker or 'another-team'} 4"
    return f"accepted: GIVER -> TAKER AMOUNT [RESOURCE], such as {example}"


def _ends(text: str) -> tuple[str, str, str]:
    """What a text with an arrow, of whatever kind, has in the places of giver, taker and amount; "" for what lacks."""
    giver, arrow, rest = text.partition("->")
    if not arrow:
        giver, arrow, rest = text.partition(" => ")
    if not arrow or "=" in giver or "[" in giver:
        return "", "", ""
    words = (*rest.replace("=", " ").split(), "", "")
    return giver.strip(), words[0], words[1]


def slot_of(move: Move, slots: Iterable[str]) -> str:
    """Which of the giver's ``slots`` (``resource``, or ``flavor.resource``) moves: the one asked for, or its
    accelerator.

    Raises ValueError when there is none, or several could be meant.
    """
    known = sorted(set(slots))
    if not known:
        raise ValueError(f"there is no ClusterQueue or Cohort {move.giver!r} with nominal quota")
    if move.slot in known:
        return move.slot
    if move.slot:
        raise ValueError(f"{move.giver} has no quota of {move.slot!r}; {near_miss(move.slot, known)}")
    gpus = (
        [slot for slot in known if slot.endswith("nvidia.com/gpu")] or [slot for slot in known if "/" in slot] or known
    )
    short = [slot for slot in gpus if not any(other != slot and slot.endswith(f".{other}") for other in known)]
    if len(short) != 1:
        raise ValueError(f"say of which resource, such as {move.giver} -> {move.taker} {move.amount} {gpus[0]}")
    return short[0]


def misread_sign(path: str, text: str) -> str:
    """What is wrong with a plain value that has a sign, "" if nothing is.

    ``nominalQuota=+16`` reads like sixteen more and would set sixteen. A minus is refused where no value is negative.
    """
    body = text.strip()
    if not _SIGNED.match(body):
        return ""
    last = re.split(r"[.\]]", path)[-1]
    if body[0] == "-" and last not in _NEVER_NEGATIVE:
        return ""
    return (
        f"{path}={body} has a sign, and a plain value has none; "
        f"a change of what is there is {path}{body[0]}={body[1:].strip()}"
    )


def changed(now: object, operator: Operator, amount: object, key: str, whole: bool = False) -> object:
    """The value that ``now`` becomes. Quantities keep their suffix where the result is a whole number of the unit.

    ``key`` is the name of the value; with the form of ``now`` it tells quantities from durations. ``whole``: the value
    counts what cannot be divided, such as GPUs. Raises ValueError with what is wrong.
    """
    if isinstance(now, bool) or not isinstance(now, int | float | str):
        raise ValueError("there is nothing to change" if now is None else f"{now!r} is no number")
    if isinstance(amount, bool) or not isinstance(amount, int | float | str):
        raise ValueError(f"{amount!r} is no amount")
    number = _duration if _is_duration(now, key) else _quantity
    before = number(now)
    if isinstance(amount, str) and (percent := _PERCENT.fullmatch(amount)):
        raise ValueError(f"{amount!r} is no amount; {_by_factor(operator, percent[1])}")
    by = _factor(amount) if operator == "*" else number(amount)
    after = before * by if operator == "*" else before + by if operator == "+" else before - by
    if after < 0 and key in _NEVER_NEGATIVE:
        raise ValueError(f"{now} {operator}= {amount} is below 0")
    return f"{round(after)}ms" if number is _duration else _written(after, now, whole or key in _COUNTS)


def _is_duration(now: object, key: str) -> bool:
    """Text with units of time; ``500m`` of a quota or a request is half a unit, not 500 minutes."""
    if not isinstance(now, str) or "quota" in key.lower() or key.endswith("Limit") or "/" in key or key in _RESOURCES:
        return False
    try:
        parse_duration(now)
    except ValueError:
        return False
    return True


_COUNTS = ("count", "pods", "minPods")
_RESOURCES = ("cpu", "memory", "ephemeral-storage", "pods")


def _quantity(value: int | float | str) -> Fraction:
    return exact_quantity(value)


def _duration(value: int | float | str) -> Fraction:
    return Fraction(parse_duration(value))


def _by_factor(operator: Operator, percent: str) -> str:
    """How a change by so many percent is written."""
    share = Fraction(percent) / 100
    words, factor = {
        "+": (f"{percent} % more", 1 + share),
        "-": (f"{percent} % less", max(Fraction(), 1 - share)),
    }.get(operator, (f"{percent} % of what is there", share))
    return f"{words} is *={float(factor):g}"


def _factor(amount: int | float | str) -> Fraction:
    """The number; its exponent and its digits are looked at before anybody computes with them."""
    written = str(amount) if not isinstance(amount, int) or abs(amount) <= MAX_AMOUNT else ""
    match = _FACTOR.fullmatch(written)
    if match is None or (match[2] is not None and not int(match[2])):
        raise ValueError(f"{shortened(amount)} is no factor; accepted: a number such as 1.5")
    return Fraction(written)


def _written(value: Fraction, like: object, whole: bool) -> int | float | str:
    """A quantity in the unit of ``like`` if that is exact; whole numbers as such. Raises ValueError for half a GPU."""
    match = _NUMBER.fullmatch(like) if isinstance(like, str) else None
    suffix = match.group(2) if match else ""
    if suffix:
        size = exact_quantity(f"1{suffix}")
        if (value / size).denominator == 1:
            return f"{int(value / size)}{suffix}"
    if value.denominator == 1:
        return int(value)
    if whole:
        raise ValueError(f"{float(value):g} is not a whole number")
    if (value * 1000).denominator == 1 and isinstance(like, str):
        return f"{int(value * 1000)}m"
    return float(value)
