"""Which other files does a scenario name, and what do they hold?"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import STDIN, read_text, shown
from kueue_sim.inputs.text.yamltext import holds_commands, read_yaml
from kueue_sim.units import shortened


@dataclass(slots=True)
class Files:
    """Reads files relative to the scenario's folder and remembers all it read for the digest."""

    folder: Path
    report: Report
    read: dict[str, str] = field(default_factory=dict)

    def path(self, name: Field) -> Path | None:
        """The path a field names; a missing file is a mistake."""
        text = name.needed("the name of a file")
        if not text:
            return None
        path = self.folder / text
        try:
            if path.is_file():
                return path
            folder = "; it is a folder, name its files" if path.is_dir() else ""
        except (OSError, ValueError) as error:
            name.wrong(f"{shortened(str(path))} cannot be the name of a file: {getattr(error, 'strerror', error)}")
            return None
        name.wrong(f"there is no file {str(path)!r}{folder}")
        return None

    def manifests(self, names: Field) -> list[Field]:
        """All documents of the files that a list of names holds."""
        return [document for name in names.items() for document in self.documents(name)]

    def documents(self, name: Field) -> list[Field]:
        """All documents of the YAML or JSON file that a field names."""
        path = self.path(name)
        if path is None:
            return []
        text = self.content(path)
        if text is None:
            return []
        self.read[name.text()] = hashlib.sha256(text.encode()).hexdigest()
        return read_yaml(text, str(path), self.report)

    def overlay(self, path: str | Path) -> list[Field]:
        """All documents of a file given from outside, relative to the current folder.

        A file of `aws` commands is one document with the text under ``commands``.
        """
        text = self.content(path)
        if text is None:
            return []
        path = shown(path) if str(path) == STDIN else path
        self.read[f"overlay {Path(path).name}"] = hashlib.sha256(text.encode()).hexdigest()
        if holds_commands(text):
            start = Place(str(path), 1, 1)
            source = Source("", {}, {(): start}, {("commands",): start})
            return [Field({"commands": text}, source, self.report)]
        before = len(self.report.mistakes)
        documents = read_yaml(text, str(path), self.report)
        if len(self.report.mistakes) == before and not any(document.present for document in documents):
            message = "the file is empty; an overlay holds manifests or parts of a scenario"
            self.report.mistakes.append(Mistake(Place(str(path), 1, 1), message))
        return documents

    def content(self, path: str | Path) -> str | None:
        """The text of a file; one that cannot be read is a mistake, and None."""
        try:
            return read_text(path)
        except InputError as error:
            self.report.mistakes += error.mistakes
            return None

    def text(self, name: str) -> str:
        """The content of a file that a text names. Raises InputError."""
        text = read_text(self.folder / name)
        self.read[name] = hashlib.sha256(text.encode()).hexdigest()
        return text

    def raw(self, name: Field) -> Path | None:
        """The path of a data file, whose content is part of the digest."""
        path = self.path(name)
        if path is not None:
            with path.open("rb") as content:
                self.read[name.text()] = hashlib.file_digest(content, "sha256").hexdigest()
        return path


def digest(value: object, read: dict[str, str]) -> str:
    """16 hex digits that stand for the input: the scenario after overrides and all files it names."""
    try:
        text = json.dumps([value, read], sort_keys=True, default=str, separators=(",", ":"))
    except TypeError:  # keys that are no text have no order among those that are
        text = json.dumps([_with_text_keys(value), read], sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _with_text_keys(value: object) -> object:
    """The same value, every key of which is text."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else repr(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value
