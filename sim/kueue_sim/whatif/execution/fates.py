"""What became of each workload of a run, in few numbers, so that two runs of the same work can be laid side by side."""

from dataclasses import dataclass

from kueue_sim.result import Result
from kueue_sim.units import format_duration

MOST_WORKLOADS = 5_000
"""Of longer runs the fates are not kept: nobody reads them one by one."""


@dataclass(frozen=True, slots=True)
class Fate:
    """One workload: its ClusterQueue, first wait and time in system in milliseconds (None: never), how often evicted.

    ``preempted`` counts evictions by others, ``evicted`` those for other reasons.
    """

    workload: str
    queue: str
    wait_ms: int | None
    completion_ms: int | None
    preempted: int
    evicted: int


def fates(result: Result) -> tuple[Fate, ...]:
    """The fate of every workload, in order of submission; empty where there are too many."""
    if len(result.run.facts.workloads) > MOST_WORKLOADS:
        return ()
    return tuple(
        Fate(
            key,
            life.queue,
            None if not life.stays else life.stays[0].waited_ms,
            None if life.ended_ms is None or life.submitted_ms is None else life.ended_ms - life.submitted_ms,
            life.preempted,
            life.evicted,
        )
        for key, life in result.history.lives.items()
        if life.submitted_ms is not None
    )


def differences_of(base: tuple[Fate, ...], other: tuple[Fate, ...]) -> list[str]:
    """What happened differently in ``other``, one line per workload, the largest changes of waits first."""
    before = {fate.workload: fate for fate in base}
    pairs = [(before[fate.workload], fate) for fate in other if fate.workload in before]
    found = [(_weight(old, new), old.workload, _difference(old, new)) for old, new in pairs if old != new]
    return [f"{workload}: {text}" for _, workload, text in sorted(found) if text]


def _weight(old: Fate, new: Fate) -> tuple[int, int]:
    """Evictions that are new or gone come first, then the largest change of the wait."""
    evictions = abs(new.preempted + new.evicted - old.preempted - old.evicted)
    if old.wait_ms is None or new.wait_ms is None:
        return -evictions, 0 if old.wait_ms == new.wait_ms else -(2**62)
    return -evictions, -abs(new.wait_ms - old.wait_ms)


def _difference(old: Fate, new: Fate) -> str:
    parts = []
    for name in ("preempted", "evicted"):
        was, now = getattr(old, name), getattr(new, name)
        if was != now:
            parts.append(f"{name} {_times(now)}, before {_times(was)}")
    if old.wait_ms != new.wait_ms:
        parts.append(f"waits {_duration(new.wait_ms, 'for ever')}, before {_duration(old.wait_ms, 'for ever')}")
    if old.completion_ms != new.completion_ms:
        parts.append(
            f"done after {_duration(new.completion_ms, 'never')}, before {_duration(old.completion_ms, 'never')}"
        )
    if old.queue != new.queue:
        parts.append(f"in {new.queue}, before in {old.queue}")
    return "; ".join(parts)


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _duration(ms: int | None, none: str) -> str:
    return none if ms is None else format_duration(ms)


__all__ = ["Fate", "differences_of", "fates"]
