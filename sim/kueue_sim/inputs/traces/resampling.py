"""What else could a recorded trace have been? Its days or weeks drawn anew, and its load made larger or smaller.

*Resampling* (a block bootstrap): every week of the new trace is a week of the recorded one, drawn with replacement; by
day, every day is one of the same weekday. Jobs of a block stay together, with their time of day, so bursts, rhythm and
what belongs together remain; what lasts longer than a block does not. *Load*: 1.2 lays a fifth of the jobs of another
block of the same kind over each block (superposition), 0.8 leaves out a fifth (thinning). *Growth* changes the load by
the same factor every thirty days.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from random import Random

from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Workload
from kueue_sim.units import exact_quantity, shortened

DAY_MS = 86_400_000
BLOCKS = {"day": DAY_MS, "week": 7 * DAY_MS}
_PERCENT = re.compile(r"\+?(\d{1,9}(?:\.\d{1,9})?)\s*%", re.ASCII)
MONTH_MS = 30 * DAY_MS
ALMOST = 0.05
"""A last block that lacks less than this part of itself is whole: nobody submits at the last millisecond."""
_BY_TIME = attrgetter("created_ms")


@dataclass(frozen=True, slots=True)
class Resampling:
    """How a trace is made anew: ``by`` day or week ("": as recorded), ``load`` and monthly ``growth`` as factors."""

    by: str
    load: float
    growth: float
    seed: str

    def load_at(self, ms: int) -> float:
        """The factor on the load at an instant."""
        return float(self.load * self.growth ** (ms / MONTH_MS))


def read_resampling(entry: Field, seed: int) -> Resampling | None:
    """What a ``trace:`` entry asks for, None when it is played as it was recorded."""
    if not any(entry.get(name).present for name in ("resample", "load", "growth")):
        return None
    by = entry.get("resample").choice(tuple(BLOCKS), "")
    load, growth = _factor(entry.get("load")), _factor(entry.get("growth"))
    stream = entry.get("name").text() or entry.get("file").text()
    return Resampling(by, load, growth, f"{seed}:{stream}")


def _factor(field: Field) -> float:
    """The factor of a field, 1 when absent; what is none, or not above 0, is a mistake."""
    if field.value is None:
        return 1.0
    try:
        factor = float(exact_quantity(field.text() if isinstance(field.value, str) else field.value))
    except (TypeError, ValueError, OverflowError):
        factor = 0.0
    if factor > 0:
        return factor
    field.wrong(f"{shortened(field.value)} is no factor; accepted: a number above 0; {_example(field.value)}")
    return 1.0


def _example(value: object) -> str:
    """How somebody who wrote a percentage writes a factor."""
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    percent = float(match[1]) if match else 5.0
    words, factor = ("more", 1 + percent / 100) if percent < 100 else ("of it", percent / 100)
    return f"{percent:g} % {words} is {factor:g}"


class Resampled:
    """The workloads of a trace made anew, in order of submission; may be gone through many times.

    The trace ends with its last whole block, or where fewer than two fit, with its last job.
    """

    def __init__(self, trace: Iterable[Workload], plan: Resampling) -> None:
        self._trace = trace
        self._plan = plan

    def __iter__(self) -> Iterator[Workload]:
        yield from self._made

    @property
    def blocks(self) -> int:
        """How many blocks it can be drawn from: what the recorded trace knows about chance."""
        return len(self._blocks)

    @cached_property
    def _width(self) -> int:
        return BLOCKS[self._plan.by or "day"]

    @cached_property
    def _blocks(self) -> list[list[Workload]]:
        """The recorded jobs block by block."""
        jobs = list(self._trace)
        if not jobs:
            return []
        times = [job.created_ms for job in jobs]
        whole = int(times[-1] / self._width + ALMOST)
        number = whole if self._plan.by and whole >= 2 else times[-1] // self._width + 1
        cuts = [bisect_left(times, index * self._width) for index in range(number + 1)]
        return [jobs[start:end] for start, end in pairwise(cuts)]

    @cached_property
    def _made(self) -> tuple[Workload, ...]:
        drawn = [job for index in range(len(self._blocks)) for job in self._block(index)]
        return tuple(sorted(drawn, key=_BY_TIME))

    def _block(self, index: int) -> Iterator[Workload]:
        """The jobs of one block of the new trace."""
        source = self._choice(index, "block") if self._plan.by else index
        load = self._plan.load_at(index * self._width)
        layer = 0
        while load > 0:
            chosen = source if layer == 0 else self._choice(index, f"layer {layer}")
            keep = Random(f"{self._plan.seed}:{index}:{layer}:keep")
            for job in self._blocks[chosen]:
                if load >= 1 or keep.random() < load:
                    yield self._moved(job, index, chosen, layer)
            load, layer = load - 1, layer + 1

    def _choice(self, index: int, part: str) -> int:
        """A recorded block that can stand at ``index``: any week, a day of the same weekday."""
        step = 7 if self._width == DAY_MS and len(self._blocks) >= 14 else 1
        alike = range(index % step, len(self._blocks), step)
        return alike[Random(f"{self._plan.seed}:{index}:{part}").randrange(len(alike))]

    def _moved(self, job: Workload, index: int, source: int, layer: int) -> Workload:
        if source == index and not layer:
            return job
        at = job.created_ms + (index - source) * self._width
        copy = f"{job.name}-{index}-{layer}" if layer else f"{job.name}-{index}"
        return job._replace(name=copy, uid=f"{job.uid}-{index:06d}-{layer}", created_ms=at)


__all__ = ["BLOCKS", "Resampled", "Resampling", "read_resampling"]
