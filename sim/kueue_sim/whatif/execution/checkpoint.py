"""Outcomes kept in a folder, so that finished runs are not made again.

One file per outcome, ``cells/<key>.json``, written whole or not at all. Only runs that succeeded are kept: what
failed is tried again.
"""

import json
from dataclasses import astuple
from pathlib import Path

from kueue_sim.report.exports.run_folder import write_whole
from kueue_sim.whatif.execution.fates import Fate
from kueue_sim.whatif.execution.replication import Cell, Outcome, Part


class Kept:
    """The outcomes in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "cells"
        self._folder.mkdir(parents=True, exist_ok=True)

    def get(self, cell: Cell) -> Outcome | None:
        """The outcome of an equal cell, None when it was not made yet."""
        path = self._folder / f"{cell.key}.json"
        if not path.is_file():
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        levels = tuple(tuple(Part(*part) for part in level) for level in found["levels"])
        return Outcome(found["values"], levels, found["arrivals"], tuple(Fate(*fate) for fate in found["fates"]))

    def put(self, cell: Cell, outcome: Outcome) -> None:
        """Keep what succeeded."""
        if outcome.failed:
            return
        content = {
            "values": outcome.values,
            "levels": [[astuple(part) for part in level] for level in outcome.levels],
            "arrivals": outcome.arrivals,
            "fates": [astuple(fate) for fate in outcome.fates],
        }
        write_whole(self._folder / f"{cell.key}.json", json.dumps(content, allow_nan=False) + "\n")
