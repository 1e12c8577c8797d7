"""Does a backtest find the instant at which somebody changed the policy?

Random worlds in which one object changes at a random instant are played, and written as the watch stream that their
cluster would have left. The backtest knows the policy before the change alone. It has to part with the recording at the
first second in which the run with the change decides otherwise than the one without it, or nowhere if there is none.
The stream has a line for what there is at the end of each second, so a second in which several evictions end does not
say in which order; the backtest may part there.

    python -m benchmarks.promises.planted --worlds 20 [--change quota]
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import Scenario
from kueue_sim.units import parse_instant
from kueue_sim.whatif.backtesting.backtest import replayed
from kueue_sim.whatif.backtesting.recorded_past import recorded_past
from tests.cluster.exporting import exported, manager_config
from tests.cluster.streaming import streamed

Manifest = dict[str, Any]
GPU = "nvidia.com/gpu"
QUEUES = ("a", "b", "c")


def _queue(name: str) -> Manifest:
    flavors = [{"name": one, "resources": [{"name": GPU, "nominalQuota": 6}]} for one in ("h100", "a100")]
    spec: Manifest = {
        "cohortName": "all",
        "namespaceSelector": {},
        "resourceGroups": [{"coveredResources": [GPU], "flavors": flavors}],
        "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
        "fairSharing": {"weight": "1"},
    }
    return {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec}


def world(seed: int, fair: bool) -> Manifest:
    """Three queues in a cohort with more work than fits."""
    random, at = Random(f"planted:{seed}"), 0
    work = []
    for number in range(45):
        at += random.randrange(1, 25)
        work.append(
            {
                "name": f"w{number:02d}", "queue": random.choice(QUEUES), "submit": f"{at}s",
                "runtime": f"{random.randrange(30, 300)}s", "priority": random.choice((0, 0, 10, 20)),
                "podSets": [{"name": "main", "pods": 1, "requests": {GPU: random.choice((1, 2, 4, 5))}}],
            }
        )  # fmt: skip
    flavors = [{"kind": "ResourceFlavor", "metadata": {"name": one}, "spec": {}} for one in ("h100", "a100")]
    found: Manifest = {
        "apiVersion": "kueue-sim/v1", "kind": "Scenario", "start": "2026-03-02T00:00:00Z",
        "policy": {"objects": [*flavors, *(_queue(name) for name in QUEUES)]},
        "workloads": work, "timing": {"termination": "2s"},
    }  # fmt: skip
    if fair:
        found["kueue"] = {"configuration": {"fairSharing": {"enable": True}}}
    return found


def _quota(spec: Manifest) -> None:
    spec["resourceGroups"][0]["flavors"][0]["resources"][0]["nominalQuota"] = 2


def _limit(spec: Manifest) -> None:
    for flavor in spec["resourceGroups"][0]["flavors"]:
        flavor["resources"][0]["borrowingLimit"] = 0


def _weight(spec: Manifest) -> None:
    spec["fairSharing"]["weight"] = "4"


def _preemption(spec: Manifest) -> None:
    spec["preemption"] = {"reclaimWithinCohort": "Never", "withinClusterQueue": "Never"}


def _flavor(spec: Manifest) -> None:
    del spec["resourceGroups"][0]["flavors"][0]


def _cohort(spec: Manifest) -> None:
    spec["cohortName"] = "another"


def _hold(spec: Manifest) -> None:
    spec["stopPolicy"] = "Hold"


def _drain(spec: Manifest) -> None:
    spec["stopPolicy"] = "HoldAndDrain"


def _strict(spec: Manifest) -> None:
    spec["queueingStrategy"] = "StrictFIFO"


CHANGES: dict[str, Callable[[Manifest], None]] = {
    "quota": _quota, "borrowing limit": _limit, "weight": _weight, "preemption": _preemption,
    "flavor removed": _flavor, "cohort moved": _cohort, "hold": _hold, "hold and drain": _drain, "strict": _strict,
}  # fmt: skip
"""What happens to the ClusterQueue ``a``."""


@dataclass(frozen=True, slots=True)
class Planted:
    """Seconds from the start: of the change, of the first decision it changes, and of where the backtest parts."""

    at: int
    expected: int | None
    found: int | None


def planted(change: str, seed: int, folder: Path) -> Planted | None:
    """One world with one change; its files are written into ``folder``. None where work was admitted and evicted within
    one second: the stream is made of what there is at the end of each."""
    before = world(seed, fair=change == "weight")
    after = deepcopy(before)
    queue = deepcopy(next(one for one in before["policy"]["objects"] if one["metadata"]["name"] == "a"))
    CHANGES[change](queue["spec"])
    at = Random(f"{change}:{seed}").randrange(60, 500)
    after["timeline"] = [{"at": f"{at}s", "do": "apply", "objects": [queue]}]
    plain, changed = scenario_from_dict(before), scenario_from_dict(after)
    told = [_decisions(scenario) for scenario in (plain, changed)]
    if any(("Admitted", *where) in one for one in told for kind, *where in one if kind in ("Preempted", "Evicted")):
        return None
    stream, dump = folder / "stream.jsonl", folder / "policy.json"
    stream.write_text("".join(streamed(before["policy"]["objects"], changed)), encoding="utf-8")
    simulation = Simulation(plain)
    policy = exported(before["policy"]["objects"], plain, simulation.present(0), simulation.facts, 0)
    policy["items"] = [one for one in policy["items"] if one["kind"] != "Workload"]
    if "kueue" in before:
        policy["items"].append(manager_config(yaml.safe_dump(before["kueue"]["configuration"])))
    dump.write_text(json.dumps(policy), encoding="utf-8")
    past = recorded_past([stream, dump])
    parting = replayed(past).parting
    first_ms = parse_instant(past.scenario.start) - parse_instant(plain.start)
    expected = min((second for (_, second, _), _ in told[0].items() ^ told[1].items()), default=None)
    return Planted(at, expected, None if parting is None else (first_ms + parting.at_ms) // 1000)


def _decisions(scenario: Scenario) -> dict[tuple[str, int, str], str]:
    """What a run decides: what, in which second and of whom; with what it gives them."""
    return {
        (fact.type, fact.at_ms // 1000, fact.workload): str(fact.pod_sets)
        for fact in Simulation(scenario).run().facts
        if fact.type in ("Admitted", "Preempted", "Evicted", "Finished")
    }


def main() -> int:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=20, help="worlds of each change")
    parser.add_argument("--change", choices=CHANGES, action="append")
    options = parser.parse_args()
    missed = 0
    with TemporaryDirectory() as folder:
        for change in options.change or CHANGES:
            seeds = range(10 * options.worlds)
            made = (one for seed in seeds if (one := planted(change, seed, Path(folder))) is not None)
            found = list(islice(made, options.worlds))
            wrong = [one for one in found if one.expected != one.found]
            missed += len(wrong)
            without = sum(one.expected is None for one in found)
            print(
                f"{change}: {len(found) - len(wrong)} of {len(found)} found, {without} without any effect",
                *wrong,
                flush=True,
            )
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
