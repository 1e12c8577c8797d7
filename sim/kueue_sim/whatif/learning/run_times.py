"""What is known of the run time of a job? Learned from work like it, and from all work where that is too little."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class RunTimes:
    """Estimates by what jobs have in common. Without any end nothing is known."""

    by_likeness: Mapping[Likeness, Lifetimes]

    @classmethod
    def learned(cls, runs: Iterable[Run]) -> "RunTimes":
        """From all runs that are known; groups of which too few ended are left out."""
        samples: dict[Likeness, tuple[list[int], list[int]]] = {}
        for run in runs:
            for likeness in likenesses(run.workload):
                samples.setdefault(likeness, ([], []))[0 if run.ended else 1].append(run.ran_ms)
        return cls(
            {
                likeness: Lifetimes.of(*sample)
                for likeness, sample in samples.items()
                if len(sample[0]) >= ENOUGH or (not likeness and sample[0])
            }
        )

    def of(self, workload: Workload) -> Lifetimes | None:
        """The estimate for this work, None where no run time at all is known."""
        return next((self.by_likeness[one] for one in likenesses(workload) if one in self.by_likeness), None)

    @property
    def known(self) -> bool:
        """Whether any run time is known."""
        return bool(self.by_likeness)


def unknown(work: Sequence[Workload], run_times: RunTimes) -> list[str]:
    """Keys of what has no run time, neither said nor learned."""
    return [one.key for one in work if one.runtime_ms is None and run_times.of(one) is None]
