"""The rows of a trace of moderate length are read once in a process: a scenario goes over them three times, and a
comparison makes many runs of one trace."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kueue_sim.inputs.traces.rows import Job, Rows, WrongRow

MOST_ROWS = 200_000
"""Some 60 MB; longer traces are read anew by every iteration."""
_Stamp = tuple[int, int, int]
_kept: dict[str, tuple[_Stamp, list[Job | WrongRow]]] = {}
"""The last trace, under what is read of it. One is enough: the runs of a question share it."""


@dataclass(frozen=True, slots=True)
class KeptRows:
    """The rows of ``path`` as ``rows`` reads them; read again after the file changed.

    Iterating raises UnreadableTable from the line on which the file cannot be read.
    """

    rows: Rows
    path: Path

    def __iter__(self) -> Iterator[Job | WrongRow]:
        key, stamp = repr(self.rows), self._stamp()
        known = _kept.get(key)
        if known is not None and known[0] == stamp:
            yield from known[1]
            return
        read: list[Job | WrongRow] = []
        for row in self.rows:
            if len(read) <= MOST_ROWS:
                read.append(row)
            yield row
        if stamp is not None and stamp == self._stamp() and len(read) <= MOST_ROWS:
            _kept.clear()
            _kept[key] = (stamp, read)

    def _stamp(self) -> _Stamp | None:
        """What tells one state of the file from another; None for what is no file."""
        try:
            state = self.path.stat()
        except (OSError, ValueError):
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino
