"""A job that is not elastic is edited: another number of pods, another queue, another class (rules of Kueue's webhooks
and of its reconciler of jobs).

What holds no quota is edited in its place. A job that holds quota stops and starts anew when its pods become others; no
update changes its queue then, or gives a class to one that has none, and the job goes on as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.controllers.elastic_jobs import ElasticJobs
from kueue_sim.engine.controllers.pending_condition import sync
from kueue_sim.engine.controllers.reclaimable_pods import prioritize
from kueue_sim.model import Workload
from kueue_sim.policy.workloads.workload_info import Pending


@dataclass(frozen=True, slots=True)
class JobEdits:
    """Edits of jobs, whose workloads ``jobs`` knows by the key of their first one. ``delete`` takes one away."""

    cluster: Cluster
    jobs: ElasticJobs
    delete: Callable[[int, Pending], None]

    def edit(self, now: int, key: str, after: Workload) -> None:
        """The job amounts to another workload from now on; nothing happens when it is over already."""
        known = self.jobs.slices(key)
        if not known:
            return
        pending = self.cluster.pending[known[-1]]
        before, reservation = pending.workload, self.cluster.cache.reservations.get(pending.key)
        holds = reservation is not None and not reservation.evicted
        if holds and before.pod_sets != after.pod_sets:
            self.delete(now, pending)
            self.jobs.anew(now, key, after)
            return
        if before.pod_sets != after.pod_sets:
            self.jobs.edit(pending, after.pod_sets)
        if reservation is None and before.queue_name != after.queue_name:
            self._move(now, pending, after.queue_name)
        if before.priority_class != after.priority_class and not (holds and not before.priority_class):
            prioritize(self.cluster, now, pending, after.priority, after.priority_class)

    def _move(self, now: int, pending: Pending, queue_name: str) -> None:
        """What waits goes to another LocalQueue, where its age counts as before."""
        manager = self.cluster.manager
        manager.dequeue(pending)
        pending.workload, pending.queue, pending.progress = pending.workload._replace(queue_name=queue_name), "", None
        self.cluster.scheduler.forget(pending)
        self.cluster.recorder.moved(pending.number, pending.workload)
        pending.shape = manager.classes.of(pending.workload)
        manager.enqueue(now, pending)
        sync(self.cluster, now, pending)
