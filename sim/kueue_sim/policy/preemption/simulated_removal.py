"""Pretend that workloads were gone, and undo it exactly: the "what if" of every target search."""

from typing import Protocol

from kueue_sim.policy.workloads.workload_info import Reservation


class TopologyLedger(Protocol):
    """Keeps the pods per topology domain; told when a workload is taken out or put back."""

    def add(self, reservation: Reservation) -> None: ...

    def remove(self, reservation: Reservation) -> None: ...


class SimulatedRemoval:
    """Context manager: workloads removed inside are all back at its end."""

    __slots__ = ("_gone", "_ledger")

    def __init__(self, ledger: TopologyLedger | None = None) -> None:
        self._gone: dict[int, Reservation] = {}
        self._ledger = ledger

    def __enter__(self) -> "SimulatedRemoval":
        return self

    def __exit__(self, *_: object) -> None:
        for reservation in reversed(list(self._gone.values())):
            self.put_back(reservation)

    def remove(self, reservation: Reservation) -> None:
        """Take the workload's usage out of its queue and all cohorts above."""
        for slot, amount in reservation.usage:
            reservation.queue.remove(slot, amount)
        if reservation.topology_usage and self._ledger is not None:
            self._ledger.remove(reservation)
        self._gone[id(reservation)] = reservation

    def put_back(self, reservation: Reservation) -> None:
        for slot, amount in reservation.usage:
            reservation.queue.add(slot, amount)
        if reservation.topology_usage and self._ledger is not None:
            self._ledger.add(reservation)
        del self._gone[id(reservation)]
