"""What did teams hold, lend, run and have waiting over a window? Exact integrals of step functions."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from kueue_sim.results.history.history import History
from kueue_sim.results.quota.ledger import Pair, lent
from kueue_sim.results.quota.quota_over_time import Slot, Window, eras, quotas
from kueue_sim.results.run_result import RunResult
from kueue_sim.results.step_functions.steps import Steps, union
from kueue_sim.results.tables.waits import accelerators

_NOTHING = Steps.constant(0)


class OverTime:
    """Amounts of ``resource``, in one flavor or, with None, in all, in unit-milliseconds: canonical units times
    milliseconds. ``history`` counts the same resource and flavor."""

    def __init__(self, result: RunResult, history: History, resource: str, flavor: str | None) -> None:
        self._result = result
        self._history = history
        self._resource = resource
        self._flavor = flavor
        self._lent: dict[Window, dict[Pair, float]] = {}

    def held(self, teams: Sequence[str], window: Window) -> int:
        """Quota that workloads of these teams had reserved."""
        return sum(self._held(slot).between(*window) for slot in self._slots(teams))

    def borrowed(self, teams: Sequence[str], window: Window) -> int:
        """What of that was above their nominal quota."""
        nominal = self._result.figures.nominal
        over = (self._held(slot).over(nominal.get(slot, _NOTHING)) for slot in self._slots(teams))
        return sum(steps.between(*window) for steps in over)

    def running(self, teams: Sequence[str], window: Window) -> int:
        """What their work ran on."""
        return sum(self._history.running.get(team, _NOTHING).between(*window) for team in teams)

    def nominal(self, teams: Sequence[str], window: Window, of_cohorts: bool) -> int:
        """Their nominal quota, with what cohorts own where ``of_cohorts``."""
        quota = self._result.figures.nominal
        amount = sum(quota[slot].between(*window) for slot in self._slots(teams) if slot in quota)
        if not of_cohorts:
            return amount
        start, end = window
        for era in eras(self._result.scenario, self._result.run):
            width = max(0, min(era.end_ms, end) - max(era.start_ms, start))
            owned = (item for cohort in era.policy.cohorts for item in quotas(cohort))
            amount += width * sum(quota.nominal for _, resource, quota in owned if resource == self._resource)
        return amount

    def lent(self, lenders: Collection[str] | None, window: Window) -> float:
        """What these queues and cohorts lent, all of them with None."""
        pairs = self._lendings(window)
        return sum(amount for (lender, _), amount in pairs.items() if lenders is None or lender in lenders)

    def satisfaction(self, teams: Sequence[str], window: Window) -> float | None:
        """What teams held of what they could have had: of their own quota, as far as they wanted it. None where nobody
        wanted anything."""
        got = wanted = 0
        for team in teams:
            slots = self._slots([team])
            held = Steps.sum([self._held(slot) for slot in slots])
            quota = self._result.figures.nominal
            nominal = Steps.sum([quota[slot] for slot in slots if slot in quota])
            got += _within(held, nominal, window)
            wanted += _within(Steps.sum([held, self._asked.get(team, _NOTHING)]), nominal, window)
        return got / wanted if wanted else None

    def mean_pending(self, teams: Sequence[str], window: Window) -> float | None:
        """How many workloads waited on average; None for a window without length."""
        start, end = window
        waiting = sum(self._pending(team).between(*window) for team in teams)
        return waiting / (end - start) if end > start else None

    def most_pending(self, teams: Sequence[str], window: Window) -> int:
        """How many workloads waited at most at once."""
        start, end = window
        parts = [self._pending(team) for team in teams]
        if not parts:
            return 0
        times = union([np.array([start], dtype=np.int64), *(steps.times for steps in parts)])
        times = times[(times >= start) & (times < max(end, start + 1))]
        return int(np.sum([steps.at(times) for steps in parts], axis=0, dtype=np.int64).max())

    def _slots(self, teams: Sequence[str]) -> list[Slot]:
        figures = self._result.figures
        return [
            slot
            for slot in {**figures.nominal, **figures.held}
            if slot[0] in teams and slot[2] == self._resource and self._flavor in (None, slot[1])
        ]

    def _held(self, slot: Slot) -> Steps:
        return self._result.figures.held.get(slot, _NOTHING)

    def _pending(self, team: str) -> Steps:
        return self._history.pending.get(team, _NOTHING)

    @cached_property
    def _asked(self) -> dict[str, Steps]:
        """What the waiting workloads of each team ask for."""
        return self._history.asked(accelerators(self._history))

    def _lendings(self, window: Window) -> dict[Pair, float]:
        """Who lent to whom in the window, worked out once per window."""
        found = self._lent.get(window)
        if found is None:
            measured = self._result.run.measured_ms
            parts = [
                replace(era, start_ms=max(era.start_ms, window[0]), end_ms=min(era.end_ms, window[1], measured))
                for era in eras(self._result.scenario, self._result.run)
                if era.start_ms < window[1] and era.end_ms > window[0]
            ]
            found = self._lent[window] = lent(parts, self._result.figures.held, self._resource)
        return found


def _within(steps: Steps, bound: Steps, window: Window) -> int:
    """Of these amounts, what lies at or below the bound."""
    return steps.between(*window) - steps.over(bound).between(*window)
