"""Which other files does a scenario name, and what do they hold?"""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from sim.errors import Mistake, Place
from sim.inputs.field import Field, Report, Source
from sim.inputs.yamltext import holds_commands, read_yaml


@dataclass(slots=True)
class Files:
    """Reads files relative to the scenario's folder and remembers all it read for the digest."""

    folder: Path
    report: Report
    read: dict[str, str] = field(default_factory=dict)

    def path(self, name: Field) -> Path | None:
        """The path a field names; a missing file is a mistake."""
        path = self.folder / name.needed("the name of a file")
        if path.is_file():
            return path
        folder = "; it is a folder, name its files" if path.is_dir() else ""
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
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            name.wrong(f"{str(path)!r} is not UTF-8 text")
            return []
        self.read[name.text()] = hashlib.sha256(text.encode()).hexdigest()
        return read_yaml(text, str(path), self.report)

    def overlay(self, path: str | Path) -> list[Field]:
        """All documents of a file given from outside, relative to the current folder.

        A file of `aws` commands is one document with the text under ``commands``.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.report.mistakes.append(Mistake(None, f"cannot read {str(path)!r}: {reason}"))
            return []
        self.read[f"overlay {Path(path).name}"] = hashlib.sha256(text.encode()).hexdigest()
        if holds_commands(text):
            start = Place(str(path), 1, 1)
            source = Source("", {}, {(): start}, {("commands",): start})
            return [Field({"commands": text}, source, self.report)]
        return read_yaml(text, str(path), self.report)

    def text(self, name: str) -> str:
        """The content of a file that a text names. Raises OSError or UnicodeDecodeError."""
        text = (self.folder / name).read_text(encoding="utf-8")
        self.read[name] = hashlib.sha256(text.encode()).hexdigest()
        return text

    def raw(self, name: Field) -> Path | None:
        """The path of a data file, whose content is part of the digest."""
        path = self.path(name)
        if path is not None:
            self.read[name.text()] = hashlib.sha256(path.read_bytes()).hexdigest()
        return path


def digest(value: object, read: dict[str, str]) -> str:
    """16 hex digits that stand for the input: the scenario after overrides and all files it names."""
    text = json.dumps([value, read], sort_keys=True, default=str, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
