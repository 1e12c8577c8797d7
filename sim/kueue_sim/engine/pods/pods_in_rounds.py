"""Pods of work that is evicted and admitted again in rounds: what decides of them, and as if rounds had gone by."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kueue_sim.engine.pods.node_report import FreeRoom, Measured, Placed
from kueue_sim.engine.pods.pod_groups import PodGroup
from kueue_sim.policy.placement import Pod, PodQueue
from kueue_sim.policy.workloads.workload_info import Reservation


@dataclass(frozen=True, slots=True)
class PodsReached:
    """How far the report about nodes has come: how many admissions it tells the end of, and what was measured."""

    placed: int
    measured: Measured


class PodsInRounds:
    """Reads and moves what ``Pods`` keeps: the groups by workload, the pods on each node, those that wait, and the
    report. Asked where no pod waits that could have a node. Times in milliseconds."""

    def __init__(
        self,
        groups: Mapping[str, PodGroup],
        on: Mapping[str, Mapping[Pod, PodGroup]],
        queue: PodQueue,
        room: FreeRoom,
        placed: list[Placed],
    ) -> None:
        self._groups = groups
        self._on = on
        self._queue = queue
        self._room = room
        self._placed = placed

    def state(self) -> object:
        """All that decides how it goes on with pods, apart from the time: who is on which node, who waits in which
        order, and how far each group and its work have come. What a node has free follows from that."""
        nodes = tuple((name, tuple(map(_name, pods))) for name, pods in sorted(self._on.items()) if pods)
        groups = tuple(_progress(key, group) for key, group in sorted(self._groups.items()))
        return nodes, tuple(map(_name, self._queue.pods)), groups

    def ages(self, now: int, reservation: Reservation) -> tuple[int | None, ...]:
        """How long ago was what happened to the pods of an admission; empty when they end."""
        group = self._groups.get(reservation.key)
        return () if group is None or group.reservation is not reservation else group.ages(now)

    def reached(self, now: int) -> PodsReached:
        """How far the report has come by now."""
        return PodsReached(len(self._placed), self._room.measured(now))

    def repeat(self, now: int, since: PodsReached, rounds: int, period_ms: int, untouched: Collection[int]) -> None:
        """What was reported ``since`` the round began took place so many rounds more; the groups of other reservations
        than the ``untouched`` ones, by identity, are as if they began so much later."""
        round_ = self._placed[since.placed :]
        self._placed += [one.later(number * period_ms) for number in range(1, rounds + 1) for one in round_]
        self._room.repeat(now, since.measured, rounds, period_ms)
        for group in self._groups.values():
            if id(group.reservation) not in untouched:
                group.put_off(rounds * period_ms)


def _name(pod: Pod) -> tuple[str, int, int]:
    return pod.workload, pod.pod_set, pod.index


def _progress(key: str, group: PodGroup) -> object:
    clocks = tuple((clock.done, clock.restarts, clock.since is None, clock.pace) for clock in group.clocks)
    return key, group.waiting, group.open, group.reported, group.started, group.ready, group.delay_ms, clocks
