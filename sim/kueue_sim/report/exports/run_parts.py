"""A run written while it goes on: its events and its workloads in Parquet files, part by part, and figures per team."""

from collections.abc import Iterable
from pathlib import Path

from kueue_sim.engine.facts import Facts, Run
from kueue_sim.model import Scenario
from kueue_sim.report.exports.output_folder import OutputFolder
from kueue_sim.report.exports.run_folder import as_json, as_parquet, rounded
from kueue_sim.results.history.history import History
from kueue_sim.results.history.parts import EndedParts, named_in
from kueue_sim.results.quota.quota_over_time import accelerator
from kueue_sim.results.step_functions.steps import Ints
from kueue_sim.results.tables import columns
from kueue_sim.results.tables.sums import Streamed, Sums
from kueue_sim.results.tables.waits import submitted
from kueue_sim.version import __version__


class RunParts:
    """Writes part after part into a folder, and adds them up. Hours count the accelerator of the policy. Raises
    MissingExtra without pyarrow."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self._scenario = scenario
        self._open = EndedParts(scenario)
        self._sums = Sums(accelerator(scenario.policy))
        self._folder = OutputFolder(folder)
        self._parts = self._events = 0

    def take(self, facts: Facts) -> Iterable[int]:
        """A part; the numbers of the workloads that have ended."""
        run, numbers, preempting = self._open.ended(facts)
        self._write(facts, run, preempting)
        ended: list[int] = numbers.tolist()
        return ended

    def finish(self, run: Run) -> Streamed:
        """The last part: what is left of the facts, and all that has not ended. The figures of all parts."""
        rest, preempting = self._open.rest(run)
        self._write(run.facts, rest, preempting)
        teams, total = self._sums.figures(self._scenario, rest)
        found = Streamed(run, self._sums.resource, teams, total, self._parts, self._events)
        self._folder.write("summary.json", as_json(summary(self._scenario, found)))
        self._folder.close(self._manifest(run))
        return found

    def _manifest(self, run: Run) -> dict[str, object]:
        scenario = self._scenario
        return {
            "scenario": scenario.name,
            "digest": scenario.digest,
            "seed": scenario.seed,
            "kueue": scenario.settings.version,
            "kueue_sim": __version__,
            "end_s": run.end_ms / 1000,
            "interrupted": run.interrupted,
            "cycles": run.cycles,
            "events": self._events,
            "parts": self._parts,
            "warnings": list(scenario.warnings),
        }

    def _write(self, facts: Facts, run: Run, preempting: Ints) -> None:
        history = History(self._scenario, run)
        if history.resource != self._sums.resource:
            history = history.counting(self._sums.resource)
        self._sums.add(history, preempting)
        workloads = columns.workload_columns(history, run) | {"preempting": preempting[submitted(history)]}
        events = columns.event_columns(Run(named_in(facts), {}, {}, 0, run.end_ms))
        self._folder.write(f"events-{self._parts:05d}.parquet", as_parquet(events))
        self._folder.write(f"workloads-{self._parts:05d}.parquet", as_parquet(workloads))
        self._parts += 1
        self._events += len(facts)


def summary(scenario: Scenario, found: Streamed) -> dict[str, object]:
    """The figures as one JSON value, each as in the summary of an undivided run."""
    return {
        "scenario": scenario.name,
        "digest": scenario.digest,
        "seed": scenario.seed,
        "end_s": found.run.end_ms / 1000,
        "measured_s": found.run.measured_ms / 1000,
        "resource": found.resource,
        "teams": [rounded(one.flat()) for one in found.teams],
        "total": rounded(found.total.flat()),
        "warnings": list(scenario.warnings),
    }


def team_rows(found: Streamed) -> list[dict[str, object]]:
    """The figures of each team, and those of all with ``total`` as ClusterQueue, a row each."""
    return [*(rounded(team.flat()) for team in found.teams), {**rounded(found.total.flat()), "cluster_queue": "total"}]
