"""Calls of which as many are made as there is time for: what is done when time is over, or after Ctrl-C, counts."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from time import monotonic
from typing import TypeVar

from kueue_sim.whatif.execution.execution import Progress

_T = TypeVar("_T")


class Haste:
    """Whether somebody pressed Ctrl-C: from then on there is no time but for the answer."""

    def __init__(self) -> None:
        self.asked = False

    def unless(self, make: Callable[[], _T], otherwise: _T) -> _T:
        """What ``make`` gives; ``otherwise`` where there is no time for that, or it is interrupted."""
        if self.asked:
            return otherwise
        try:
            return make()
        except KeyboardInterrupt:
            self.asked = True
            return otherwise


def partly(
    executor: Executor,
    calls: Sequence[Callable[[], _T]],
    ahead: int,
    progress: Progress | None = None,
    within_s: float | None = None,
    ends_itself: bool = False,
    haste: Haste | None = None,
) -> list[_T]:
    """The results of the calls that were made, in their order; all of them without a limit of time.

    ``ahead`` calls are under way at once. At least one is made. A call that ``ends_itself`` when time is over is waited
    for. ``haste`` hears of Ctrl-C, after which workers may be gone. Raises KeyboardInterrupt when none was done by
    then.
    """
    began = monotonic()
    results: dict[int, _T] = {}
    due: dict[Future[_T], int] = {}
    following = iter(enumerate(calls))
    try:
        while len(results) < len(calls):
            late = within_s is not None and (results or ends_itself) and monotonic() - began >= within_s
            late = late and bool(results or due)
            while not late and len(due) < ahead and (item := next(following, None)) is not None:
                due[executor.submit(item[1])] = item[0]
            if not due or (late and not ends_itself):
                break
            left = None if within_s is None or not results or late else max(0.0, within_s - (monotonic() - began))
            for future in wait(due, timeout=left, return_when=FIRST_COMPLETED).done:
                results[due.pop(future)] = future.result()
                if progress is not None:
                    progress(len(results), len(calls))
    except KeyboardInterrupt:
        if not results:
            raise
        if haste is not None:
            haste.asked = True
    for future in due:
        future.cancel()
    return [results[number] for number in sorted(results)]
