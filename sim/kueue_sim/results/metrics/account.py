"""What was paid for and what became of it, over all accelerators that have a price."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kueue_sim.results.metrics.bill import Bill
from kueue_sim.results.quota.quota_over_time import Window


class Counting(Protocol):
    """Measures of one resource in one flavor."""

    def team_hours(self, name: str, team: str, window: Window) -> float:
        """Hours of one team: ``nominal``, or a metric such as ``goodput.gpu_hours``."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """The money of a run. ``counting`` measures the hours of a resource in a flavor."""

    bill: Bill
    counting: Callable[[str, str], Counting]

    def value(self, name: str, teams: Sequence[str], everybody: bool, window: Window) -> float | None:
        """A metric of money of some teams, or of everybody; None for the price of an hour where none was of use."""
        if name == "cost.used":
            return self._worth("goodput.gpu_hours", teams, window)
        if name == "cost.lost":
            return self._worth("lost.gpu_hours", teams, window)
        paid = self._paid(teams, everybody, window)
        if name == "cost.per_gpu_hour":
            used = self.used_hours(teams, window)
            return paid / used if used else None
        if name == "cost.idle":
            return paid - self._worth("goodput.gpu_hours", teams, window) - self._worth("lost.gpu_hours", teams, window)
        return paid

    def used_hours(self, teams: Sequence[str], window: Window) -> float:
        """Hours of everything that has a price, whatever accelerator it is, that were not thrown away."""
        return sum(self._hours("goodput.gpu_hours", pair, teams, window) for pair in self.bill.prices)

    def _worth(self, name: str, teams: Sequence[str], window: Window) -> float:
        return sum(price * self._hours(name, pair, teams, window) for pair, price in self.bill.prices.items())

    def _hours(self, name: str, pair: tuple[str, str], teams: Sequence[str], window: Window) -> float:
        flavor, resource = pair
        return sum(self.counting(resource, flavor).team_hours(name, team, window) for team in teams)

    def _paid(self, teams: Sequence[str], everybody: bool, window: Window) -> float:
        """What nodes cost, for everybody and as far as there are any; else nominal quota."""
        nodes = self.bill.nodes(*window) if everybody else None
        if nodes is not None:
            return nodes
        return self._worth("nominal", teams, window) + (self.bill.cohorts(*window) if everybody else 0.0)


__all__ = ["Account", "Counting"]
