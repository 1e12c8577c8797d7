"""Outcomes kept in a folder, so that finished runs are not made again.

One file per outcome, ``cells/<key>.cell``, a digest and then JSON, written whole or not at all. Only runs that
succeeded are kept: what failed is tried again.
"""

import hashlib
import json
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

from kueue_sim.report.exports.output_folder import write_whole
from kueue_sim.results.tables.loops import Loop
from kueue_sim.whatif.execution.fates import Fate
from kueue_sim.whatif.execution.replication import Cell, Outcome, Part


class Kept:
    """The outcomes in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "cells"
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, cell: Cell) -> Outcome | None:
        """The outcome of an equal cell; None when it was not made yet, or its file is damaged and it is made again."""
        try:
            text = (self._folder / f"{cell.key}.cell").read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        digest, _, content = text.partition("\n")
        if digest != _digest(content):
            return None
        found = json.loads(content)
        levels = tuple(tuple(Part(*part) for part in level) for level in found["levels"])
        fates = tuple(Fate(*fate) for fate in found["fates"])
        ends, lasted_ms = frozenset(found["open"]), found["lasted_ms"]
        loops = tuple(Loop(**{name: _frozen(value) for name, value in loop.items()}) for loop in found["loops"])
        return Outcome(
            found["values"], levels, found["arrivals"], fates, open_ends=ends, lasted_ms=lasted_ms, loops=loops
        )

    def put(self, cell: Cell, outcome: Outcome) -> None:
        """Keep what succeeded."""
        if outcome.failed:
            return
        found = {
            "values": outcome.values,
            "levels": [[astuple(part) for part in level] for level in outcome.levels],
            "arrivals": outcome.arrivals,
            "open": sorted(outcome.open_ends),
            "lasted_ms": outcome.lasted_ms,
            "loops": [asdict(loop) for loop in outcome.loops],
            "fates": [astuple(fate) for fate in outcome.fates],
        }
        content = json.dumps(found, allow_nan=False) + "\n"
        write_whole(self._folder / f"{cell.key}.cell", f"{_digest(content)}\n{content}")


def _frozen(value: Any) -> Any:
    """What JSON holds as lists, as the tuples that it was."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _digest(content: str) -> str:
    """The first line of a kept file: what tells a whole one from a damaged one."""
    return hashlib.sha256(content.encode()).hexdigest()
