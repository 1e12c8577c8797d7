"""Which rows of a trace cannot be used, and why? As mistakes with their places, or counted in one line."""

from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.traces.rows import WrongRow
from kueue_sim.inputs.traces.traces import Trace
from kueue_sim.model import Workload

SHOWN = 20
"""So many wrong rows are shown one by one; the others are counted."""
KINDS = 5
"""So many kinds of wrong rows are named in a warning."""


@dataclass(slots=True)
class Check:
    """What one reading of a trace found. ``kinds`` has the messages that came first, each with its first row and the
    number of its rows."""

    path: Path
    used: int = 0
    wrong: int = 0
    shown: list[WrongRow] = field(default_factory=list)
    kinds: dict[str, tuple[WrongRow, int]] = field(default_factory=dict)

    def take(self, outcome: Workload | WrongRow) -> None:
        """Count a row."""
        if isinstance(outcome, Workload):
            self.used += 1
            return
        self.wrong += 1
        if len(self.shown) < SHOWN:
            self.shown.append(outcome)
        first, count = self.kinds.get(outcome.message, (outcome, 0))
        if count or len(self.kinds) < KINDS:
            self.kinds[outcome.message] = (first, count + 1)

    def _place(self, row: WrongRow) -> Place:
        return Place(str(self.path), row.line, row.column)

    def mistakes(self) -> list[Mistake]:
        """The wrong rows with their places, the last one standing for all that are not shown."""
        found = [Mistake(self._place(row), row.message) for row in self.shown]
        hidden = self.wrong - len(self.shown)
        if hidden:
            last = found[-1]
            found[-1] = Mistake(last.place, f"{last.message} (and {hidden} more wrong rows after this one)")
        return found

    def note(self) -> str:
        """One line about the rows that were skipped, "" when there are none."""
        if not self.wrong:
            return ""
        named = [
            f"{self._place(row)}: {row.message}" + (f" ({count:,} rows)" if count > 1 else "")
            for row, count in self.kinds.values()
        ]
        others = self.wrong - sum(count for _, count in self.kinds.values())
        more = f"; … and {others:,} others" if others else ""
        total = self.wrong + self.used
        verb = "is" if self.wrong == 1 else "are"
        return f"{self.path}: {self.wrong:,} of {total:,} rows {verb} wrong and skipped: {'; '.join(named)}{more}"


def checked(trace: Trace, entry: Field, path: Path, strict: bool) -> tuple[str, ...]:
    """Notes on wrong rows, which are mistakes when that is asked for, and when no row is left to play."""
    check = Check(path)
    for outcome in trace.outcomes():
        check.take(outcome)
    if strict:
        entry.report.mistakes += check.mistakes()
    elif not check.used:
        entry.report.mistakes += check.mistakes()
        entry.wrong(f"no row of {path} can be used: it has none, or where, from and until leave out too much")
    note = check.note()
    return (note,) if note else ()
