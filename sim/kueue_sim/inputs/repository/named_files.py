"""Which files does a scenario name? What stands in them counts as the scenario says, not by itself as well."""

from collections.abc import Iterator
from os.path import abspath
from pathlib import Path

from kueue_sim.inputs.text.field import Field

_LONGEST = 1000
"""Characters of a text that may be the name of a file."""


def folder_of(scenario: Field) -> Path:
    """The folder in which the files that a scenario names are looked for."""
    place = scenario.source.place(scenario.path)
    return Path() if place is None else Path(place.file).parent


def named_files(scenario: Field) -> set[str]:
    """The whole names of all files that a scenario may name, whether they are there or not."""
    folder = folder_of(scenario)
    return {abspath(folder / text) for text in _texts(scenario.value)}


def _texts(value: object) -> Iterator[str]:
    """Every text in a value that may be the name of a file."""
    if isinstance(value, str):
        if "." in value and "\n" not in value and len(value) <= _LONGEST:
            yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
