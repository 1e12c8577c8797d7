"""Which rows of a trace have the name of another one? Eight bytes are kept for each name, not the name."""

from array import array
from collections.abc import Callable, Iterable

from kueue_sim.inputs.traces.rows import Job


class JobNames:
    """Takes the names of all rows once. Equal names have equal hashes, so a trace in which no hash comes twice repeats
    no name; in another one the rows whose hash comes twice are read again, and their names compared."""

    def __init__(self) -> None:
        self._hashes = array("q")

    def add(self, name: str) -> None:
        """Takes the name of the next row."""
        self._hashes.append(hash(name))

    def repeated(self, read_again: Callable[[], Iterable[Job]]) -> frozenset[tuple[int, int]]:
        """The places, line and column, of rows whose name an earlier row has; of a job that was put back and ran again,
        those of its earlier runs. ``read_again`` gives the rows whose names were taken."""
        import numpy as np

        ordered = np.sort(np.frombuffer(self._hashes, dtype=np.int64)) if self._hashes else np.zeros(0, np.int64)
        twice = frozenset(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
        seen: dict[str, Job] = {}
        places: list[tuple[int, int]] = []
        for row in read_again() if twice else ():
            if hash(row.name) not in twice:
                continue
            earlier = seen.get(row.name)
            if earlier is None or earlier.put_back:
                seen[row.name] = row
            if earlier is not None:
                surplus = earlier if earlier.put_back else row
                places.append((surplus.line, surplus.column))
        return frozenset(places)
