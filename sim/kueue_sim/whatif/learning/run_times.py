"""What is known of the run time of a job? Learned from work like it, and from all work where that is too little."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from kueue_sim.model import Workload
from kueue_sim.whatif.learning.survival import Lifetimes

ENOUGH = 20
"""Ends of work alike from which on only those count."""

Likeness = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is known: of which work, how long, and whether it ended then or was only seen so far."""

    workload: Workload
    ran_ms: int
    ended: bool


def likenesses(workload: Workload) -> list[Likeness]:
    """What may tell the run time of a job, the closest first: team, kind, size and user together, then less and less,
    at last nothing."""
    team = (workload.namespace, workload.queue_name)
    size = tuple((one.count, tuple(sorted(one.requests.items()))) for one in workload.pod_sets)
    found: list[Likeness] = [("size", *team, workload.kind, size), ("team", *team), ("size of any team", size), ()]
    return [("user", *team, workload.kind, size, workload.user), *found] if workload.user else found


class RunTimes:
    """Estimates by what jobs have in common. Without any end nothing is known."""

    def __init__(self, samples: Mapping[Likeness, Sequence[tuple[int, bool]]], luck: str = "") -> None:
        self._samples = samples
        self._luck = luck
        self._estimates: dict[Likeness, Lifetimes] = {}

    @classmethod
    def learned(cls, runs: Iterable[Run]) -> "RunTimes":
        """From all runs that are known; groups of which too few ended are left out."""
        samples: dict[Likeness, list[tuple[int, bool]]] = {}
        for run in runs:
            for likeness in likenesses(run.workload):
                samples.setdefault(likeness, []).append((run.ran_ms, run.ended))
        ends = {likeness: sum(ended for _, ended in sample) for likeness, sample in samples.items()}
        return cls(
            {
                likeness: sample
                for likeness, sample in samples.items()
                if ends[likeness] >= ENOUGH or (not likeness and ends[likeness])
            }
        )

    def another(self, luck: str) -> "RunTimes":
        """What might have been learned as well: the estimates of runs drawn from those that are known (bootstrap). What
        few runs tell is not certain, and futures are to differ by that too."""
        return RunTimes(self._samples, luck)

    def of(self, workload: Workload) -> Lifetimes | None:
        """The estimate for this work, None where no run time at all is known."""
        found = next((one for one in likenesses(workload) if one in self._samples), None)
        if found is None:
            return None
        if found not in self._estimates:
            self._estimates[found] = self._estimate(found)
        return self._estimates[found]

    def _estimate(self, likeness: Likeness) -> Lifetimes:
        sample = self._samples[likeness]
        if self._luck:
            drawn = Random(f"{self._luck}:{likeness}").choices(sample, k=len(sample))
            sample = drawn if any(ended for _, ended in drawn) else sample
        ended = [ran for ran, over in sample if over]
        return Lifetimes.of(ended, [ran for ran, over in sample if not over])

    @property
    def known(self) -> bool:
        """Whether any run time is known."""
        return bool(self._samples)


def unknown(work: Sequence[Workload], run_times: RunTimes) -> list[str]:
    """Keys of what has no run time, neither said nor learned."""
    return [one.key for one in work if one.runtime_ms is None and run_times.of(one) is None]
