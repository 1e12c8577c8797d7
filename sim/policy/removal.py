"""Pretend that workloads were gone, and undo it exactly: the "what if" of every target search."""

from typing import Protocol

from sim.policy.entities import Held


class TopologyLedger(Protocol):
    """Keeps the pods per topology domain; told when a workload is taken out or put back."""

    def add(self, held: Held) -> None: ...

    def remove(self, held: Held) -> None: ...


class Removal:
    """Context manager: workloads removed inside are all back at its end."""

    __slots__ = ("_gone", "_ledger")

    def __init__(self, ledger: TopologyLedger | None = None) -> None:
        self._gone: dict[int, Held] = {}
        self._ledger = ledger

    def __enter__(self) -> "Removal":
        return self

    def __exit__(self, *_: object) -> None:
        for held in reversed(list(self._gone.values())):
            self.put_back(held)

    def remove(self, held: Held) -> None:
        """Take the workload's usage out of its queue and all cohorts above."""
        for slot, amount in held.usage:
            held.queue.remove(slot, amount)
        if held.topology_usage and self._ledger is not None:
            self._ledger.remove(held)
        self._gone[id(held)] = held

    def put_back(self, held: Held) -> None:
        for slot, amount in held.usage:
            held.queue.add(slot, amount)
        if held.topology_usage and self._ledger is not None:
            self._ledger.add(held)
        del self._gone[id(held)]
