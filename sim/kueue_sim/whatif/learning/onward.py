"""How does a cluster that was taken over go on? From its present, with a future learned from its past.

The same present for every seed and every variant of its policy; what is not known, how long work runs and what else
comes, is drawn by the seed alone, so that variants under one seed meet the same future.
"""

from dataclasses import replace

from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import Scenario
from kueue_sim.whatif.learning.futures import DAY_MS, History, future, history_of_cluster
from kueue_sim.whatif.learning.present import Present, Running, elapsed_ms
from kueue_sim.whatif.learning.run_times import ENOUGH, unknown

AHEAD_MS = 7 * DAY_MS
_LEAST_AHEAD_MS = 3_600_000
_ANOTHER_FILE = "a history to learn from (--history FILE: a trace, or a dump that still holds finished Workloads)"
"""How forecasts are given the run times that a cluster does not remember."""
_ANOTHER_DUMP = "an older dump that still holds finished Workloads, imported with this one (import older.json now.json)"
"""The same where the cluster itself has to remember them."""


def goes_on(scenario: Scenario) -> bool:
    """Whether a scenario begins in the middle and leaves open what comes: its work has a status, and either some of it
    has no run time or jobs of the past are known."""
    there = [one for one in scenario.workloads if one.status is not None]
    return bool(there) and (bool(scenario.past) or any(one.runtime_ms is None for one in there))


def asked_for_evidence(scenario: Scenario) -> Scenario:
    """The scenario itself. Raises InputError where it begins in the middle and run times are not known."""
    if goes_on(scenario):
        present = _present(scenario)
        check_run_times(present, history_of_cluster(present, scenario.past), _ANOTHER_DUMP)
    return scenario


def where_it_begins(scenario: Scenario) -> tuple[str, ...]:
    """Where the runs of a cluster that was taken over begin, and from how much of its past they learn what comes, or
    that they take it from the scenario; nothing of other scenarios."""
    if not any(one.status is not None for one in scenario.workloads):
        return ()
    if not goes_on(scenario):
        return (
            f"Every run begins with the cluster as it was at {scenario.start}; how long work runs, and what else "
            "comes, is taken as the scenario says: figures hold as far as that does.",
        )
    ends = sum(job.ended for job in scenario.past)
    few = " That is little to learn from: the intervals hold for futures like those few jobs, not for others."
    return (
        f"Every run begins with the cluster as it was at {scenario.start}; seeds vary only what is not known, how long "
        f"work runs and what else comes, learned from {ends} jobs that ended.{few if 0 < ends < ENOUGH else ''}",
    )


def onward(scenario: Scenario, seed: int) -> Scenario:
    """One future of a cluster, up to its horizon or as far as its past allows to look. Work of the scenario that is
    submitted later comes as it says. Raises InputError where run times are not known."""
    present = _present(scenario)
    history = history_of_cluster(present, scenario.past)
    check_run_times(present, history, _ANOTHER_DUMP)
    ahead_ms = usual_ahead_ms(history, recorded=True) if scenario.horizon_ms is None else scenario.horizon_ms
    found = future(present, history, seed, ahead_ms)
    planned = [one for one in scenario.workloads if one.status is None]
    coming = sorted((*found.workloads, *planned), key=lambda one: one.created_ms)
    return replace(found, workloads=tuple(coming), past=scenario.past, seed=seed)


def _present(scenario: Scenario) -> Present:
    """What the scenario begins with; nothing is decided before its policy, which may be a variant's, has its say."""
    running, waiting = [], []
    for one in scenario.workloads:
        if one.status is not None and one.status.admission is not None:
            running.append(Running(one, elapsed_ms(one, 0)))
        elif one.status is not None:
            waiting.append(one)
    bare = replace(scenario, workloads=())
    return Present(bare, tuple(running), tuple(waiting), (), at_ms=0, recorded=True)


def usual_ahead_ms(history: History, recorded: bool) -> int:
    """How far to look when nobody says: a week, from an imported cluster no further than ten times what it remembers,
    but an hour."""
    if not recorded or not history.arrivals:
        return AHEAD_MS
    return min(AHEAD_MS, max(_LEAST_AHEAD_MS, 10 * (history.end_ms - history.start_ms)))


def check_run_times(present: Present, history: History, evidence: str = _ANOTHER_FILE) -> None:
    """Nothing is made up: where neither the scenario nor any history knows run times, it asks, for ``evidence`` first
    of all. Raises InputError."""
    if history.endless:
        return
    there = [item.workload for item in present.running] + list(present.waiting)
    without = unknown(there, history.run_times)
    if without:
        names = ", ".join(without[:3]) + (f" and {len(without) - 3} more" if len(without) > 3 else "")
        problem = (
            f"how long work runs is not known, of {names}; say it in one of three ways: {evidence}, "
            "one run time for all (import --runtime 6h), or `runtime` of each workload in the scenario"
        )
        raise InputError([Mistake(None, problem)])
