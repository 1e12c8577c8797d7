"""Which release of Kueue is simulated, and which feature gates does that release know?"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from kueue_sim.model import Settings


def line_of(version: str) -> tuple[int, int]:
    """The release line of a version: 0.13 of 0.13.5."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def is_at_least(settings: Settings, line: str) -> bool:
    """Whether the simulated release is of this line or a newer one."""
    return line_of(settings.version) >= line_of(line)


@cache
def _rows() -> tuple[Mapping[str, str], ...]:
    text = Path(__file__).with_name("feature_gates.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def known_gates(line: tuple[int, int]) -> Mapping[str, bool]:
    """The feature gates of a release line with their defaults, those of its last patch."""
    column = f"{line[0]}.{line[1]}"
    return {row["gate"]: row[column] == "on" for row in _rows() if row.get(column)}


def releases_of_gate(name: str) -> list[str]:
    """The release lines that have a gate, oldest first; none for a name no release knows."""
    return [line for row in _rows() if row["gate"] == name for line, value in row.items() if value in ("on", "off")]


@dataclass(frozen=True, slots=True)
class Gates:
    """Every feature gate of a release: what the user set, else the default."""

    line: tuple[int, int]
    given: Mapping[str, bool] = field(default_factory=dict)

    @property
    def known(self) -> Mapping[str, bool]:
        """The gates there are, with their defaults."""
        return known_gates(self.line)

    def on(self, name: str) -> bool:
        """Whether a gate is on; a gate the release does not have is off."""
        return self.given.get(name, self.known.get(name, False))
