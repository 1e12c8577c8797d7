"""Elastic jobs get another number of pods while they wait or run (rules 5.8): slices that replace each other.

A job that grows gets a second workload, its next slice; as soon as that has quota it takes the place of the first, and
the work goes on from where it was. A job that shrinks, or waits, has its one workload edited (R5.60).

Elastic training asks for more by itself: whenever it is admitted, for the next of its sizes; whenever it is evicted it
comes back at the smallest (HyperPod facts, 4.8).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.reclaimable_pods import of_size, resize
from kueue_sim.engine.facts import CODE
from kueue_sim.model import PodSet, Workload
from kueue_sim.policy.workloads.workload_info import Pending, Reservation

_DELETED = CODE["Deleted"]
PodSets = tuple[PodSet, ...]


@dataclass(slots=True, eq=False)
class ElasticJobs:
    """The slices of every job that was scaled, by the key of its first one. ``submit`` brings a new workload."""

    cluster: Cluster
    submit: Callable[[int, Workload], object]
    _slices: dict[str, list[str]] = field(default_factory=dict)
    _first: dict[str, str] = field(default_factory=dict)
    """The first slice of a job by each of its others."""
    _next: dict[str, str] = field(default_factory=dict)
    """The slice that is to replace one, by that one's key."""

    def slices(self, key: str) -> list[str]:
        """The keys of a job's slices that exist, the first one first; ``key`` itself when it was never scaled."""
        return [one for one in self._slices.get(key, [key]) if one in self.cluster.pending]

    def scale(self, now: int, key: str, pod_sets: PodSets) -> None:
        """The job has these pod sets from now on; nothing happens when it is over already."""
        known = self.slices(key)
        if not known:
            return
        pending = self.cluster.pending[known[-1]]
        if len(known) > 1 and pending.key not in self.cluster.cache.reservations:
            holding = self.cluster.pending[known[-2]]
            if not _grows(holding.workload.pod_sets, pod_sets):
                self.leave(now, pending)
                pending = holding
        reservation = self.cluster.cache.reservations.get(pending.key)
        if reservation is None or reservation.evicted:
            self.edit(pending, pod_sets)
        elif _grows(pending.workload.pod_sets, pod_sets):
            self._next_slice(now, key, pending, pod_sets)
        else:
            self._shrink(now, pending, reservation, pod_sets)

    def grow(self, now: int, key: str) -> None:
        """A slice that is admitted asks for the next of its job's sizes."""
        pending, reservation = self.cluster.pending.get(key), self.cluster.cache.reservations.get(key)
        if pending is None or reservation is None or reservation.evicted:
            return
        larger = [size for size in pending.workload.sizes if size > pending.workload.pod_sets[0].count]
        if larger:
            self._next_slice(now, self._first.get(key, key), pending, sized(pending.workload, min(larger)))

    def shrink_for_return(self, now: int, pending: Pending) -> None:
        """An evicted job comes back at its smallest size; what it asked for besides is not wanted any more."""
        self.ended(now, pending.key)
        self.edit(pending, sized(pending.workload, min(pending.workload.sizes)))

    def ended(self, now: int, key: str) -> None:
        """A slice is done, and so is the job: a slice that waits to replace it is not wanted any more."""
        pending = self.cluster.pending.get(self._next.pop(key, ""))
        if pending is not None and pending.key not in self.cluster.cache.reservations:
            self.leave(now, pending)

    def leave(self, now: int, pending: Pending) -> None:
        """A slice that waits is deleted."""
        self.cluster.manager.dequeue(pending)
        self.cluster.leave(now, pending, _DELETED)

    def anew(self, now: int, key: str, workload: Workload) -> None:
        """A job whose workload was deleted has another one."""
        self._slices.setdefault(key, [key]).append(workload.key)
        self._first[workload.key] = key
        self.submit(now, workload)

    def edit(self, pending: Pending, pod_sets: PodSets) -> None:
        """What waits asks for something else, at its place in the queue."""
        cluster = self.cluster
        pending.workload = pending.workload._replace(pod_sets=pod_sets)
        pending.pod_sets, pending.progress = pod_sets, None
        cluster.scheduler.forget(pending)
        shape = cluster.manager.classes.of(pending.workload)
        if cluster.manager.waits(pending):
            cluster.manager.queues[pending.queue].change(pending, pending.priority, shape)
            cluster.cache.mark_changed(cluster.cache.compiled.queues[pending.queue].partition)
        pending.shape = shape

    def _next_slice(self, now: int, key: str, pending: Pending, pod_sets: PodSets) -> None:
        known = self._slices.setdefault(key, [key])
        name = f"{key.partition('/')[2]}-slice-{len(known) + 1}"
        workload = pending.workload._replace(
            name=name,
            uid=f"{pending.workload.namespace}/{name}",
            pod_sets=pod_sets,
            created_ms=now,
            reclaimable={},
            replaces=pending.key,
            resumes=True,
        )
        known.append(workload.key)
        self._first[workload.key], self._next[pending.key] = key, workload.key
        self.submit(now, workload)

    def _shrink(self, now: int, pending: Pending, reservation: Reservation, pod_sets: PodSets) -> None:
        """The workload's pods become fewer at once, and so does what it holds."""
        cluster = self.cluster
        counts = {one.name: one.count for one in pod_sets}
        pending.workload = reservation.workload = pending.workload._replace(pod_sets=pod_sets)
        pending.pod_sets, pending.shape = pod_sets, cluster.manager.classes.of(pending.workload)
        assignments = tuple(of_size(item, counts[item.name]) for item in reservation.assignments)
        resize(cluster, now, pending, reservation, assignments)


def sized(workload: Workload, size: int) -> PodSets:
    """The pod sets of a workload with another number of pods in the first."""
    first, *rest = workload.pod_sets
    return (replace(first, count=size), *rest)


def _grows(before: PodSets, after: PodSets) -> bool:
    """Whether any pod set has more pods than before."""
    counts = {one.name: one.count for one in before}
    return any(one.count > counts.get(one.name, 0) for one in after)
