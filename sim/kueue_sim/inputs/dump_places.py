"""Where in the files of a dump does something stand that a scenario has of it? Asked when it turns out to be wrong."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kueue_sim.errors import InputError
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.text.appended import appended_yaml
from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.inputs.text.textfile import read_text, shown
from kueue_sim.inputs.text.yamltext import read_yaml

MOST_CHARACTERS = 32 << 20
"""Text of files that are read once more with places; that of larger ones takes minutes."""
_HELD = ("status", "admission", "podSetAssignments")
"""Where a Workload says what it holds."""
_Identity = tuple[object, ...]


def with_places(document: Mapping[str, Any], files: Sequence[Path]) -> Field:
    """The scenario of a dump, its objects at the places that they have in the files; without places where these are too
    long."""
    composed = Composed(Report())
    composed.value = dict(document)
    known = {key: one for one in _originals(files) for key in _identities(one.value)}
    for steps, made in _made(document):
        found = next((known[key] for key in _identities(made) if key in known), None)
        if found is not None:
            composed.place(found, steps[:2] if steps[0] == "workloads" else steps)
            composed.place(found, steps)
            held = found.get(*_HELD)
            for name in ("admitted", "quotaReserved") if steps[0] == "workloads" and held.present else ():
                composed.place(held, (*steps[:2], name, "podSets"))
    return composed.document()


def _made(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """The objects of a scenario and where it has them."""
    for index, entry in enumerate(document.get("workloads") or ()):
        yield ("workloads", index, "manifest"), entry.get("manifest")
    for index, one in enumerate((document.get("policy") or {}).get("objects") or ()):
        yield ("policy", "objects", index), one
    for index, one in enumerate((document.get("cluster") or {}).get("nodes") or ()):
        yield ("cluster", "nodes", index), one


def _originals(files: Sequence[Path]) -> Iterator[Field]:
    """The objects of the files, with places."""
    report = Report()
    try:
        texts = [(shown(file), read_text(file)) for file in files]
    except InputError:
        return
    if sum(len(text) for _, text in texts) > MOST_CHARACTERS:
        return
    for name, text in texts:
        for part in appended_yaml(text):
            for one in flatten(read_yaml(part, name, report)):
                event = one.get("object")
                yield event if event.present else one


def _identities(value: object) -> Iterator[_Identity]:
    """What an object is known by: its kind and uid, or its kind, namespace and name."""
    if not isinstance(value, Mapping) or not isinstance(value.get("metadata"), Mapping):
        return
    kind, metadata = value.get("kind"), value["metadata"]
    if metadata.get("uid"):
        yield kind, metadata["uid"]
    yield kind, metadata.get("namespace"), metadata.get("name")
