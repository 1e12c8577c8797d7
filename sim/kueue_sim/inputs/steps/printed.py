"""What does a command print, where that is known without running it? Texts, files, numbers, built kustomizations."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath

import yaml

from kueue_sim.inputs.hyperpod.names import made_up_id
from kueue_sim.inputs.hyperpod.requests import QUESTION
from kueue_sim.inputs.repository.kustomization import kustomization_in
from kueue_sim.inputs.shell.arithmetic import number
from kueue_sim.inputs.shell.built_in import Shell
from kueue_sim.inputs.shell.line_filters import LINE_FILTERS, filtered
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.steps.edited import edited, said, translated
from kueue_sim.inputs.steps.file_lists import listed, read_find
from kueue_sim.inputs.steps.kubectl import Kubectl, created, pairs, read_kubectl
from kueue_sim.inputs.steps.yq import answered, read_yq
from kueue_sim.inputs.text.field import Field

_MOST_NUMBERS = 10_000
"""So many numbers are followed."""
_CALCULATED = re.compile(r"-?\d+|[-+*/%()]")
"""What ``expr`` calculates with, word by word."""
_SILENT = ("sleep", "mkdir", "cp", "mv", "rm", "chmod", "touch")
_BUILDING = (["kustomize", "build"], ["kubectl", "kustomize"])
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""What ``date`` says when the first work comes."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Answers for a shell at a time after the first work; ``build`` gives the objects of a kustomization. ``quotas``
    are names and teams of HyperPod's quotas that the script has made."""

    shell: Shell
    clock_ms: int
    build: Callable[[Path], Sequence[Field]]
    quotas: Collection[str] = ()

    def text(self, command: Command) -> str | None:
        """What a command prints, None when that is not known."""
        words = [word.text for word in command.words]
        name, rest = words[0], words[1:]
        if name in ("echo", "printf"):
            return said(name, rest)
        if name == "seq":
            return _numbers(rest)
        if name == "expr":
            value = number(" ".join(rest), {}) if all(map(_CALCULATED.fullmatch, rest)) else None
            return None if value is None else f"{value}\n"
        if name in ("cat", "tee"):
            named = rest if name == "cat" and rest not in ([], ["-"]) else []
            return self._files(named) if named else command.stdin
        if name == "envsubst" and command.stdin is not None:
            return self._substituted_variables(rest, command.stdin)
        if name == "sed":
            return self._edited(rest, command.stdin)
        if name == "yq":
            return self._asked_of_yq(rest, command.stdin)
        if name == "tr" and command.stdin is not None:
            return translated(rest, command.stdin)
        if name in LINE_FILTERS:
            return self._filtered(name, rest, command.stdin)
        if name in ("basename", "dirname") and rest:
            path = PurePosixPath(rest[0])
            return (
                f"{path.name.removesuffix(rest[1] if len(rest) > 1 else '') if name == 'basename' else path.parent}\n"
            )
        if name == "ls":
            return listed(self.shell, rest)
        if name == "find":
            found = read_find(self.shell, command.words)
            return None if found is None or found.commands else found.text
        if name == "date":
            return self._date(rest)
        if name in _SILENT:
            return ""
        if name == "pwd":
            return f"{self.shell.folder}\n"
        if name == "mktemp":
            return f"/tmp/tmp.{made_up_id(str(self.clock_ms))}\n"
        if name in ("kubectl", "oc"):
            one = read_kubectl(command.words)
            made = created(one) if one is not None and one.dry and one.verb in ("create", "run") else None
            if made is not None:
                return yaml.safe_dump(made, sort_keys=False)
            if one is not None and "local" in one.options and command.stdin is not None:
                return _labelled(one, command.stdin)
        if name == "aws":
            return _quota_id(words, self.quotas)
        folder = self.shell.folder / words[2] if words[:2] in _BUILDING and len(words) > 2 else None
        if folder is not None and kustomization_in(folder):
            return "---\n".join(yaml.safe_dump(one.value, sort_keys=False) for one in self.build(folder))
        return None

    def _files(self, names: Sequence[str]) -> str | None:
        texts = [self.shell.written.read(self.shell.folder / name) for name in names]
        known = [text for text in texts if text is not None]
        return "---\n".join(known) if len(known) == len(texts) else None

    def _substituted_variables(self, words: Sequence[str], text: str) -> str:
        """What ``envsubst`` makes of a text: all variables, or those it names; an unknown one stays as it is."""
        only = re.findall(r"\w+", " ".join(words))

        def value(found: re.Match[str]) -> str:
            name = found[1] or found[2]
            known = self.shell.variables.get(name, "")
            return found[0] if known is None or (only and name not in only) else known

        return re.sub(r"\$(?:\{(\w+)\}|(\w+))", value, text)

    def _edited(self, words: Sequence[str], stdin: str | None) -> str | None:
        """What ``sed`` prints of a text, or of the file that is its last word."""
        if stdin is not None:
            return edited(words, stdin)
        text = self.shell.written.read(self.shell.folder / words[-1]) if words else None
        return None if text is None else edited(words[:-1], text)

    def _asked_of_yq(self, words: Sequence[str], stdin: str | None) -> str | None:
        one = read_yq(words)
        if one is None or one.in_place:
            return None
        text = self._files(one.files) if one.files and one.files != ("-",) else stdin
        return None if text is None else answered(one.expression, text, self.shell.variables)

    def _filtered(self, name: str, words: Sequence[str], stdin: str | None) -> str | None:
        """What is left of a text, or of the file that is the last word."""
        if stdin is not None:
            return filtered(name, words, stdin)
        text = self.shell.written.read(self.shell.folder / words[-1]) if words else None
        return None if text is None else filtered(name, words[:-1], text)

    def _date(self, words: Sequence[str]) -> str:
        """The date and time, in the form that is asked for."""
        now = _BEGINNING + timedelta(milliseconds=self.clock_ms)
        form = next((word[1:] for word in words if word.startswith("+")), "%a %b %e %H:%M:%S UTC %Y")
        return now.strftime(form.replace("%s", str(int(now.timestamp()))).replace("%N", "000000000")) + "\n"


def _labelled(one: Kubectl, text: str) -> str | None:
    """What ``kubectl label --local`` and ``annotate --local`` print of objects that they read; None of other verbs."""
    where = {"label": "labels", "annotate": "annotations"}.get(one.verb)
    try:
        objects = [item for item in yaml.safe_load_all(text) if isinstance(item, dict)]
    except yaml.YAMLError:
        return None
    if where is None:
        return None
    for item in objects:
        values = item.setdefault("metadata", {}).setdefault(where, {})
        values.update(pairs(one.words))
        item["metadata"][where] = {key: value for key, value in values.items() if value is not None}
    return "---\n".join(yaml.safe_dump(item, sort_keys=False) for item in objects)


def _numbers(words: Sequence[str]) -> str | None:
    """What ``seq`` prints, with ``-w`` in equal width; None for what is not followed, and for too many numbers."""
    plain = [word for word in words if word not in ("-w", "--equal-width")]
    if not 1 <= len(plain) <= 3 or not all(word.lstrip("-").isdigit() for word in plain):
        return None
    numbers = _sequence([int(word) for word in plain])
    if len(numbers) > _MOST_NUMBERS:
        return None
    found = [str(one) for one in numbers]
    width = max(map(len, [*found, *plain])) if len(plain) < len(words) else 0
    return "\n".join(one.zfill(width) for one in found) + "\n"


def _sequence(numbers: Sequence[int]) -> range:
    """What ``seq LAST``, ``seq FIRST LAST`` and ``seq FIRST STEP LAST`` print."""
    first, step, last = {1: (1, 1, *numbers), 2: (numbers[0], 1, numbers[-1])}.get(len(numbers), tuple(numbers))
    return range(first, last + (1 if step > 0 else -1), step or 1)


def _quota_id(words: Sequence[str], quotas: Collection[str]) -> str | None:
    """The id of a quota that is created, or was, where the command asks for it."""
    if "list-compute-quotas" in words:
        names = QUESTION.findall(" ".join(words))
        return made_up_id(names[0]) if len(names) == 1 and names[0] in quotas else None
    if "create-compute-quota" not in words or "--name" not in words[:-1]:
        return None
    asked = any("ComputeQuotaId" in word for word in words)
    return made_up_id(words[list(words).index("--name") + 1]) if asked else None


def missing(word: Word, otherwise: str) -> str:
    """Why a file is not there: its name is not known, or it is not."""
    unknown = re.search(r"\$\{?(\w+)", word.text)
    if re.search(r"\$\{?[@*]", word.text):
        return "what the script is called with ($@) is not known"
    return f"the value of ${unknown[1]} is not known; --var {unknown[1]}=… gives it" if unknown else otherwise
