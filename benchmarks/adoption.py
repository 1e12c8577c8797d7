"""Does a cluster that is read from its dump go on as if nobody had stopped it?

Random worlds are stopped at a random instant, written as `kubectl get -A -o json` would print them, and imported. With
the run times they had, what arrives later, and the manager's Configuration, the imported run has to take the same
decisions to the letter as the one that was never stopped.

A dump has whole seconds, so work with fewer pods than it asked for runs no fraction of its time longer here. What no
dump can tell is at which flavor Kueue's scheduler goes on for work that it has tried before: it only remembers that.

    python -m benchmarks.adoption --worlds 1000
"""

import json
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import yaml

from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario
from kueue_sim.model import Scenario
from kueue_sim.policytest.random_worlds.worlds import seeded_world
from kueue_sim.units import format_instant, parse_instant
from tests.cluster.exporting import exported, manager_config
from tests.engine.test_present_state import decisions


@dataclass(frozen=True, slots=True)
class Adopted:
    """One world: what was decided after ``at_ms`` without and with the stop, and what there was to be taken over."""

    at_ms: int
    expected: tuple[str, ...]
    found: tuple[str, ...]
    holding: int
    waiting: int

    @property
    def alike(self) -> bool:
        return self.expected == self.found

    def __str__(self) -> str:
        """The first decision that only one of them took."""
        missing = [one for one in self.expected if one not in self.found]
        added = [one for one in self.found if one not in self.expected]
        return f"stopped at {self.at_ms // 1000} s: expected {missing[:1]}, found {added[:1]}"


def adopted(seed: int, folder: Path) -> Adopted:
    """The world of this seed, stopped and gone on with from its dump, which is written into ``folder``."""
    document = seeded_world(seed)
    for one in document["workloads"]:
        one["scaling"] = "time"
    scenario = scenario_from_dict(document)
    whole = Simulation(scenario).run()
    last_ms = max((fact.at_ms for fact in whole.facts), default=0)
    at_ms = 1000 * Random(seed).randrange(1 + last_ms // 1000)
    present = Simulation(scenario).present(at_ms)
    dump = exported(document["policy"]["objects"], scenario, present, whole.facts, at_ms)
    configuration = document.get("kueue", {}).get("configuration")
    if configuration is not None:
        dump["items"].append(manager_config(yaml.safe_dump(configuration)))
    path = folder / f"dump-{seed}.json"
    path.write_text(json.dumps(dump), encoding="utf-8")
    onward = _onward(imported(path, scenario, at_ms), scenario, at_ms)
    held = [one.status is not None and one.status.admission is not None for one in present.workloads]
    run = Simulation(onward).run()
    return Adopted(
        at_ms, tuple(decisions(whole, at_ms)), tuple(decisions(run, at_ms, at_ms)), sum(held), len(held) - sum(held)
    )


def imported(path: Path, scenario: Scenario, at_ms: int) -> Scenario:
    """What the import makes of a dump of ``scenario`` at this instant."""
    taken = format_instant(parse_instant(scenario.start) + at_ms)
    return scenario_from_dict(snapshot_scenario(read_snapshot([path]), path.stem, taken=taken), name=path.stem)


def _onward(present: Scenario, scenario: Scenario, at_ms: int) -> Scenario:
    """The imported cluster with what no dump tells: run times, what fewer pods do to them, later work, how long evicted
    pods take to end."""
    known = {one.key: one for one in scenario.workloads}
    there = [
        one._replace(runtime_ms=known[one.key].runtime_ms, keeps_work=known[one.key].keeps_work)
        for one in present.workloads
    ]
    later = [one._replace(created_ms=one.created_ms - at_ms) for one in scenario.workloads if one.created_ms > at_ms]
    horizon_ms = None if scenario.horizon_ms is None else scenario.horizon_ms - at_ms
    return replace(present, workloads=(*there, *later), timing=scenario.timing, horizon_ms=horizon_ms)


def main() -> int:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first world")
    options = parser.parse_args()
    alike = holding = waiting = decided = 0
    with TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.worlds):
            one = adopted(seed, Path(folder))
            alike += one.alike
            holding, waiting, decided = holding + one.holding, waiting + one.waiting, decided + len(one.expected)
            if not one.alike:
                print(f"world {seed}, {one}")
    print(f"{alike} / {options.worlds} worlds go on alike; taken over: {holding} with quota, {waiting} waiting;")
    print(f"{decided} decisions after the stops")
    return int(alike < options.worlds)


if __name__ == "__main__":
    raise SystemExit(main())
