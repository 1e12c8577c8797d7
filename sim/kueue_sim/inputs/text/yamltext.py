"""What does a YAML text hold, and where does every value of it stand?"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any

import yaml
from yaml.reader import Reader, ReaderError

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.text.appended import appended
from kueue_sim.inputs.text.field import Field, Path, Report, Source
from kueue_sim.inputs.text.python_text import with_plain_times
from kueue_sim.units import shortened

if TYPE_CHECKING:
    _SafeLoader = yaml.SafeLoader
else:
    _SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD = "tag:yaml.org,2002:"
_TEXT_TAGS = tuple(f"{_STANDARD}{name}" for name in ("str", "timestamp", "binary"))
_NUMBER_TAGS = (f"{_STANDARD}int", f"{_STANDARD}float")
OURS = "kueue-sim/"
"""How the apiVersion of our own documents begins."""
_MERGE = "tag:yaml.org,2002:merge"
MOST_REPEATED = 100_000
"""Mappings and lists that aliases may repeat, so that a few lines cannot fill the memory."""
_COMMAND = re.compile(r"^\s*(?:[$%] )?(?:aws|kubectl) ", re.MULTILINE)
_YAML = re.compile(r"---|[\w.\"'/-]+\s*:(?:\s|$)|[{\[]|- ")
MOST_NESTED = 200
"""Levels of mappings and lists in one another; Python versions differ in how many they bear."""
MOST_BITS = 200
"""Whole numbers of more bits are mistakes wherever they stand."""
_GO_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?", re.ASCII)
_FIRST_OF_NUMBERS = tuple("+-.0123456789")
_GO_OCTAL = re.compile(r"[-+]?0[oO][0-7]+", re.ASCII)
_EXACT = 2**53
"""Whole numbers up to which a float is exact."""


def _as_kubectl_reads(text: str) -> object:
    """The number that kubectl takes a plain word for although YAML's own rules take it for text, such as ``1e3`` and
    ``08``; other words stay as they are."""
    if text[:1] not in _FIRST_OF_NUMBERS:
        return text
    plain = text.replace("_", "") if text[:1] != "." else text
    if _GO_OCTAL.fullmatch(plain):
        return int(plain, 8)
    if _GO_FLOAT.fullmatch(plain) and isfinite(number := float(plain)):
        return number
    return text


def _whole(value: object) -> object:
    """A number without its empty fraction: JSON, in which kubectl sends it, has ``2`` for ``2.0``."""
    return int(value) if isinstance(value, float) and abs(value) <= _EXACT and value.is_integer() else value


def _function(tag: str, value: object) -> dict[str, object]:
    """A function of a CloudFormation template in its long form: ``!Ref a`` is ``{Ref: a}``."""
    name = tag.removeprefix("!")
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


def _of_template(node: yaml.Node | None) -> bool:
    """Whether a document is a CloudFormation template."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return any(key.value == "Resources" and isinstance(item, yaml.MappingNode) for key, item in pairs)


def _of_cluster(node: yaml.Node | None) -> bool:
    """Whether a document is an object of a cluster, which kubectl reads, and none of our own."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return any(key.value == "apiVersion" and not str(item.value).startswith(OURS) for key, item in pairs)


class _Loader(_SafeLoader):
    """Finds the type of a plain value once: the keys of a long list are the same for every entry."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._tags: dict[tuple[str, tuple[bool, bool]], str] = {}

    def resolve(self, kind: type[yaml.Node], value: Any, implicit: Any) -> str:
        """The tag of a node without one of its own."""
        if kind is not yaml.ScalarNode:
            return str(super().resolve(kind, value, implicit))  # type: ignore[no-untyped-call]
        known = self._tags.get((value, implicit))
        if known is None:
            found = super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]
            known = self._tags[value, implicit] = str(found)
        return known


@dataclass(slots=True)
class _Builder:
    """Turns the nodes of one document into plain values and notes their places."""

    file: str
    lines: list[str]
    loader: yaml.SafeLoader
    report: Report
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    blocks: dict[Path, Place] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    seen: set[int] = field(default_factory=set)
    repeated: int = 0
    twice: list[Mistake] = field(default_factory=list)
    tagged: list[Mistake] = field(default_factory=list)
    of_cluster: bool = False
    of_template: bool = False

    def place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def wrong(self, node: yaml.Node, message: str) -> None:
        self.report.mistakes.append(Mistake(self.place(node), message))

    def document(self, node: yaml.Node | None) -> object:
        """The value of a whole document. A key that stands twice is a mistake in a file of our own; in a manifest the
        last one counts, as for kubectl. Tags of other programs are mistakes in manifests only."""
        self.of_cluster, self.of_template = _of_cluster(node), _of_template(node)
        value = None if node is None else self.build(node, ())
        head = value if isinstance(value, dict) else {}
        if "kind" in head:
            self.report.mistakes += self.tagged
        if "apiVersion" in head and not str(head["apiVersion"]).startswith(OURS):
            self.report.remarks |= {f"{one}; the last counts, as with kubectl": None for one in self.twice}
        else:
            self.report.mistakes += self.twice
        return value

    def build(self, node: yaml.Node, path: Path) -> object:
        self.values[path] = self.place(node)
        if isinstance(node, yaml.ScalarNode):
            if node.style == "|":
                self.blocks[path] = self.first_of_block(node)
            return self.scalar(node)
        self.repeated += id(node) in self.seen
        self.seen.add(id(node))
        if self.repeated > MOST_REPEATED:
            raise yaml.YAMLError("aliases repeat too much; write the document without them")
        if len(path) >= MOST_NESTED:
            raise yaml.YAMLError(f"nested too deeply, in more than {MOST_NESTED} levels")
        if id(node) in self.open:
            self.wrong(node, "this anchor contains itself")
            return None
        self.open.add(id(node))
        value: object
        if isinstance(node, yaml.SequenceNode):
            value = [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        else:
            value = self.mapping(node, path)
        self.open.discard(id(node))
        return _function(node.tag, value) if self.of_template and node.tag.startswith("!") else value

    def first_of_block(self, node: yaml.Node) -> Place:
        """The place of the first character of a literal block's text."""
        number = node.start_mark.line + 1
        text = next((line for line in self.lines[number:] if line.strip()), "")
        return Place(self.file, number + 1, len(text) - len(text.lstrip()) + 1)

    def scalar(self, node: yaml.ScalarNode) -> object:
        if node.tag in _TEXT_TAGS or (node.tag in _NUMBER_TAGS and ":" in node.value):
            return _whole(_as_kubectl_reads(node.value)) if self.of_cluster and not node.style else node.value
        try:
            value: object = self.loader.construct_object(node)
        except (yaml.YAMLError, ValueError):
            found = Mistake(self.place(node), f"{shortened(node.value)} cannot be read as {node.tag}")
            if node.tag.startswith(_STANDARD):
                self.report.mistakes.append(found)
                return None
            if self.of_template:
                return _function(node.tag, node.value)
            self.tagged.append(found)
            return node.value
        if isinstance(value, int) and value.bit_length() > MOST_BITS:
            self.wrong(node, f"{shortened(value)} is too large for any number here")
            return None
        return _whole(value) if self.of_cluster else value

    def mapping(self, node: yaml.Node, path: Path) -> dict[object, object]:
        result: dict[object, object] = {}
        own: set[object] = set()
        for key_node, value_node in node.value:
            if key_node.tag == _MERGE:
                self.merge(value_node, path, result)
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong(key_node, "a key must be text")
                continue
            key = self.scalar(key_node)
            name = key if isinstance(key, str) else str(key_node.value)
            if name in own:
                self.twice.append(Mistake(self.place(key_node), f"the key {name!r} stands here twice"))
            own.add(name)
            self.keys[(*path, name)] = self.place(key_node)
            result[name] = self.build(value_node, (*path, name))
        return result

    def merge(self, node: yaml.Node, path: Path, result: dict[object, object]) -> None:
        for child in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            value = self.build(child, path) if isinstance(child, yaml.MappingNode) else None
            if not isinstance(value, dict):
                self.wrong(child, "<<: needs a mapping")
                continue
            for key, item in value.items():
                result.setdefault(key, item)


def read_yaml(text: str, file: str, report: Report) -> list[Field]:
    """The documents of a YAML text, or of several that a cluster's answers were appended to; a syntax error becomes a
    mistake with its place.

    A text without mistakes is parsed once, however often it is read: a sweep reads the same files for every cell. Every
    reading gets values of its own, because overrides change them in place.
    """
    known = _PARSED.texts.get((text, file))
    if known is None:
        before, remarks = len(report.mistakes), report.remarks
        report.remarks = {}
        found = [document for part in appended(with_plain_times(text)) for document in _documents(part, file, report)]
        own, report.remarks = report.remarks, remarks | report.remarks
        if len(report.mistakes) > before or own:
            return found
        known = tuple((field.value, field.source) for field in found)
        _PARSED.keep(text, file, known)
    return [Field(_own(value), _own_source(source), report) for value, source in known]


def _own(value: object) -> object:
    """A copy of plain values that may be changed."""
    if isinstance(value, dict):
        return {key: _own(item) for key, item in value.items()}
    return [_own(item) for item in value] if isinstance(value, list) else value


def _own_source(source: Source) -> Source:
    return Source(source.name, dict(source.keys), dict(source.values), dict(source.blocks))


@dataclass(slots=True)
class _Parsed:
    """Values of texts that were read, by text and file; all are forgotten when they become too much."""

    texts: dict[tuple[str, str], tuple[tuple[object, Source], ...]] = field(default_factory=dict)
    characters: int = 0

    def keep(self, text: str, file: str, values: tuple[tuple[object, Source], ...]) -> None:
        if len(self.texts) >= MOST_PARSED or self.characters > MOST_CHARACTERS:
            self.texts.clear()
            self.characters = 0
        self.texts[text, file] = values
        self.characters += len(text)


MOST_PARSED, MOST_CHARACTERS = 8192, 16_000_000
"""Texts whose values are kept: so many, or so long together."""
_PARSED = _Parsed()


def _documents(text: str, file: str, report: Report) -> Iterator[Field]:
    lines = text.splitlines()
    try:
        loader = _Loader(text)
        while loader.check_node():
            builder = _Builder(file, lines, loader, report)
            value = builder.document(loader.get_node())
            yield Field(value, Source("", builder.keys, builder.values, builder.blocks), report)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        detail = " ".join(part for part in (error.context, error.problem) if part)
        line = lines[mark.line] if mark and mark.line < len(lines) else ""
        tab = (
            "; a line is indented by spaces, here stands a tab"
            if "\t" in line[: len(line) - len(line.lstrip())]
            else ""
        )
        report.mistakes.append(Mistake(place, f"not valid YAML: {detail}{tab}"))
    except ReaderError:
        report.mistakes.append(_unprintable(text, file))
    except yaml.YAMLError as error:
        report.mistakes.append(Mistake(Place(file, 1, 1), f"not valid YAML: {error}"))
    except RecursionError:
        report.mistakes.append(Mistake(Place(file, 1, 1), "not valid YAML: nested too deeply"))


def _unprintable(text: str, file: str) -> Mistake:
    """The first character that YAML does not allow as it is."""
    found = Reader.NON_PRINTABLE.search(text)
    assert found is not None
    before = text[: found.start()]
    place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
    return Mistake(place, f"not valid YAML: the character {found.group()!r} is allowed as an escape in quotes only")


def holds_commands(text: str) -> bool:
    """Whether a text is one of shell commands, not YAML."""
    if text.startswith("#!"):
        return True
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return _COMMAND.search(text) is not None and _YAML.match(first) is None
