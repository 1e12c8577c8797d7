"""What does a text inside a manifest say, such as a Configuration in a ConfigMap? With places of the file around it."""

from collections.abc import Mapping
from dataclasses import replace

from kueue_sim.errors import Place
from kueue_sim.inputs.text.field import Field, Path, Source
from kueue_sim.inputs.text.yamltext import read_yaml


def inner_text(text: Field) -> Field | None:
    """The mapping that a YAML text holds; None where it holds none."""
    documents = read_yaml(text.text(), "", replace(text.report, mistakes=[]))
    first = next((one for one in documents if one.present), None)
    if first is None or not isinstance(first.value, Mapping):
        return None
    blocks = text.source.blocks
    block = blocks.get(text.path) or blocks.get(text.source.written(text.path))
    start = block or text.source.place(text.path)
    if start is None:
        return Field(first.value, Source(text.source.name), text.report)
    keys, values = (_moved(places, start) for places in (first.source.keys, first.source.values))
    return Field(first.value, Source("", keys, {**values, (): start}), text.report)


def _moved(places: Mapping[Path, Place], start: Place) -> dict[Path, Place]:
    """Places inside a text, as places of the file in which the text begins at ``start``."""
    return {
        path: Place(start.file, start.line + place.line - 1, start.column + place.column - 1)
        for path, place in places.items()
    }
