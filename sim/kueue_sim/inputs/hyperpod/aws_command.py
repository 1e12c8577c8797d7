"""Which requests do ``aws sagemaker …`` commands send? Verbatim text in, request members out (HyperPod facts, 2)."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.errors import InputError, Place
from kueue_sim.inputs.hyperpod.api import (
    DELETE_QUOTA,
    DELETE_SCHEDULER,
    QUOTA,
    SCHEDULER,
    UPDATE_QUOTA,
    UPDATE_SCHEDULER,
    ListOf,
    Number,
    Operation,
    Structure,
    typed,
)
from kueue_sim.inputs.hyperpod.shorthand import ShorthandError, parse_shorthand
from kueue_sim.inputs.shell.script import Script
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.text.field import Field, Path, Report, Source, near_miss
from kueue_sim.inputs.text.yamltext import read_yaml

OPERATIONS: Mapping[str, Operation] = {
    "create-cluster-scheduler-config": SCHEDULER,
    "create-compute-quota": QUOTA,
    "update-cluster-scheduler-config": UPDATE_SCHEDULER,
    "update-compute-quota": UPDATE_QUOTA,
    "delete-cluster-scheduler-config": DELETE_SCHEDULER,
    "delete-compute-quota": DELETE_QUOTA,
}
_WHOLE = ("cli-input-json", "cli-input-yaml")
READING = ("describe-", "get-", "list-", "wait")
GLOBAL_VALUES = (
    "region",
    "profile",
    "output",
    "query",
    "endpoint-url",
    "color",
    "ca-bundle",
    "cli-read-timeout",
    "cli-connect-timeout",
    "cli-binary-format",
)
GLOBAL_FLAGS = (
    "debug",
    "no-verify-ssl",
    "no-paginate",
    "no-sign-request",
    "no-cli-pager",
    "cli-auto-prompt",
    "no-cli-auto-prompt",
)
_UNKNOWN = re.compile(r"\$\{?(\w+)")
ReadFile = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Request:
    """One request that changes the governance of a cluster."""

    operation: Operation
    body: Field


@dataclass(slots=True)
class Commands:
    """Reads the commands of one text. ``start`` is the place of its first character, None without a file."""

    report: Report
    read_file: ReadFile
    start: Place | None = None
    notes: list[str] = field(default_factory=list)

    def requests(self, text: str) -> list[Request]:
        """The requests in order; commands that only read are left out, and others are passed over with a note."""
        found: list[Request] = []
        passed: dict[str, None] = {}

        def run(command: Command) -> bool | None:
            words = command.words
            service, name, _ = self.parts(words) if words[0].text == "aws" else (words[0].text, "", {})
            if self.asks(name):
                script.assume()
                return False
            if service != "sagemaker":
                passed[" ".join(word.text for word in words[:2])] = None
                return True if words[0].text == "aws" else None
            request = self.request(words)
            found.extend([] if request is None else [request])
            return True

        script = Script(self._complain, run=run)
        script.follow(text)
        self.notes += [f"passed over in the commands of HyperPod: {', '.join(passed)}"] if passed else []
        return found

    def _complain(self, line: int, column: int, message: str) -> None:
        self.wrong(Word("", line, column, True), message)

    def place(self, word: Word) -> Place | None:
        """Where a word stands in the user's file."""
        if self.start is None:
            return None
        return Place(self.start.file, self.start.line + word.line, self.start.column + word.column)

    def wrong(self, word: Word, message: str) -> None:
        """Notes a mistake at a word, without a place where the command stands in no file."""
        place = self.place(word)
        self.report.add(Source("", {}, {(): place}) if place else Source("aws command"), (), message)

    def parts(self, words: Sequence[Word]) -> tuple[str, str, dict[str, Word]]:
        """Service, operation and options (the first value of each) of a command that begins with ``aws``."""
        service, operation, *rest = [*self._without_global(words[1:]), Word("", 0, 0, True), Word("", 0, 0, True)]
        options = {option.text.removeprefix("--"): values[0] for option, values in _options(rest) if values}
        return service.text, operation.text, options

    @staticmethod
    def asks(operation: str) -> bool:
        """Whether an operation only reads."""
        return operation.startswith(READING)

    def request(self, words: Sequence[Word]) -> Request | None:
        """The request of an ``aws sagemaker`` command; None when it is none that is read, which is a mistake."""
        service, *rest = self._without_global(words[1:]) or [words[0]]
        if not rest:
            self.wrong(service, f"the operation is missing; {near_miss('', OPERATIONS)}")
            return None
        name, *options = rest
        if name.text not in OPERATIONS:
            self.wrong(name, f"the operation {name.text!r} is not read; {near_miss(name.text, OPERATIONS)}")
            return None
        operation = OPERATIONS[name.text]
        return Request(operation, self._body(words[0], options, operation))

    def _without_global(self, words: Sequence[Word]) -> list[Word]:
        """The words without options that concern the client alone; they may stand anywhere."""
        kept: list[Word] = []
        skip = False
        for word in words:
            name, equals, _ = word.text.removeprefix("--").partition("=")
            if skip:
                skip = False
            elif word.text.startswith("--") and name in GLOBAL_VALUES:
                skip = not equals
            elif not (word.text.startswith("--") and name in GLOBAL_FLAGS):
                kept.append(word)
        return kept

    def _body(self, command: Word, words: Sequence[Word], operation: Operation) -> Field:
        members = {_option(name): name for name in operation.request.members}
        values: dict[str, object] = {}
        whole: dict[str, object] = {}
        places: dict[Path, Place | None] = {(): self.place(command)}
        for option, arguments in _options(words):
            name = option.text.removeprefix("--").partition("=")[0]
            if name in _WHOLE:
                whole = self._whole(option, arguments, name)
            elif name not in members:
                accepted = [f"--{text}" for text in (*members, *_WHOLE)]
                self.wrong(option, f"unknown option --{name}; {near_miss(f'--{name}', accepted)}")
            elif not arguments:
                self.wrong(option, f"--{name} needs a value")
            else:
                member = members[name]
                places[(member,)] = self.place(arguments[0])
                values[member] = self._value(arguments, operation.request.members[member])
        where = {path: place for path, place in places.items() if place is not None}
        source = Source("" if where else "aws command", {}, where)
        return Field({**whole, **values}, source, self.report)

    def _whole(self, option: Word, arguments: Sequence[Word], name: str) -> dict[str, object]:
        """A whole request as JSON or YAML."""
        text = self._content(arguments[0]) if arguments else ""
        if name == "cli-input-yaml":
            documents = read_yaml(text, f"--{name}", self.report)
            value = documents[0].value if documents else None
        else:
            value = self._json(arguments[0], text) if arguments else None
        if not isinstance(value, dict):
            self.wrong(
                option, f"--{name} needs {'a mapping' if name.endswith('yaml') else 'a JSON object'} or file://…"
            )
            return {}
        return value

    def _value(self, arguments: Sequence[Word], shape: object) -> object:
        if not isinstance(shape, Structure | ListOf):
            self._single(arguments)
            return typed(arguments[0].text, shape) if isinstance(shape, Number) else arguments[0].text
        if isinstance(shape, ListOf) and len(arguments) > 1:
            return [self._structured(word, shape.item) for word in arguments]
        self._single(arguments)
        return self._structured(arguments[0], shape)

    def _single(self, arguments: Sequence[Word]) -> None:
        if len(arguments) > 1:
            self.wrong(arguments[1], f"{arguments[1].text!r} is one word too many; put the value in quotes")

    def _structured(self, word: Word, shape: object) -> object:
        unknown = _UNKNOWN.match(word.text)
        if unknown is not None:
            name = unknown[1]
            self.wrong(word, f"the value of ${name} is not known; --var {name}=… gives it, or what it depends on")
            return {}
        text = self._content(word)
        if text.lstrip().startswith(("{", "[")):
            return self._json(word, text)
        assert isinstance(shape, Structure | ListOf)
        if word.bare and "{" in word.text and "," in word.text:
            self.notes.append("braces outside quotes are expanded by some shells; put the value in quotes")
        inner = shape.item if isinstance(shape, ListOf) else shape
        try:
            value = typed(parse_shorthand(text, self.read_file), inner)
        except ShorthandError as error:
            self.wrong(word, f"not valid shorthand: {error}")
            return {}
        return [value] if isinstance(shape, ListOf) else value

    def _json(self, word: Word, text: str) -> object:
        try:
            return json.loads(text)
        except RecursionError:
            self.wrong(word, "not valid JSON: nested too deeply")
        except ValueError as error:
            self.wrong(word, f"not valid JSON: {error}")
        return {}

    def _content(self, word: Word) -> str:
        if not word.text.startswith("file://"):
            return word.text
        try:
            return self.read_file(word.text.removeprefix("file://"))
        except InputError as error:
            self.wrong(word, error.mistakes[0].message)
            return "{}"


def _option(member: str) -> str:
    """``ComputeQuotaConfig`` as the command line writes it: ``compute-quota-config``."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in member).lstrip("-")


def _options(words: Sequence[Word]) -> list[tuple[Word, list[Word]]]:
    """Each option with the words after it; ``--name=value`` counts as two words."""
    found: list[tuple[Word, list[Word]]] = []
    for word in words:
        if word.text.startswith("--"):
            _, equals, value = word.text.partition("=")
            found.append((word, [Word(value, word.line, word.column, word.bare)] if equals else []))
        elif found:
            found[-1][1].append(word)
        else:
            found.append((word, []))
    return found
