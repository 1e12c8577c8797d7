"""Many runs, whoever makes them: the same outcomes in the same order, whatever dies on the way.

When a worker process dies, a pool of processes breaks as a whole and cannot tell which run killed it. So whatever
was under way then is suspect and made again alone; a run that breaks the pool twice, and then alone, is to blame.
"""

from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from itertools import islice

from kueue_sim.whatif.execution.batches import Made, Pace, carry_out_all
from kueue_sim.whatif.execution.checkpoint import Kept
from kueue_sim.whatif.execution.executors import GRACE_S, Crew
from kueue_sim.whatif.execution.replication import Cell, Outcome, failure

_Flying = dict[Future[Made], tuple[str, ...]]
"""The keys of the cells that each call under way carries."""
Progress = Callable[[int, int], None]
"""Hears of runs done and runs in all, after each."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C before all runs were made; ``found`` has the outcome of each cell in order, None where there is none."""

    def __init__(self, found: Sequence[Outcome | None]) -> None:
        super().__init__()
        self.found = found


def execute(
    cells: Sequence[Cell], crew: Crew, kept: Kept | None = None, progress: Progress | None = None
) -> list[Outcome]:
    """The outcome of each cell, in order. Equal cells run once; those in ``kept`` not at all.

    After Ctrl-C raises Interrupted, with what was finished by then or within the grace; that is also in ``kept``.
    """
    execution = _Execution(cells, crew, kept, progress)
    try:
        return execution.run()
    except KeyboardInterrupt:
        raise Interrupted(execution.finished) from None


class _Execution:
    """The state of one call: what is done, what is due, and what was under way when a worker died."""

    def __init__(self, cells: Sequence[Cell], crew: Crew, kept: Kept | None, progress: Progress | None) -> None:
        self._order = [cell.key for cell in cells]
        self._cells = {cell.key: cell for cell in cells}
        self._crew = crew
        self._kept = kept
        self._progress = progress
        self._done: dict[str, Outcome] = {}
        self._due: deque[str] = deque()
        self._suspects: deque[str] = deque()
        self._strikes: Counter[str] = Counter()
        self._pace = Pace(crew.workers)

    def run(self) -> list[Outcome]:
        for key, cell in self._cells.items():
            found = None if self._kept is None else self._kept.get(cell)
            if found is None:
                self._due.append(key)
            else:
                self._done[key] = found
        self._tell()
        while self._due or self._suspects:
            with self._crew.start() as executor:
                self._work(executor)
        return [self._done[key] for key in self._order]

    @property
    def finished(self) -> list[Outcome | None]:
        """The outcomes so far, in order."""
        return [self._done.get(key) for key in self._order]

    def _work(self, executor: Executor) -> None:
        """Hand out cells until all are done or the executor breaks."""
        flying: _Flying = {}
        try:
            while self._due or self._suspects or flying:
                if not self._hand_out(executor, flying):
                    return
                ready, _ = wait(flying, return_when=FIRST_COMPLETED)
                if any(isinstance(future.exception(), BrokenExecutor) for future in ready):
                    self._bury(flying)
                    return
                for future in ready:
                    self._take(flying[future], future)
                    del flying[future]
        except BaseException as error:
            try:
                if isinstance(error, KeyboardInterrupt):
                    self._rescue(flying)
            finally:
                executor.shutdown(wait=False, cancel_futures=True)
            raise

    def _rescue(self, flying: _Flying) -> None:
        """After Ctrl-C: keep what the calls under way finish within the grace. Nobody hears of progress any more."""
        done, _ = wait(flying, timeout=GRACE_S)
        for future in done:
            if not future.cancelled() and future.exception() is None:
                for key, outcome in zip(flying[future], future.result().outcomes, strict=True):
                    self._keep(key, outcome)

    def _hand_out(self, executor: Executor, flying: _Flying) -> bool:
        """Fill up to the number of calls ahead; False when the executor turns out to be broken."""
        alone = bool(self._suspects)
        queue, room = (self._suspects, 1) if alone else (self._due, self._crew.ahead)
        while queue and len(flying) < room:
            size = 1 if alone else self._pace.size(len(queue))
            keys = tuple(islice(queue, size))
            try:
                future = executor.submit(carry_out_all, [self._cells[key] for key in keys])
            except BrokenExecutor:
                self._bury(flying)
                return False
            flying[future] = keys
            for _ in keys:
                queue.popleft()
        return True

    def _take(self, keys: tuple[str, ...], future: Future[Made]) -> None:
        """Note the outcomes of a call. What the executor itself raised is the outcome of a cell that was alone in it;
        of several nobody knows whose it is."""
        error = future.exception()
        if error is None:
            made = future.result()
            self._pace.heard(made)
            for key, outcome in zip(keys, made.outcomes, strict=True):
                self._finish(key, outcome)
        elif len(keys) == 1:
            self._finish(keys[0], failure("worker", error))
        else:
            self._suspects.extend(keys)

    def _finish(self, key: str, outcome: Outcome) -> None:
        self._keep(key, outcome)
        self._tell()

    def _keep(self, key: str, outcome: Outcome) -> None:
        if key not in self._done:
            self._done[key] = outcome
            if self._kept is not None:
                self._kept.put(self._cells[key], outcome)

    def _bury(self, flying: _Flying) -> None:
        """The executor broke: keep what was finished, and make the rest again if that is possible."""
        wait(flying)
        lost: list[str] = []
        for future, keys in flying.items():
            if isinstance(future.exception(), BrokenExecutor):
                lost.extend(keys)
            else:
                self._take(keys, future)
        if not self._crew.again:
            lost += [*self._suspects, *self._due]
            self._suspects.clear()
            self._due.clear()
        self._strikes.update(lost)
        for key in lost:
            if self._crew.again and not (len(lost) == 1 and self._strikes[key] > 1):
                self._suspects.append(key)
            else:
                self._finish(key, failure("worker", BrokenExecutor("the process that ran it died")))

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(len(self._done), len(self._cells))
