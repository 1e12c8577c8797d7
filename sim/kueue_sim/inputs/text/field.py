"""Which value stands where in the user's text, and is it what is accepted there?

A ``Field`` is a value with its place. Its readers return a value of the right type in every case and note
what is wrong in the shared report, so that one pass finds all mistakes of a file.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.units import exact_quantity, parse_duration, parse_quantity, shortened

Path = tuple[str | int, ...]
INT64 = (-(2**63), 2**63 - 1)
"""The whole numbers that Kubernetes and the tables of a run can hold."""
FEW = 500
"""Names up to which all are compared with a wrong one; of more, those with the same first letter."""
SHOWN = 12
"""So many names are told where none is close."""
FOREMOST = (
    *("name", "queue", "team", "submit", "runtime", "requests", "pods", "file", "columns", "arrivals", "at", "do"),
    *("cluster", "policy", "workloads"),
)
"""Fields without which hardly any entry or section of a scenario is complete: told before others."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_PLACEHOLDER = re.compile(r"\$\{\w+[^}]*\}|\$[A-Za-z_]\w*|<[A-Za-z][\w -]*>|__[A-Z0-9_]+__")
_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_TYPOGRAPHIC = re.compile("[“”„‘’‚]")
"""What people leave open in a file: a variable for ``envsubst``, or a word in brackets."""


def _cause(text: str) -> str:
    """Why a text is no value at all, whatever was asked for: a template, a placeholder, or quotes that are none; ""
    otherwise."""
    if _TEMPLATE.search(text):
        return f"{shortened(text)} is part of a template; pipe what fills it in: helm template … | kueue-sim run -"
    if _PLACEHOLDER.search(text):
        return f"{shortened(text)} is a placeholder; put a value in its place"
    quote = _TYPOGRAPHIC.match(text)
    return f"{quote.group()} is a typographic quote; YAML knows \" and ' only" if quote else ""


def near_miss(value: object, accepted: Iterable[str], foremost: Sequence[str] = ()) -> str:
    """What would be accepted instead: the closest name, otherwise all of them. Where they are too many, those that are
    ``foremost`` come first, then what is a little alike, and the last are left out."""
    names = sorted(set(accepted) - {""})
    word = "" if _is_huge(value) else str(value)[:300]
    alike = names if len(names) <= FEW else [name for name in names if name[:1] == word[:1]][:FEW]
    close = difflib.get_close_matches(word, alike, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if not names:
        return "there are none"
    if len(names) <= SHOWN:
        return f"accepted: {', '.join(names)}"
    likely = [name for name in foremost if name in names]
    likely += difflib.get_close_matches(word, alike, cutoff=0.5)
    shown = list(dict.fromkeys([*likely, *names]))[:SHOWN]
    return f"accepted: {', '.join(shown)}, …"


def _is_huge(value: object) -> bool:
    """Whether a number has too many digits to be written out."""
    return isinstance(value, int) and value.bit_length() > 200


def path_text(path: Path) -> str:
    """A path as people write it: ``spec.podSets[0].count``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of one document stand. ``name`` describes a document without a file.

    ``blocks`` has the place of the first character of each text written as a literal block (``|``). ``parts`` are the
    paths of documents of their own that were put together here.
    """

    name: str = ""
    keys: Mapping[Path, Place] = field(default_factory=dict)
    values: Mapping[Path, Place] = field(default_factory=dict)
    blocks: Mapping[Path, Place] = field(default_factory=dict)
    parts: Mapping[Path, Path] = field(default_factory=dict)

    def written(self, path: Path) -> Path:
        """A path as it is in the user's own document."""
        for length in range(len(path), 0, -1) if self.parts else ():
            if path[:length] in self.parts:
                return self.parts[path[:length]] + path[length:]
        return path

    def place(self, path: Path, at_key: bool = False) -> Place | None:
        """The place of a path, of its nearest existing ancestor if it is absent, None without a file."""
        order = (self.keys, self.values) if at_key else (self.values, self.keys)
        for length in range(len(path), -1, -1):
            for places in order:
                if path[:length] in places:
                    return places[path[:length]]
        return None


@dataclass(slots=True)
class Report:
    """The mistakes found so far. ``strict`` also notes what only the API server's validation rejects.

    ``without_effect`` is what pods ask of nodes that is no part of the model. ``remarks`` are what was read in a way
    that its writer may not have meant, each with the place where it first stands, None where it is about a whole file.
    ``release`` is the release of Kueue that the user's file names, "" when it names none: what that release's API
    server does not know is refused then, like other invalid objects. ``partly``: some of what was given could not be
    read, so what is not there is not missed.
    """

    strict: bool = True
    release: str = ""
    partly: bool = False
    mistakes: list[Mistake] = field(default_factory=list)
    _known: set[Mistake] = field(default_factory=set)
    without_effect: set[str] = field(default_factory=set)
    remarks: dict[str, Place | None] = field(default_factory=dict)

    def add(self, source: Source, path: Path, message: str, at_key: bool = False) -> None:
        """Notes a mistake at its place; without a file the path becomes part of the message."""
        place = source.place(path, at_key)
        shown = path_text(source.written(path))
        prefix = shown if place else ": ".join(part for part in (source.name, shown) if part)
        mistake = Mistake(place, f"{prefix}: {message}" if prefix else message)
        if mistake not in self._known:
            self._known.add(mistake)
            self.mistakes.append(mistake)

    def remarked(self) -> list[str]:
        """The remarks, each with its place."""
        return [text if place is None else f"{place}: {text}" for text, place in self.remarks.items()]

    def check(self) -> None:
        """Raises InputError with all mistakes in file order, if there are any."""
        if self.mistakes:
            nowhere = Place("", 0, 0)
            raise InputError(sorted(self.mistakes, key=lambda mistake: mistake.place or nowhere))


@dataclass(slots=True)
class Field:
    """A value of the user's text; an absent one has the value None. Never changed: a workload takes dozens of them, and
    those that cannot be changed take three times as long to make."""

    value: object
    source: Source
    report: Report
    path: Path = ()

    def wrong(self, message: str, at_key: bool = False) -> None:
        """Notes that this value is wrong, and if a placeholder is all that is wrong with it, that."""
        if not at_key and isinstance(self.value, str):
            message = _cause(self.value) or message
        self.report.add(self.source, self.path, message, at_key)

    def invalid(self, message: str) -> None:
        """Notes what the API server rejects although Kueue itself would cope with it."""
        if self.report.strict:
            self.wrong(message)

    def missing(self, message: str) -> None:
        """Notes that what this value names is not there."""
        if not self.report.partly:
            self.wrong(message)

    def unexpected(self, what: str) -> None:
        """Notes that this value has the wrong type."""
        hint = ", put it in quotes" if what == "text" and isinstance(self.value, int | float) else ""
        if what in ("a whole number", "a number") and isinstance(self.value, str) and _NUMBER.fullmatch(self.value):
            hint = ", write it without quotes"
        self.wrong(f"{shortened(self.value)} is not {what}{hint}")

    @property
    def present(self) -> bool:
        """Whether anything is written here; null is nothing."""
        return self.value is not None

    def get(self, *names: str) -> "Field":
        """The field under these keys, one below the other."""
        value: object = self.value
        for name in names:
            value = value.get(name) if type(value) is dict or isinstance(value, Mapping) else None
        return Field(value, self.source, self.report, self.path + names)

    def has(self, name: str) -> bool:
        """Whether the field under this key is present."""
        value = self.value
        return (type(value) is dict or isinstance(value, Mapping)) and value.get(name) is not None

    def first(self, *names: str) -> "Field":
        """The first present field of several alternative keys; the first one if none is present."""
        fields = [self.get(name) for name in names]
        return next((candidate for candidate in fields if candidate.present), fields[0])

    def mapping(self) -> Mapping[str, object]:
        """The value as a mapping; absent is empty."""
        if isinstance(self.value, Mapping):
            return self.value
        if self.value is not None:
            self.unexpected("a mapping")
        return {}

    def entries(self) -> list[tuple[str, "Field"]]:
        """Key and field of each entry of a mapping."""
        return [(str(key), self.get(key)) for key in self.mapping()]

    def items(self) -> list["Field"]:
        """The fields of a list; absent is empty."""
        if isinstance(self.value, list | tuple):
            return [
                Field(value, self.source, self.report, (*self.path, index)) for index, value in enumerate(self.value)
            ]
        if self.value is not None:
            self.unexpected("a list")
        return []

    def only(self, *names: str) -> None:
        """Notes every key that is not among the known ones."""
        for key, child in self.entries():
            if key not in names:
                child.wrong(f"unknown field {key!r}; {near_miss(key, names, FOREMOST)}", at_key=True)

    def members(self, *names: str) -> None:
        """Notes every key of a cluster's object that is not among the known ones. Where what a cluster holds is taken
        as it is, such a key is a remark: its release is newer than those that are modelled."""
        if self.report.strict:
            self.only(*names)
            return
        for key, child in self.entries():
            if key not in names:
                place = child.source.place(child.path, at_key=True)
                where = "" if place is None else f"{place}: "
                told = f"{where}{path_text(child.source.written(child.path))} is a field that is not known and not read"
                self.report.remarks.setdefault(told, None)

    def text(self, default: str = "") -> str:
        """The value as text."""
        if isinstance(self.value, str):
            return self.value
        if self.value is not None:
            self.unexpected("text")
        return default

    def needed(self, what: str = "this field") -> str:
        """The value as text that must not be empty."""
        if self.value is None or self.value == "":
            self.wrong(f"{what} is missing")
        return self.text()

    def optional_text(self) -> str | None:
        """The value as text, None when absent or empty."""
        return self.text() or None

    def integer(self, default: int = 0, minimum: int | None = None, maximum: int | None = None) -> int:
        """The value as a whole number of 64 bits; ``2.0`` counts as 2, as in JSON."""
        value = int(self.value) if isinstance(self.value, float) and self.value.is_integer() else self.value
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.unexpected("a whole number")
            return default
        least, most = INT64[0] if minimum is None else minimum, INT64[1] if maximum is None else maximum
        if value < least:
            self.wrong(f"{shortened(value)} is too small; at least {least} is accepted")
            return default
        if value > most:
            self.wrong(f"{shortened(value)} is too large; at most {most} is accepted")
            return default
        return value

    def optional_integer(self, minimum: int | None = None) -> int | None:
        """The value as a whole number, None when absent."""
        return self.integer(0, minimum) if self.present else None

    def boolean(self, default: bool = False) -> bool:
        """The value as true or false."""
        if isinstance(self.value, bool):
            return self.value
        if self.value is not None:
            self.unexpected("true or false")
        return default

    def choice(self, accepted: Iterable[str], default: str) -> str:
        """The value as one of the accepted words."""
        names = tuple(accepted)
        if self.value is None:
            return default
        if self.value not in names:
            self.wrong(f"{shortened(self.value)} is not accepted; {near_miss(self.value, names)}")
            return default
        return str(self.value)

    def exact(self, default: Fraction = Fraction(0)) -> Fraction:
        """The value as the exact number of a Kubernetes quantity."""
        if self.value is None:
            return default
        try:
            return exact_quantity(self._scalar())
        except ValueError as error:
            self.wrong(str(error))
            return default

    def quantity(self, resource: str) -> int:
        """The value as a quantity in canonical units that must not be negative; absent is 0."""
        if self.value is None:
            return 0
        try:
            amount = parse_quantity(self._scalar(), resource)
        except ValueError as error:
            self.wrong(str(error))
            return 0
        if amount < 0:
            self.wrong(f"{shortened(self.value)} is negative; quantities start at 0")
            return 0
        return amount

    def optional_quantity(self, resource: str) -> int | None:
        """The value as a quantity, None when absent."""
        return self.quantity(resource) if self.present else None

    def duration(self, default: int = 0) -> int:
        """The value as milliseconds."""
        try:
            amount = default if self.value is None else parse_duration(self._scalar())
        except ValueError as error:
            self.wrong(str(error))
            return default
        if amount < 0:
            self.wrong(f"{shortened(self.value)} is negative; durations start at 0s")
            return default
        return amount

    def optional_duration(self) -> int | None:
        """The value as milliseconds, None when absent."""
        return self.duration() if self.present else None

    def number(self, default: float = 0.0) -> float:
        """The value as a number that must not be negative."""
        try:
            amount = float(self.exact(Fraction(default)))
        except OverflowError:
            self.wrong(f"{shortened(self.value)} is too large for a number")
            return default
        if amount < 0:
            self.wrong(f"{shortened(self.value)} is negative; at least 0 is accepted")
            return default
        return amount

    def strings(self) -> tuple[str, ...]:
        """The value as a list of texts."""
        return tuple(item.text() for item in self.items())

    def labels(self) -> dict[str, str]:
        """The value as a mapping of texts to texts."""
        return {key: child.text() for key, child in self.entries()}

    def quantities(self) -> dict[str, int]:
        """The value as a mapping of resources to amounts in canonical units."""
        return {key: child.quantity(key) for key, child in self.entries()}

    def _scalar(self) -> str | int | float:
        if isinstance(self.value, str | int | float) and not isinstance(self.value, bool):
            return self.value
        return shortened(self.value)
