"""What may names, labels, numbers and lists look like in Kubernetes?"""

import re
from collections.abc import Callable, Sized
from dataclasses import dataclass

from kueue_sim.inputs.text.field import Field
from kueue_sim.units import shortened

Line = tuple[int, int]
"""A release line of Kueue, such as (0, 19)."""
INT32 = 2**31 - 1
_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_DNS_LABEL = re.compile(_LABEL)
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Form:
    """What is accepted of one value, in words; ``wrong`` says what is not, "" when all is well."""

    accepted: str
    wrong: Callable[[Field, Line], str]


@dataclass(frozen=True, slots=True)
class Fields:
    """The keys that a place of an object has, and ``accepted`` for them in words. Any other key is a mistake at the
    key itself; in objects that are taken as a cluster holds them it is remarked, and not read."""

    names: tuple[str, ...]
    accepted: str

    def ask(self, field: Field) -> None:
        """Tells every other key, and a value that is no mapping."""
        field.members(*self.names)


def fields(*names: str, accepted: str = "") -> Fields:
    """A place with these keys; ``accepted`` in place of their list where that is long."""
    return Fields(names, accepted or ", ".join(names))


def shown(value: object) -> str:
    """A value for a message, cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text) - 2} characters)"


def _text(what: str, accepted: str, fits: Callable[[str], bool], empty: bool = False, other: bool = False) -> Form:
    """A form of texts; values of other types are another reader's mistake, unless nobody else reads them
    (``other``)."""

    def wrong(field: Field, _: Line) -> str:
        value = field.value
        if other and field.present and not isinstance(value, str):
            return f"{shortened(value)} is not text" + (", put it in quotes" if isinstance(value, int | float) else "")
        if not isinstance(value, str) or (not value and empty) or fits(value):
            return ""
        return f"{shown(value)} is no {what}; accepted: {accepted}"

    return Form(accepted, wrong)


def _is_key(text: str) -> bool:
    prefix, slash, name = text.rpartition("/")
    named = bool(_QUALIFIED.fullmatch(name)) and len(name) <= 63
    return named and (not slash or (bool(_SUBDOMAIN.fullmatch(prefix)) and len(prefix) <= 253))


NAME = _text(
    "name",
    "at most 253 lower case letters, digits, '-' and '.', letters or digits at both ends (example: team-a)",
    lambda text: bool(_SUBDOMAIN.fullmatch(text)) and len(text) <= 253,
    empty=True,
)
SHORT_NAME = _text(
    "name",
    "at most 63 lower case letters, digits and '-', letters or digits at both ends (example: team-a)",
    lambda text: bool(_DNS_LABEL.fullmatch(text)) and len(text) <= 63,
    empty=True,
)


def _short_enough(most: int, why: str) -> Form:
    """A name that is a name otherwise, and not too long for what is made of it."""

    def wrong(field: Field, _: Line) -> str:
        if not isinstance(field.value, str) or len(field.value) <= most:
            return ""
        return f"{shown(field.value)} is too long; at most {most} characters are accepted, {why}"

    return Form(f"at most {most} characters, {why}", wrong)


JOB_NAME = _short_enough(63, "as it is a label of the pods")
CRON_JOB_NAME = _short_enough(52, "as its Jobs are called by it and their time")
KEY = _text(
    "key",
    "at most 63 letters, digits, '-', '_' and '.', after a domain with '/' or alone (example: example.com/rack)",
    _is_key,
)
LABEL_VALUE = _text(
    "label value",
    "at most 63 letters, digits, '-', '_' and '.', letters or digits at both ends",
    lambda text: bool(_QUALIFIED.fullmatch(text)) and len(text) <= 63,
    empty=True,
    other=True,
)
TEXT = _text("text", "text", lambda _: True, empty=True, other=True)


def _number(field: Field, _: Line) -> str:
    value = field.value
    if not isinstance(value, int) or isinstance(value, bool) or -INT32 - 1 <= value <= INT32:
        return ""
    return f"{shown(value)} is out of range; accepted: {-INT32 - 1} to {INT32}"


INT = Form(f"{-INT32 - 1} to {INT32}", _number)


def _decimal(field: Field, _: Line) -> str:
    value = field.value
    if type(value) is not float or value.is_integer():
        return ""
    return f"{shortened(value)} is neither a whole number nor text, put it in quotes"


QUANTITY = Form("a whole number or text", _decimal)
"""A quantity in an object of Kueue; those of Kubernetes itself may be bare numbers with decimals."""


def _empty(field: Field, _: Line) -> str:
    empty = isinstance(field.value, list | tuple) and not field.value
    return "the list is empty; at least one entry is needed" if empty else ""


NOT_EMPTY = Form("at least one entry", _empty)


def _absent(field: Field, _: Line) -> str:
    return "" if field.present and field.value != "" else f"{field.path[-1]} is missing"


NEEDED = Form("anything but nothing", _absent)


def at_most(most: int, *before: tuple[Line, int]) -> Form:
    """No more entries than this; ``before`` has the numbers of older releases, by the last line that has them."""

    def allowed(line: Line) -> int:
        return next((number for last, number in before if line <= last), most)

    def wrong(field: Field, line: Line) -> str:
        size = len(field.value) if isinstance(field.value, Sized) else 0
        return "" if size <= allowed(line) else f"{size} entries are too many; at most {allowed(line)} are accepted"

    older = ", ".join(f"{number} up to {last[0]}.{last[1]}" for last, number in before)
    return Form(f"at most {most} entries" + (f" ({older})" if older else ""), wrong)


def one_of(*words: str) -> Form:
    """One of these words."""
    accepted = ", ".join(words)

    def wrong(field: Field, _: Line) -> str:
        other = field.present and field.value not in words
        return f"{shown(field.value)} is not accepted; accepted: {accepted}" if other else ""

    return Form(accepted, wrong)
