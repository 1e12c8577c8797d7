"""Which policy holds? Inline manifests, included files and HyperPod task governance as one list of manifests."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from sim.inputs.field import Field, Source
from sim.inputs.files import Files
from sim.inputs.manifests import flatten
from sim.inputs.schema import POLICY


@dataclass(slots=True)
class PolicySection:
    """The manifests in order, and what HyperPod says beside them."""

    manifests: list[Field] = field(default_factory=list)
    hyperpod: bool = False
    fair_sharing: bool | None = None
    notes: tuple[str, ...] = ()


def read_policy(section: Field, files: Files) -> PolicySection:
    """All policy manifests of the ``policy`` section."""
    section.only(*POLICY)
    manifests = [*section.get("objects").items(), *files.manifests(section.get("include"))]
    result = PolicySection(flatten(manifests))
    hyperpod = section.get("hyperpod")
    if hyperpod.present:
        _add_hyperpod(result, hyperpod)
    return result


def _add_hyperpod(result: PolicySection, section: Field) -> None:
    translation: Any = import_module("sim.inputs.hyperpod").translate(section.mapping())
    for path, message in translation.mistakes:
        section.report.add(section.source, (*section.path, *path), message)
    source = Source("HyperPod")
    result.manifests += flatten(Field(item, source, section.report) for item in translation.manifests)
    result.hyperpod = True
    result.fair_sharing = translation.fair_sharing
    result.notes = tuple(translation.notes)
