"""What is compared with the base: another scenario file, an overlay, or changes of single values, each with a name."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.text.field import Report
from kueue_sim.inputs.text.overrides import Override
from kueue_sim.inputs.text.relative import misread_move, read_move
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model.team_names import short_name
from kueue_sim.whatif.execution.scenario_source import FromFile, Given, Origin, leave_seed, origin_of

_MANIFEST_PATH = re.compile(r"\[(?:\w+/)?([^\]]+)\].*[.\]]([^.\]]+=.*)", re.DOTALL)
_SHORT_PATH = re.compile(r"(?:clusterQueues|cohorts)\.([^=]+?)\.(?:[^=]*[./])?(\w+[-+*]?=.*)", re.DOTALL)
_NAMED = re.compile(r"([\w.-]+):\s*(.+)|([^=;:\[\]{}\n]*[^=;:\[\]{}\s]):\s+(.+)", re.DOTALL)
"""A name of several words needs a space behind its colon."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A scenario with the name it goes by in tables."""

    name: str
    origin: Origin


def read_variant(text: str, base: FromFile) -> Variant:
    """The variant a text such as ``bigger: clusterQueues.a.gpu.nominalQuota=8; overlay.yaml`` stands for.

    Parts between semicolons are ``path=value``, files with manifests laid over the base, or one scenario file
    instead of the base. Without a name in front, the text (or the file's stem) is the name. Raises InputError.
    """
    match = _NAMED.fullmatch(text.strip())
    name, body = (part for part in match.groups() if part) if match else ("", text)
    parts = [part.strip() for part in body.split(";") if part.strip()]
    files = [part for part in parts if _is_file(part)]
    overrides = [part for part in parts if part not in files]
    scenarios = [part for part in files if _holds_scenario(part)]
    problems = [
        misread_move(part) or f"there is no file {part!r}, and it is no PATH=VALUE"
        for part in overrides
        if misread_move(part) or ("=" not in part and read_move(part) is None)
    ]
    if len(scenarios) > 1:
        problems.append("a variant starts from one scenario")
    if not parts:
        problems.append("it names no change")
    if problems:
        raise InputError([Mistake(None, f"variant {text!r}: {problem}") for problem in problems])
    leave_seed(overrides)
    origin = FromFile(scenarios[0], base.overrides, base.overlays) if scenarios else base
    origin = origin.changed(overrides, [part for part in files if part not in scenarios])
    return Variant(name or "; ".join(Path(part).stem if part in files else _short(part) for part in parts), origin)


def _short(override: str) -> str:
    """``[ClusterQueue/a].spec…nominalQuota=9`` and ``clusterQueues.a.gpu.nominalQuota=9`` as ``a nominalQuota=9``; a
    queue that HyperPod made has the name of its team."""
    match = _MANIFEST_PATH.fullmatch(override) or _SHORT_PATH.fullmatch(override)
    return f"{short_name(match.group(1))} {match.group(2)}" if match else override


def _is_file(part: str) -> bool:
    return Path(part).is_file()


def _holds_scenario(file: str) -> bool:
    """Whether the file's first document is a scenario; mistakes in it are found when it is loaded."""
    documents = read_yaml(read_text(file), file, Report())
    return bool(documents) and documents[0].get("kind").value == "Scenario"


Changes = Given | Sequence[Override]
"""What the Python API takes for a variant: a scenario of its own, or overrides of the base file."""


def variants_of(base: Given, variants: Mapping[str, Changes]) -> list[Variant]:
    """The variants of the Python API. Raises InputError when overrides are given for a base that is no file."""
    found = []
    for name, change in variants.items():
        if isinstance(change, Sequence) and not isinstance(change, str):
            origin = origin_of(base)
            if not isinstance(origin, FromFile):
                raise InputError([Mistake(None, f"variant {name!r}: overrides need a base that is a file")])
            leave_seed(change)
            found.append(Variant(name, origin.changed(change)))
        else:
            found.append(Variant(name, origin_of(change)))
    return found
