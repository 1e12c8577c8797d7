"""Which manifests do ``-f`` and ``-k`` of a command name? Files, folders, pipes and kustomizations, at their places."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kueue_sim.errors import InputError, Place
from kueue_sim.inputs.kueue.manager.installed_release import of_address
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.repository.kustomization import is_remote, kustomization_in
from kueue_sim.inputs.repository.kustomize import build
from kueue_sim.inputs.repository.skipped import Skipped
from kueue_sim.inputs.shell.built_in import Shell
from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.steps import releases
from kueue_sim.inputs.steps.kubectl import Kubectl
from kueue_sim.inputs.steps.printed import missing
from kueue_sim.inputs.steps.setup import Setup
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import is_file, is_folder, read_text
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.units import shortened

MANIFESTS = (".yaml", ".yml", ".json")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")


def found_file(here: Path, name: str) -> Path:
    """A file or folder where a script stands; scripts that are started elsewhere name files from the current folder."""
    path = here / name
    there = is_file(path) or is_folder(path)
    return path if there or not (is_file(Path(name)) or is_folder(Path(name))) else Path(name)


@dataclass(frozen=True, slots=True)
class ManifestFiles:
    """Reads for a script, called ``script``, whose commands run in ``shell``."""

    report: Report
    skipped: Skipped
    setup: Setup
    shell: Shell
    script: str

    def documents(self, one: Kubectl, stdin: str | None) -> list[Field]:
        """The documents of a command, Lists unfolded."""
        found: list[Field] = []
        for word in one.files:
            found += self._of_file(word, stdin, "recursive" in one.options)
        for word in one.folders:
            folder = found_file(self.shell.folder, word.text)
            origin = self.shell.written.origin(folder)
            if origin is not None:
                self._remote(replace(word, text=origin))
            elif is_folder(folder) and kustomization_in(folder):
                found += build(folder, self.report, self.skipped.note)
            elif is_remote(word.text):
                self._remote(word)
            else:
                self._wrong(word, missing(word, f"{str(folder)!r} has no kustomization"))
        return [item for item in flatten(found) if isinstance(item.value, dict)]

    def _of_file(self, word: Word, stdin: str | None, deep: bool) -> list[Field]:
        if word.text == "-":
            return self._of_pipe(word, stdin)
        if not word.text:
            self._wrong(word, "the name of a file is missing")
            return []
        if is_remote(word.text):
            self._remote(word)
            return []
        written, path = self.shell.written, found_file(self.shell.folder, word.text)
        if written.holds(path):
            return self._of_written(path, word)
        new = [one for one in written.within(path) if one.suffix in MANIFESTS]
        origin = written.origin(path)
        if is_folder(path):
            inside = (one for one in (path.rglob("*") if deep else path.iterdir()) if one.suffix in MANIFESTS)
            found = self._of_files(sorted(one for one in inside if not written.holds(one)))
            return [*found, *(document for one in new for document in self._of_written(one, word))]
        if is_file(path):
            return self._of_files([path])
        if origin is not None:
            self._remote(replace(word, text=origin))
        elif not new:
            where = shortened(str(path)) if len(word.text) > 300 else repr(str(path))
            self._wrong(word, missing(word, f"there is no file or folder {where}"))
        return [document for one in new for document in self._of_written(one, word)]

    def _of_written(self, path: Path, word: Word) -> list[Field]:
        """What a script wrote into a file before; a file of that name that lies there stands for an unknown text."""
        text = self.shell.written.read(path)
        where = f"{self.script}:{word.line + 1}"
        if text is not None:
            return self._of_text(text, f"{where}:{path.name}", word)
        there = is_file(path)
        instead = "is taken as it lies there" if there else "is left out"
        self.skipped.note(f"{where}: what the script writes into {path.name} is not known; the file {instead}")
        return self._of_files([path]) if there else []

    def _of_files(self, paths: Sequence[Path]) -> list[Field]:
        try:
            return [document for one in paths for document in read_yaml(read_text(one), str(one), self.report)]
        except InputError as error:
            self.report.mistakes += error.mistakes
            return []

    def _of_pipe(self, word: Word, stdin: str | None) -> list[Field]:
        """What is piped."""
        where = f"{self.script}:{word.line + 1}"
        if stdin is None:
            self.skipped.note(f"{where}: what is piped to kubectl is not known and left out")
            return []
        return self._of_text(stdin, where, word)

    def _of_text(self, text: str, where: str, word: Word) -> list[Field]:
        """Documents of a text; a variable in it of which nobody knows the value is named."""
        unknown = [
            name
            for name in _VARIABLE.findall(text)
            if name in self.shell.variables and self.shell.variables[name] is None
        ]
        for name in dict.fromkeys(unknown):
            self._wrong(word, f"the value of ${name} is not known; --var {name}=… gives it")
        above = self.shell.documents.get(text)
        if above is not None:
            text, where = "\n" * above + text, self.script
        return [] if unknown else read_yaml(text, where, self.report)

    def _remote(self, word: Word) -> None:
        """A file of another place: Kueue's own says which release it is."""
        place = Place(self.script, word.line + 1, word.column + 1)
        release = of_address(word.text)
        if release is not None:
            near, note = releases.modelled(release)
            self.setup.version = Field(near, Source("", {}, {(): place}), self.report)
            self.skipped.note(note) if note else None
        else:
            self.skipped.note(f"{self.script}:{word.line + 1}: {word.text} lies elsewhere and is left out")

    def _wrong(self, word: Word, message: str) -> None:
        """Notes what is wrong with a name; what lies there is not known to later commands."""
        self.report.partly = True
        place = Place(self.script, word.line + 1, word.column + 1)
        self.report.add(Source("", {}, {(): place}), (), message)
