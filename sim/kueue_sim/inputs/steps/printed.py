"""What does a command print, where that is known without running it? Texts, files, numbers, built kustomizations."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import yaml

from kueue_sim.inputs.hyperpod.names import made_up_id
from kueue_sim.inputs.repository.kustomization import kustomization_in
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.steps.kubectl import created, read_kubectl
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.textfile import is_file, read_text

_MOST_NUMBERS = 10_000
_BUILDING = (["kustomize", "build"], ["kubectl", "kustomize"])


def printed(
    command: Command, here: Path, variables: Mapping[str, str | None], build: Callable[[Path], Sequence[Field]]
) -> str | None:
    """The text, None when it is not known. Files lie in ``here``; ``build`` gives the objects of a kustomization."""
    words = [word.text for word in command.words]
    name, rest = words[0], words[1:]
    if name in ("echo", "printf"):
        return " ".join(rest).removeprefix("-e ").replace("\\n", "\n") + "\n"
    if name == "seq" and 1 <= len(rest) <= 3 and all(word.lstrip("-").isdigit() for word in rest):
        return "\n".join(map(str, _sequence([int(word) for word in rest]))) + "\n"
    if name == "cat":
        return command.stdin if rest in ([], ["-"]) else _files([here / one for one in rest])
    if name == "envsubst" and command.stdin is not None:
        return re.sub(r"\$\{?(\w+)\}?", lambda found: variables.get(found[1]) or "", command.stdin)
    if name == "sed" and command.stdin is not None:
        return _substituted(rest, command.stdin)
    if name == "sed" and rest and is_file(here / rest[-1]):
        return _substituted(rest[:-1], read_text(here / rest[-1]))
    if name in ("kubectl", "oc"):
        one = read_kubectl(command.words)
        made = created(one) if one is not None and one.dry and one.verb in ("create", "run") else None
        if made is not None:
            return yaml.safe_dump(made, sort_keys=False)
    if name == "aws":
        return _quota_id(words)
    if words[:2] in _BUILDING and len(words) > 2 and kustomization_in(here / words[2]):
        return "---\n".join(yaml.safe_dump(one.value, sort_keys=False) for one in build(here / words[2]))
    return None


def _substituted(words: Sequence[str], text: str) -> str | None:
    """What ``sed s/A/B/`` makes of a text, for patterns that mean themselves; None for anything else."""
    for word in words:
        if word in ("-e", "-E", "-r"):
            continue
        found = re.fullmatch(r"s(?P<by>[/|#,:@])(.*?)(?P=by)(.*?)(?P=by)g?", word, re.DOTALL)
        if found is None:
            return None
        old, new = (re.sub(r"\\(.)", r"\1", one) for one in (found[2], found[3]))
        if re.search(r"[*^\[\]+?|()]", old) or "&" in new:
            return None
        text = text.replace(old, new)
    return text


def _files(paths: Sequence[Path]) -> str | None:
    return "---\n".join(map(read_text, paths)) if all(is_file(path) for path in paths) else None


def _sequence(numbers: Sequence[int]) -> range:
    """What ``seq LAST``, ``seq FIRST LAST`` and ``seq FIRST STEP LAST`` print."""
    first, step, last = {1: (1, 1, *numbers), 2: (numbers[0], 1, numbers[-1])}.get(len(numbers), tuple(numbers))
    return range(first, last + (1 if step > 0 else -1), step or 1)[:_MOST_NUMBERS]


def _quota_id(words: Sequence[str]) -> str | None:
    """The id of a quota that is created, where the command asks for it."""
    if "create-compute-quota" not in words or "--name" not in words[:-1]:
        return None
    asked = any("ComputeQuotaId" in word for word in words)
    return made_up_id(words[list(words).index("--name") + 1]) if asked else None


def missing(word: Word, otherwise: str) -> str:
    """Why a file is not there: its name is not known, or it is not."""
    unknown = re.search(r"\$\{?(\w+)", word.text)
    return f"the value of ${unknown[1]} is not known; --var {unknown[1]}=… gives it" if unknown else otherwise
