"""How far off is a guessed policy, told by a backtest on the Philly trace?

Nobody published when the jobs of the Philly trace started, nor the quotas of its virtual clusters: its files have
submissions, sizes and durations. So the starts are made: the jobs of ten days run under a policy that is known, and
a CSV with submissions and starts, as a cluster would have kept it, is all that a backtest gets. It is asked under that
policy, which has to explain every start, and under guesses, of which it has to tell how wrong they are.

    python -m benchmarks.promises.philly_guess ../shared/traces/philly
"""

import csv
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from benchmarks.published.philly import philly, virtual_clusters
from kueue_sim.engine import simulate
from kueue_sim.whatif.backtesting.backtest import Backtest, backtest

WINDOW = ("75d", "85d")
DAY_S = 86_400
FACTOR = 0.35
"""Share of the GPUs that the cluster is taken to have, so that there is something to wait for."""
COLUMNS = {"name": "job_id", "team": "vc", "submit": "submit_s", "start": "start_s", "runtime": "duration_s"}
BORROWING: dict[str, object] = {"cohortName": "philly", "queueingStrategy": "BestEffortFIFO"}
GUESSES: dict[str, tuple[float, dict[str, object]]] = {
    "as it was": (FACTOR, BORROWING),
    "a tenth more GPUs": (1.1 * FACTOR, BORROWING),
    "a tenth fewer GPUs": (0.9 * FACTOR, BORROWING),
    "strict FIFO": (FACTOR, {**BORROWING, "queueingStrategy": "StrictFIFO"}),
    "owners reclaim": (FACTOR, {**BORROWING, "preemption": {"reclaimWithinCohort": "Any"}}),
    "nothing is lent": (FACTOR, {"queueingStrategy": "BestEffortFIFO"}),
}
"""The policy that held, and what somebody might take for it."""


def written(folder: Path, target: Path) -> int:
    """A job history of the window under the policy that held; how many jobs it has."""
    scenario = philly(folder, str(FACTOR), "BestEffortFIFO", "philly", WINDOW)
    starts = {fact.workload: fact.at_ms for fact in simulate(scenario).facts if fact.type == "Admitted"}
    with target.open("w", newline="", encoding="utf-8") as text:
        table = csv.writer(text)
        table.writerow((*COLUMNS.values(), "num_gpus"))
        jobs = 0
        for one in scenario.workloads:
            assert one.runtime_ms is not None
            start = "" if one.key not in starts else starts[one.key] // 1000
            gpus = sum(pods.count * next(iter(pods.requests.values())) for pods in one.pod_sets)
            table.writerow((one.name, one.queue_name, one.created_ms // 1000, start, one.runtime_ms // 1000, gpus))
            jobs += 1
    return jobs


def told(history: Path, capacities: dict[str, int], factor: float, queue: dict[str, object]) -> Backtest:
    """What the backtest says of this history under a policy."""
    table = history.with_name("teams.csv")
    table.write_text("vc,node num\n" + "".join(f"{name},{gpus / 8}\n" for name, gpus in sorted(capacities.items())))
    document = {
        "apiVersion": "kueue-sim/v1", "kind": "Scenario", "name": "philly",
        "policy": {"teams": {"preset": "philly", "file": table.name, "factor": factor, "clusterQueue": queue}},
        "workloads": [{"trace": {"file": history.name, "columns": {**COLUMNS, "gpus": "num_gpus"}}}],
    }  # fmt: skip
    scenario = history.with_name("guess.yaml")
    scenario.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return backtest([scenario])


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of the Philly trace")
    folder = parser.parse_args().folder
    capacities = virtual_clusters(folder)
    with TemporaryDirectory() as place:
        history = Path(place) / "history.csv"
        print(f"{written(folder, history):,} jobs of {' to '.join(WINDOW)}")
        print(f"{'guess':<20} {'decisions alike':>18}  {'first starts right':>18}  {'bias':>8}  parts at")
        for name, (factor, queue) in GUESSES.items():
            found = told(history, capacities, factor, queue)
            everybody = found.rows[0]
            bias = 0.0 if everybody.bias_s is None else everybody.bias_s / 60
            parts = "nowhere" if found.parting is None else f"{found.parting.at_ms / 1000 / DAY_S:.2f} d"
            alike = f"{found.same:,} of {found.decisions:,}"
            print(f"{name:<20} {alike:>18}  {everybody.right:>18.1%}  {bias:>+6.1f} m  {parts}", flush=True)


if __name__ == "__main__":
    main()
