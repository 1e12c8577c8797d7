"""Who is looked at before whom? What waits in each ClusterQueue, in Kueue's order, and why who stands behind waits."""

from collections.abc import Mapping

from kueue_sim.engine import simulate
from kueue_sim.model import Workload
from kueue_sim.units import format_duration
from kueue_sim.whatif.learning.present import Present

INACTIVE = "it is inactive, and in no queue until somebody activates it"


class Lines:
    """What waits at an instant, by ClusterQueue, in the order of priority and age (R3.3); by how much a LocalQueue has
    used is left out. ``pending`` are Kueue's reasons and messages of the instant by key."""

    def __init__(self, present: Present, pending: Mapping[str, tuple[str, str]]) -> None:
        policy = present.scenario.policy
        self._present = present
        self._pending = pending
        self._targets = {(one.namespace, one.name): one.cluster_queue for one in policy.local_queues}
        self._strict = {one.name for one in policy.cluster_queues if one.queueing_strategy == "StrictFIFO"}
        self._lines: dict[str, list[Workload]] = {}
        for one in present.waiting:
            if one.active:
                self._lines.setdefault(self._queue(one), []).append(one)
        for line in self._lines.values():
            line.sort(key=lambda one: (-one.priority, one.waits_from_ms // 1000, one.uid))

    def _queue(self, workload: Workload) -> str:
        return self._targets.get((workload.namespace, workload.queue_name), "")

    def before(self, target: Workload) -> list[Workload]:
        """What Kueue looks at before the target in its ClusterQueue, the first one first."""
        line = self._lines.get(self._queue(target), [])
        places = (place for place, one in enumerate(line) if one.key == target.key)
        return line[: next(places, 0)]

    def strictly_before(self, target: Workload) -> list[Workload]:
        """The same, where the target waits until all of that has its quota; nothing where later work may go first."""
        return self.before(target) if self._queue(target) in self._strict else []

    def answer(self, target: Workload) -> str:
        """Why the target waits: Kueue's message; of what Kueue has not looked at, because it stands behind others, who
        they are and what the first of them hears, or what it would be told alone."""
        if not target.active:
            return _gate(target) or INACTIVE
        rest_ms = self._backoff_ms(target)
        if rest_ms > 0:
            return f"its backoff goes on for {format_duration(rest_ms)}, and it is in no queue until then"
        message = self._pending[target.key][1]
        if message:
            return message
        strict = self.strictly_before(target)
        if strict:
            return f"{_others(len(strict))} before it in its StrictFIFO queue; the first is {self._named(strict[0])}"
        run = simulate(self._present.onward([None] * len(self._present.running), (target,), (), 0))
        alone = run.pending.get(target.key, ("", ""))[1]
        return alone or f"{_others(len(self.before(target)))} before it in its own queue"

    def _backoff_ms(self, target: Workload) -> int:
        """For how long it may not be queued yet."""
        status = target.status
        return 0 if status is None else (status.requeue_at_ms or 0) - self._present.now_ms

    def _named(self, first: Workload) -> str:
        message = self._pending.get(first.key, ("", ""))[1]
        return f"{first.key}, which waits for: {message}" if message else first.key


def _gate(target: Workload) -> str:
    """What Kueue says of work that others hold back by an annotation, "" where nobody does."""
    status = target.status
    gated = status is not None and status.reason == "AdmissionGated"
    return f"{status.message}; it is in no queue until they let it go" if gated and status is not None else ""


def _others(number: int) -> str:
    return "1 other that stands" if number == 1 else f"{number} others that stand"


__all__ = ["INACTIVE", "Lines"]
