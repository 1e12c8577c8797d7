"""Which policy tests does a file hold? Scenarios with ``expect``, and files of kind PolicyTest with many tests."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.documents import VERSION
from kueue_sim.inputs.kueue.configuration import read_releases
from kueue_sim.inputs.loading import Beside, Loaded
from kueue_sim.inputs.repository.given import Text, content_of
from kueue_sim.inputs.scenario import load_document
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.field import Path as Steps
from kueue_sim.inputs.text.overrides import RELEASE_PATHS
from kueue_sim.inputs.text.schema import SCENARIO
from kueue_sim.inputs.text.textfile import STDIN, is_file, read_text, shown
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model import Scenario
from kueue_sim.policytest.expectations import Expectation
from kueue_sim.policytest.reading import Reading

TEST_FILE = ("apiVersion", "kind", "name", "description", "world", "versions", "set", "tests")
TEST = (
    "name",
    "description",
    "world",
    "versions",
    "set",
    "overlays",
    "policy",
    "workloads",
    "timeline",
    "horizon",
    "drain",
    "seed",
    "expect",
)
_ADDED = ("workloads", "timeline")
_REPLACED = ("horizon", "drain", "seed")
_OF_THE_TEST = ("versions", "expect")
"""What a scenario says of itself as a test, and nothing of the world."""
_SUFFIXES = (".yaml", ".yml")
_MANIFEST = re.compile(r"^apiVersion:\s*['\"]?kueue\.x-k8s\.io/", re.MULTILINE)
_PROMISING = re.compile(r"^kind:\s*['\"]?PolicyTest|^expect:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One test: a file and, in a file of kind PolicyTest, which of its tests. ``index`` None: the scenario's own.

    ``version`` is the release of Kueue it is run under, where the file names several; "" is that of its world.
    """

    file: str
    name: str
    index: int | None = None
    place: Place | None = None
    version: str = ""

    @property
    def title(self) -> str:
        """The name, and the release where the test is run under several."""
        return f"{self.name} (Kueue {self.version})" if self.version else self.name

    def __str__(self) -> str:
        return f"{self.file}::{self.title}"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A test ready to run. ``expect`` is the list in the user's file."""

    scenario: Scenario
    expectations: tuple[Expectation, ...]
    expect: Field


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """The files given, and below the folders given those that look like policy tests, in order of name."""
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.exists() and str(path) != STDIN:
            raise InputError([Mistake(None, f"there is no file or folder {str(path)!r}")])
        found += _below(path) if path.is_dir() else [path]
    return list(dict.fromkeys(found))


def _below(folder: Path) -> list[Path]:
    """The files below a folder that look like policy tests, in order of name."""
    files = sorted(item for item in folder.rglob("*") if item.suffix in _SUFFIXES and item.is_file())
    return [item for item in files if _promising(item)]


def _promising(path: Path) -> bool:
    try:
        return _PROMISING.search(read_text(path)) is not None
    except InputError:
        return False


def tests_of(path: Path) -> list[PolicyTest]:
    """The tests of one file, unread but for their names and releases: a test that is run under several is there once
    for each. Raises InputError with the mistakes of its frame."""
    document = _document(path)
    if document.get("kind").value != "PolicyTest":
        name = document.get("name").text() or path.stem
        own = PolicyTest(str(path), name, None, document.source.place(("expect",), at_key=True))
        found = _under_each(own, document.get("versions"))
        document.report.check()
        return found
    document.only(*TEST_FILE)
    document.get("apiVersion").choice((VERSION,), VERSION)
    tests: list[PolicyTest] = []
    for index, item in enumerate(document.get("tests").items()):
        item.only(*TEST)
        name = item.get("name").needed("the name of the test")
        if name in (test.name for test in tests):
            item.get("name").wrong(f"a second test named {name!r}")
        if not item.get("expect").present:
            item.wrong("expect is missing")
        if not item.get("world").present and not document.get("world").present:
            item.wrong("world is missing, here or for the whole file: a scenario file, manifests, or inline sections")
        versions = item.get("versions") if item.get("versions").present else document.get("versions")
        _one_release(versions, item.get("set"), document.get("set"))
        tests += _under_each(PolicyTest(str(path), name, index, item.source.place(item.path)), versions)
    if not tests:
        document.wrong("tests is missing or empty")
    document.report.check()
    return tests


def _under_each(test: PolicyTest, versions: Field) -> list[PolicyTest]:
    """A test for each of the releases; the test itself where none is named."""
    return [replace(test, version=version) for version in read_releases(versions)] or [test]


def _one_release(versions: Field, *sets: Field) -> None:
    """Notes where ``set`` gives a release beside those of ``versions``."""
    for field in sets if versions.present else ():
        for name, child in field.entries():
            if name in RELEASE_PATHS:
                child.wrong("versions names the releases of this test; accepted: one of the two", at_key=True)


def prepare(test: PolicyTest, overrides: Sequence[tuple[str, object]] = ()) -> Prepared:
    """The scenario and the expectations of a test. Raises InputError with all mistakes of both."""
    document = _document(Path(test.file))
    expect = _of_test(test, document).get("expect")
    reading = Reading(expect, Path(test.file).parent)
    try:
        loaded = _loaded(test, document, overrides, reading)
    except InputError as error:
        raise reading.added_to(error) from None
    return Prepared(loaded.scenario, reading.found, expect)


def load_test(test: PolicyTest, overrides: Sequence[tuple[str, object]] = ()) -> tuple[Loaded, Field]:
    """The world of a test with its differences, and the list of what it expects, unread. Raises InputError."""
    document = _document(Path(test.file))
    return _loaded(test, document, overrides), _of_test(test, document).get("expect")


def _of_test(test: PolicyTest, document: Field) -> Field:
    """What the file says of one test: the whole document of a scenario."""
    return document if test.index is None else document.get("tests").items()[test.index]


def _loaded(
    test: PolicyTest, document: Field, overrides: Sequence[tuple[str, object]], beside: Beside | None = None
) -> Loaded:
    path = Path(test.file)
    if test.version:
        overrides = [*overrides, ("kueue.version", test.version)]
    if test.index is None:
        return load_document(document, path.parent, path.stem, overrides, beside=beside)
    return _with_differences(document, _of_test(test, document), path, overrides, beside)


def expect_of(given: Path | Text) -> Field:
    """What a scenario expects, unread; absent where its text is no scenario, which its own reader tells."""
    try:
        return _document(given).get("expect")
    except InputError:
        return Field(None, Source(), Report())


def _document(given: Path | Text) -> Field:
    """The one document of a YAML text. Raises InputError."""
    report = Report()
    path = given if isinstance(given, Path) else Path(given.name)
    documents = read_yaml(content_of(given), shown(path), report)
    report.check()
    present = [document for document in documents if document.present]
    if len(present) != 1:
        raise InputError([Mistake(Place(shown(path), 1, 1), f"{len(present)} documents; a policy test file holds one")])
    present[0].get("kind").choice(("PolicyTest", "Scenario"), "Scenario")
    report.check()
    return present[0]


# -- the world of a test ----------------------------------------------------------------------------------


def _with_differences(
    document: Field, item: Field, path: Path, overrides: Sequence[tuple[str, object]], beside: Beside | None
) -> Loaded:
    """The world with what one test changes and adds."""
    own = item.get("world")
    world, folder = _world(own if own.present else document.get("world"), path)
    merged = _Merged(world, os.path.relpath(path.parent, folder))
    for name in _ADDED:
        merged.append(item.get(name), name)
    merged.append(item.get("policy", "objects"), "policy", "objects")
    item.get("policy").only("objects")
    for name in _REPLACED:
        merged.put(item.get(name), name)
    changes = [*_changes(document.get("set")), *_changes(item.get("set")), *overrides]
    overlays = [path.parent / overlay.text() for overlay in item.get("overlays").items()]
    item.report.check()
    try:
        return load_document(merged.document(), folder, path.stem, changes, overlays, beside)
    except InputError as error:
        raise InputError([_placed(one, (item.get("set"), document.get("set"))) for one in error.mistakes]) from None


def _placed(mistake: Mistake, sets: Sequence[Field]) -> Mistake:
    """A mistake about an override, at the place where the test has it."""
    for field in sets:
        for name, child in field.entries():
            if mistake.place is None and mistake.message.startswith(f"override {name}:"):
                return Mistake(child.source.place(child.path, at_key=True), mistake.message)
    return mistake


def _world(world: Field, path: Path) -> tuple[Field, Path]:
    """The scenario document that a ``world`` means, and the folder its file names are relative to."""
    if isinstance(world.value, str):
        file = path.parent / world.value
        if not is_file(file):
            world.wrong(f"there is no file {str(file)!r}")
            world.report.check()
        if _MANIFEST.search(read_text(file)):
            world.wrong(f"{str(file)!r} holds manifests; those are given as a list: world: [{world.value}]")
            world.report.check()
        base = _document(file)
        return replace(base, report=world.report), file.parent
    value: dict[str, object] = {"apiVersion": VERSION, "kind": "Scenario"}
    if isinstance(world.value, list):
        world.strings()
        keys, values = _moved(world, ("policy", "include"))
        return Field(value | {"policy": {"include": world.value}}, Source("", keys, values), world.report), path.parent
    world.only(*(name for name in SCENARIO if name not in _OF_THE_TEST))
    keys, values = _moved(world, ())
    return Field(value | dict(world.mapping()), Source("", keys, values), world.report), path.parent


def _changes(field: Field) -> list[tuple[str, object]]:
    """Overrides written as a mapping of path to value."""
    return list(field.mapping().items())


def _moved(field: Field, to: Steps) -> tuple[dict[Steps, Place], dict[Steps, Place]]:
    """The places of everything in a field, as if it stood at another path."""
    length = len(field.path)

    def move(places: Mapping[Steps, Place]) -> dict[Steps, Place]:
        return {to + path[length:]: place for path, place in places.items() if path[:length] == field.path}

    return move(field.source.keys), move(field.source.values)


class _Merged:
    """A copy of a scenario document to which a test adds; every value keeps the place where it was written."""

    def __init__(self, world: Field, to_test: str) -> None:
        self._world = world
        self._value = dict(world.mapping())
        for name in _OF_THE_TEST:
            self._value.pop(name, None)
        self._keys = dict(world.source.keys)
        self._values = dict(world.source.values)
        self._to_test = to_test

    def append(self, items: Field, *names: str) -> None:
        """Adds list items behind those that the world has under ``names``."""
        if not items.present:
            return
        holder = self._value
        for name in names[:-1]:
            inner = holder.get(name)
            holder[name] = holder = dict(inner) if isinstance(inner, dict) else {}
        old = holder.get(names[-1])
        old = list(old) if isinstance(old, list) else []
        for index, item in enumerate(items.items()):
            self._place(item, (*names, len(old) + index))
        holder[names[-1]] = old + [self._from_test(item.value) for item in items.items()]

    def put(self, field: Field, name: str) -> None:
        if field.present:
            self._value[name] = field.value
            self._place(field, (name,))

    def _place(self, field: Field, to: Steps) -> None:
        keys, values = _moved(field, to)
        self._keys |= keys
        self._values |= values

    def _from_test(self, entry: object) -> object:
        """An entry that names a manifest file means one beside the test, not beside the world."""
        if isinstance(entry, dict) and isinstance(entry.get("manifest"), str):
            return entry | {"manifest": os.path.join(self._to_test, entry["manifest"])}
        return entry

    def document(self) -> Field:
        return Field(self._value, Source(self._world.source.name, self._keys, self._values), self._world.report)
