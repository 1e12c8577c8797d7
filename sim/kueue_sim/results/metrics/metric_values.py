"""The value of any metric path, over the whole run or over a window of it.

Workloads count in the window in which they were submitted, preemptions and evictions in the one in which they
happened; averages over time are exact integrals (``over_time``). ``docs/what-if.md`` lists the metrics.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from kueue_sim.engine.facts import NONE
from kueue_sim.results.history.by_workload import Mask, scattered
from kueue_sim.results.history.history import History
from kueue_sim.results.metrics.account import Account
from kueue_sim.results.metrics.bill import Bill, check_prices
from kueue_sim.results.metrics.metric_path import WITHIN, MetricPath, Subject, read_metrics
from kueue_sim.results.metrics.over_time import OverTime
from kueue_sim.results.quota.fairness import jain, windows
from kueue_sim.results.quota.quota_over_time import Window, hours
from kueue_sim.results.run_result import RunResult
from kueue_sim.results.step_functions.steps import Ints

Floats = NDArray[np.float64]
_EVERYBODY = Subject("total")


class Measures:
    """Values of metrics of one run; hours and shares are of the accelerator, or of ``resource``, in ``flavor`` alone
    where one is given."""

    def __init__(self, result: RunResult, resource: str | None = None, flavor: str | None = None) -> None:
        self._result = result
        self._resource = resource or result.resource
        same = self._resource == result.resource and flavor is None
        self._history = result.history if same else result.history.counting(self._resource, flavor)
        self._others: dict[tuple[str, str | None], Measures] = {}
        self._masks: dict[Subject, Mask] = {}
        self._over_time = OverTime(result, self._history, self._resource, flavor)

    @property
    def whole(self) -> Window:
        """The window that holds everything but the drain."""
        return 0, self._result.run.measured_ms + 1

    def values(self, paths: tuple[MetricPath, ...], window: Window | None = None) -> dict[str, float | None]:
        """The value of each path by its text."""
        return {path.text: self.value(path, window) for path in paths}

    def value(self, path: MetricPath | str, window: Window | None = None) -> float | None:
        """The metric over ``window``, by default the whole run; None where there is nothing to measure.

        Raises InputError for a text that is no path of this scenario.
        """
        if isinstance(path, str):
            path = read_metrics([path], self._result.scenario.policy)[0]
        if path.resource:
            return self._counting(path.resource).value(replace(path, resource=""), window)
        window = self.whole if window is None else window
        if path.statistic:
            return self._statistic(path, window)
        start, end = window[0], min(window[1], self._result.run.measured_ms)
        if path.name in ("jain", "jain.min"):
            return self._evenness(path.name, start, end)
        if path.name == "satisfaction":
            return self._over_time.satisfaction(self._teams_of(path.subject), (start, end))
        if path.name == "fairness":
            each = (self._over_time.satisfaction([team], (start, end)) for team in self._teams_of(_EVERYBODY))
            return jain(value for value in each if value is not None)
        if path.name in ("weighted_share.mean", "weighted_share.max"):
            return self._weighted_share(path.name, path.subject.name, start, end)
        if path.bound_ms is not None:
            return self._within(path.bound_ms, self._inside(path.subject, window))
        if path.metric.unit == "money":
            check_prices((path,), self._result.scenario)
            return self._money(path.name, path.subject, (start, end))
        if path.name == "loops":
            return float(sum(1 for loop in self._result.loops if loop.from_ms < end and loop.to_ms >= start))
        if "queue" not in path.metric.kinds:
            return self._of_quota(path.name, path.subject, window)
        if path.name == "unplaced.gpu_hours":
            return hours(self._unplaced(path.subject, (start, end)), self._resource)
        if path.name in ("preemptions", "preempting", "evictions", "lost.gpu_hours"):
            return self._of_events(path.name, path.subject, window)
        return float(np.count_nonzero(self._inside(path.subject, window) & self._state(path.name)))

    def _counting(self, resource: str, flavor: str | None = None) -> "Measures":
        """The same run with hours and shares of another resource."""
        found = self._others.get((resource, flavor))
        if found is None:
            found = self._others[resource, flavor] = Measures(self._result, resource, flavor)
        return found

    # -- workloads ----------------------------------------------------------------------------------------

    def _of(self, subject: Subject) -> Mask:
        """Which workloads are the subject's."""
        found = self._masks.get(subject)
        if found is None:
            found = self._masks[subject] = _of_subject(self._history, subject)
        return found

    def _inside(self, subject: Subject, window: Window) -> Mask:
        submitted = self._history.work.submitted
        inside: Mask = self._of(subject) & (submitted >= window[0]) & (submitted < window[1])
        return inside

    def _state(self, name: str) -> Mask:
        work = self._history.work
        masks: dict[str, Mask] = {
            "workloads": work.submitted != NONE,
            "finished": work.finished,
            "unfinished": work.ended == NONE,
            "never_admitted": work.admissions == 0,
        }
        return masks[name]

    def _statistic(self, path: MetricPath, window: Window) -> float | None:
        work, chosen = self._history.work, self._inside(path.subject, window)
        admitted = work.admissions > 0
        if path.name == "wait":
            sample = work.first_wait[chosen & admitted]
        elif path.name == "delay":
            sample = np.where(admitted, work.first_wait, work.waited)[chosen]
        elif path.name == "queued":
            sample = work.waited[chosen & (work.submitted != NONE)]
        elif path.name == "slowdown":
            return _statistic_of(self._slowdowns(chosen), path.statistic)
        elif path.name == "start":
            sample = self._starts[chosen & (self._starts != NONE)]
        else:
            done = chosen & (work.ended != NONE)
            sample = work.ended[done] - work.created[done]
        if path.statistic == "mean" and len(sample):
            return int(sample.sum()) / len(sample) / 1000
        found = _statistic_of(sample, path.statistic)
        return None if found is None else found / 1000

    def _slowdowns(self, chosen: Mask) -> Floats:
        """How many times its run time each of these took from submission to its end, as far as it finished."""
        work, workloads = self._history.work, self._history.facts.workloads
        done: list[int] = np.flatnonzero(chosen & work.finished).tolist()
        numbers = [number for number in done if workloads[number].runtime_ms]
        asked = np.array([workloads[number].runtime_ms or 0 for number in numbers], dtype=np.float64)
        rows = np.array(numbers, dtype=np.int64)
        found: Floats = (work.ended[rows] - work.created[rows]) / asked
        return found

    def _within(self, bound_ms: int, chosen: Mask) -> float | None:
        """The share of these workloads that was admitted within the bound; who never was counts as late."""
        work = self._history.work
        submitted = chosen & (work.submitted != NONE)
        in_time = submitted & (work.admissions > 0) & (work.first_wait <= bound_ms)
        return int(in_time.sum()) / int(submitted.sum()) if submitted.any() else None

    @cached_property
    def _starts(self) -> Ints:
        """Milliseconds from submission to the first start of its work, per workload; −1 where there was none."""
        stays, work = self._history.stays, self._history.work
        started = np.flatnonzero(stays.started != NONE)
        owners, first = np.unique(stays.workload[started], return_index=True)
        return scattered(owners, stays.started[started][first] - work.created[owners], len(work.submitted))

    def open_ends(self, paths: Iterable[MetricPath], window: Window | None = None) -> frozenset[str]:
        """Which of these figures have open ends: some of the work they are about had not come to the end of what they
        measure when the run ended."""
        window = self.whole if window is None else window
        return frozenset(path.text for path in paths if self._has_open_ends(path, window))

    def _has_open_ends(self, path: MetricPath, window: Window) -> bool:
        if not path.statistic and path.bound_ms is None:
            return False
        work = self._history.work
        waits, unfinished = work.waiting_since != NONE, work.ended == NONE
        if path.name in ("wait", "delay", WITHIN):
            unfinished = waits & (work.admissions == 0)
        elif path.name == "queued":
            unfinished = waits
        elif path.name == "start":
            unfinished = unfinished & (self._starts == NONE)
        elif path.name == "slowdown":
            unfinished = unfinished & self._with_end
        if path.bound_ms is not None:
            unfinished = unfinished & (work.waited <= path.bound_ms)
        return bool((self._inside(path.subject, window) & (work.submitted != NONE) & unfinished).any())

    @cached_property
    def _with_end(self) -> Mask:
        """Which workloads end by themselves."""
        workloads = self._history.facts.workloads
        return np.fromiter((one.runtime_ms is not None for one in workloads), dtype=bool, count=len(workloads))

    # -- preemptions and evictions ------------------------------------------------------------------------

    def _of_events(self, name: str, subject: Subject, window: Window) -> float:
        if name == "lost.gpu_hours":
            return hours(self._lost(subject, window), self._resource)
        events = self._result.evictions
        who = events.by if name == "preempting" else events.victim
        theirs = np.append(self._of(subject), False)[who]
        chosen = theirs & (events.at >= window[0]) & (events.at < window[1])
        if name != "preempting":
            chosen &= events.preempted if name == "preemptions" else ~events.preempted
        return float(np.count_nonzero(chosen))

    def _lost(self, subject: Subject, window: Window, of_the_run: bool = False) -> int:
        """Accelerator-milliseconds of run time thrown away by evictions and by nodes that failed. ``of_the_run``:
        without what had run before the simulation began."""
        by_workload = self._history.by_workload
        places = np.flatnonzero(by_workload.lost > 0)
        at, whose = by_workload.at[places], by_workload.workload[places]
        places = places[self._of(subject)[whose] & (at >= window[0]) & (at < window[1])]
        lost, at = by_workload.lost[places], by_workload.at[places]
        return int(((np.minimum(lost, at) if of_the_run else lost) * self._history.amounts_at(places)).sum())

    def _unplaced(self, subject: Subject, window: Window) -> int:
        """Accelerator-milliseconds of quota that work held while some of its pods had no node."""
        workloads, spent = self._history.unplaced_between(window[0], min(window[1], self._result.run.measured_ms))
        return int(spent[self._of(subject)[workloads]].sum())

    # -- quota over time ----------------------------------------------------------------------------------

    def _of_quota(self, name: str, subject: Subject, window: Window) -> float | None:
        start, end = window[0], min(window[1], self._result.run.measured_ms)
        teams, time, measured = self._teams_of(subject), self._over_time, (start, end)
        if name == "pending.max":
            return float(time.most_pending(teams, window))
        if name == "pending.mean":
            return time.mean_pending(teams, measured)
        if name in ("utilisation", "allocation"):
            nominal = time.nominal(teams, measured, subject == _EVERYBODY)
            used = time.running(teams, measured) if name == "utilisation" else time.held(teams, measured)
            return used / nominal if nominal else None
        if name == "goodput.gpu_hours":
            running = hours(time.running(teams, measured), self._resource)
            return running - hours(self._lost(subject, window, of_the_run=True), self._resource)
        if name == "lent.gpu_hours":
            return hours(time.lent(None if subject == _EVERYBODY else teams, window), self._resource)
        amount = {"held.gpu_hours": time.held, "borrowed.gpu_hours": time.borrowed, "running.gpu_hours": time.running}
        return hours(amount[name](teams, measured), self._resource)

    def _teams_of(self, subject: Subject) -> list[str]:
        return [subject.name] if subject.kind == "team" else list(self._result.figures.names)

    # -- money --------------------------------------------------------------------------------------------

    @cached_property
    def _account(self) -> Account:
        prices = self._result.scenario.prices
        assert prices is not None
        return Account(Bill(self._result, prices), self._counting)

    def _money(self, name: str, subject: Subject, window: Window) -> float | None:
        return self._account.value(name, self._teams_of(subject), subject == _EVERYBODY, window)

    def used_hours(self, subject: Subject, window: Window | None = None) -> float:
        """Hours of everything that has a price, whatever accelerator it is, that were not thrown away."""
        return self._account.used_hours(self._teams_of(subject), self.whole if window is None else window)

    def team_hours(self, name: str, team: str, window: Window) -> float:
        """Hours of one team: ``nominal``, or a metric such as ``goodput.gpu_hours``; of what was lost that which had
        run since the simulation began, as nothing else was paid for in it."""
        subject = Subject("team", team)
        if name == "nominal":
            return hours(self._over_time.nominal([team], window, of_cohorts=False), self._resource)
        if name == "lost.gpu_hours":
            return hours(self._lost(subject, window, of_the_run=True), self._resource)
        return self._of_quota(name, subject, window) or 0.0

    def _evenness(self, name: str, start: int, end: int) -> float | None:
        """Jain's index over the time, or in the least even window of it; a last one cut short does not count."""
        if name == "jain":
            return self._result.fairness_over([(start, end)])[0].jain
        spans = windows(end, start)
        whole = [span for span in spans if span[1] - span[0] == spans[0][1] - spans[0][0]]
        return min((item.jain for item in self._result.fairness_over(whole) if item.jain is not None), default=None)

    def _weighted_share(self, name: str, team: str, start: int, end: int) -> float | None:
        """None where it is infinite: a borrower of weight 0."""
        shares = self._result.weighted_shares[team]
        value = shares.mean(start, end) if name == "weighted_share.mean" else shares.most(start, end)
        return value if isfinite(value) else None


def _of_subject(history: History, subject: Subject) -> Mask:
    """Which workloads are the subject's, by number."""
    workloads = history.facts.workloads
    if subject.kind == "total":
        return np.ones(len(workloads), dtype=bool)
    if subject.kind == "team":
        mine: Mask = history.work.queue == history.queue_numbers.get(subject.name, len(history.queues))
        return mine
    if subject.kind == "queue":
        named = (f"{item.namespace}/{item.queue_name}" == subject.name for item in workloads)
    elif subject.kind == "label":
        key, _, value = subject.name.partition("=")
        named = ((key, value) in item.labels for item in workloads)
    elif subject.kind == "user":
        named = (item.user == subject.name for item in workloads)
    else:
        named = (str(item.priority) == subject.name for item in workloads)
    return np.fromiter(named, dtype=bool, count=len(workloads))


def _statistic_of(sample: "Ints | Floats", statistic: str) -> float | None:
    """Mean, maximum or percentile of a sample in its own unit; None of an empty one."""
    if not len(sample):
        return None
    if statistic == "mean":
        return float(sample.mean())
    return float(np.percentile(sample, 100 if statistic == "max" else int(statistic[1:])))


__all__ = ["Measures"]
