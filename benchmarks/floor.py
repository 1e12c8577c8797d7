"""The floor: what SimPy itself costs when every job is one arrival and one end, and nothing is decided.

One arrival is pending at any time and schedules the next; ends are plain timeouts with a callback.
"""

from random import Random
from time import process_time

import simpy
from simpy.events import Event, Timeout

MEAN_GAP_S, MEDIAN_LOG_S, SIGMA, SEED = 12.8, 6.4, 1.2, 7


class BareLoop:
    """Jobs that arrive, hold nothing, and end."""

    def __init__(self, gaps: list[float], runtimes: list[float]) -> None:
        self._env = simpy.Environment()
        self._jobs = iter(zip(gaps, runtimes, strict=True))
        self.ended = 0

    def run(self) -> None:
        """Play all jobs."""
        self._await_next()
        self._env.run()

    def _await_next(self) -> None:
        job = next(self._jobs, None)
        if job is not None:
            Timeout(self._env, job[0], job[1]).callbacks.append(self._arrive)

    def _arrive(self, event: Event) -> None:
        Timeout(self._env, event._value).callbacks.append(self._end)
        self._await_next()

    def _end(self, event: Event) -> None:
        self.ended += 1


class Floor:
    """The bare loop for ``count`` jobs, to be measured again and again beside what stands on it."""

    def __init__(self, count: int) -> None:
        random = Random(SEED)
        self._gaps = [random.expovariate(1 / MEAN_GAP_S) for _ in range(count)]
        self._runtimes = [random.lognormvariate(MEDIAN_LOG_S, SIGMA) for _ in range(count)]

    def seconds(self) -> float:
        """Processor seconds of one run."""
        loop = BareLoop(self._gaps, self._runtimes)
        start = process_time()
        loop.run()
        seconds = process_time() - start
        assert loop.ended == len(self._gaps)
        return seconds
