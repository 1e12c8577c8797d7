"""Pretend that workloads were gone, and undo it exactly: the "what if" of every target search.

A node is remembered as it was before the first pretence that concerns it, and is that again at the end: its usage, and
its share as far as it was known, which need not be worked out anew. So undoing costs as much as there are nodes,
however many workloads were taken out.
"""

from collections.abc import Iterable
from typing import Protocol

from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.quota.share import Share
from kueue_sim.policy.workloads.workload_info import Reservation, Target


def freed_in_pool(root: QuotaNode, victims: dict[str, Reservation], targets: list[Target]) -> dict[int, int] | None:
    """By how much victims, and targets that are none of them, raise what is available to a queue without limits once
    they are gone: all that those of its tree use, whichever queue they are in (R2.13). None where one of those queues
    has limits."""
    gone = list(victims.values())
    for target in targets:
        if target.reservation.key not in victims:
            gone.append(target.reservation)
    freed: dict[int, int] = {}
    for reservation in gone:
        queue = reservation.queue
        if queue.root is root:
            if not queue.pooled:
                return None
            for slot, amount in reservation.usage:
                freed[slot] = freed.get(slot, 0) + amount
    return freed


class TopologyLedger(Protocol):
    """Keeps the pods per topology domain; told when a workload is taken out or put back."""

    def add(self, reservation: Reservation) -> None: ...

    def remove(self, reservation: Reservation) -> None: ...


class SimulatedRemoval:
    """Context manager: workloads removed inside are all back at its end, and what was charged inside is gone."""

    __slots__ = ("_before", "_ledger", "_placed")

    def __init__(self, ledger: TopologyLedger | None = None) -> None:
        self._before: dict[QuotaNode, tuple[list[int], Share | None]] = {}
        """Usage and share of nodes below which something was changed; with a node, all above it are there."""
        self._placed: dict[int, Reservation] = {}
        """Workloads that are out of the topology."""
        self._ledger = ledger

    def __enter__(self) -> "SimulatedRemoval":
        return self

    def __exit__(self, *_: object) -> None:
        for node, (usage, share) in self._before.items():
            node.usage[:] = usage
            node.share = share
        if self._ledger is not None:
            for reservation in reversed(list(self._placed.values())):
                self._ledger.add(reservation)

    def _remember(self, queue: QuotaNode) -> None:
        node: QuotaNode | None = queue
        while node is not None and node not in self._before:
            self._before[node] = (node.usage.copy(), node.share)
            node = node.parent

    def charge(self, queue: QuotaNode, amounts: Iterable[tuple[int, int]]) -> None:
        """So much more is used in a queue."""
        if queue not in self._before:
            self._remember(queue)
        for slot, amount in amounts:
            queue.add(slot, amount)

    def remove(self, reservation: Reservation) -> None:
        """Take the workload's usage out of its queue and all cohorts above."""
        queue = reservation.queue
        if queue not in self._before:
            self._remember(queue)
        for slot, amount in reservation.usage:
            queue.remove(slot, amount)
        if reservation.topology_usage and self._ledger is not None:
            self._ledger.remove(reservation)
            self._placed[id(reservation)] = reservation

    def put_back(self, reservation: Reservation) -> None:
        """Workload by workload, where all is not to be undone yet."""
        for slot, amount in reservation.usage:
            reservation.queue.add(slot, amount)
        if reservation.topology_usage and self._ledger is not None:
            self._ledger.add(reservation)
            del self._placed[id(reservation)]
