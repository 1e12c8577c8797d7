"""What became of each workload of a run, in few numbers, so that two runs of the same work can be laid side by side."""

from dataclasses import dataclass

from kueue_sim.result import Result
from kueue_sim.units import format_duration

MOST_WORKLOADS = 5_000
"""Of longer runs the fates are not kept: nobody reads them one by one."""


@dataclass(frozen=True, slots=True)
class Fate:
    """One workload: its ClusterQueue, first wait and time in system in milliseconds (None: never), how often evicted.

    ``preempted`` counts evictions by others, ``evicted`` those for other reasons. ``waiting_ms`` is the wait so far of
    who was never admitted and waits still.
    """

    workload: str
    queue: str
    wait_ms: int | None
    completion_ms: int | None
    preempted: int
    evicted: int
    waiting_ms: int | None = None


def fates(result: Result) -> tuple[Fate, ...]:
    """The fate of every workload that the run had, in order of submission; empty where there are too many. Of what
    held quota when it began the time in system counts from there."""
    if len(result.run.facts.workloads) > MOST_WORKLOADS:
        return ()
    return tuple(
        Fate(
            key,
            life.queue,
            None if not life.stays else life.stays[0].waited_ms,
            None if life.ended_ms is None else life.ended_ms - (life.submitted_ms or 0),
            life.preempted,
            life.evicted,
            None if life.stays or life.waiting_since is None else result.run.end_ms - life.waiting_since,
        )
        for key, life in result.history.lives.items()
        if life.submitted_ms is not None or life.stays
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
    if (old.wait_ms, old.waiting_ms) != (new.wait_ms, new.waiting_ms):
        parts.append(f"waits {_wait(new)}, before {_wait(old)}")
    if old.completion_ms != new.completion_ms:
        parts.append(f"done {_end(new.completion_ms)}, before {_end(old.completion_ms).removeprefix('after ')}")
    if old.queue != new.queue:
        parts.append(f"in {new.queue}, before in {old.queue}")
    return "; ".join(parts)


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _wait(fate: Fate) -> str:
    if fate.wait_ms is not None:
        return format_duration(fate.wait_ms)
    return "in vain" if fate.waiting_ms is None else f"≥ {format_duration(fate.waiting_ms)}"


def _end(ms: int | None) -> str:
    return "not by the end" if ms is None else f"after {format_duration(ms)}"


__all__ = ["Fate", "differences_of", "fates"]
