"""Does an imported cluster go on as the real one did? Dumps of recorded runs, imported and played to the end.

What a dump cannot tell is taken from the truth of its folder: run times, what is submitted and changed later, how pods
and admission checks behave, and Kueue's Configuration. Everything else is what ``kueue-sim import`` makes of the dump.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kueue_sim.engine import Run, simulate
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario
from kueue_sim.model import Action, Scenario, Workload
from kueue_sim.units import format_instant, parse_instant
from tests.conformance.difference import Difference
from tests.conformance.recordings import load_run, with_life
from tests.conformance.runs import compare_answers, compare_events, compare_states


@dataclass(frozen=True, slots=True)
class Dump:
    """One dump of a folder, at ``second``."""

    folder: Path
    second: int

    @property
    def name(self) -> str:
        return f"{self.folder.name}@{self.second}"

    @property
    def family(self) -> str:
        return self.folder.name.rpartition("-")[0]

    @property
    def path(self) -> Path:
        return self.folder / f"dump-{self.second}.json.gz"


def dumps(root: Path) -> list[Dump]:
    """All dumps of all folders, in order of time."""
    found = [Dump(path.parent, int(path.name.split("-")[1].split(".")[0])) for path in root.glob("*/dump-*.json.gz")]
    return sorted(found, key=lambda dump: (dump.folder.name, dump.second))


def read(path: Path) -> Any:
    with gzip.open(path, "rt", encoding="utf-8") as text:
        return json.load(text)


def stream(folder: Path) -> Iterator[dict[str, Any]]:
    """The events of the watch."""
    with gzip.open(folder / "stream.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def imported(dump: Dump, truth: Mapping[str, Any]) -> Scenario:
    """What the import makes of a dump whose instant is known."""
    taken = format_instant(parse_instant(truth["start"]) + 1000 * dump.second)
    document = snapshot_scenario(read_snapshot([dump.path]), dump.name, taken=taken)
    return scenario_from_dict({**document, "validation": "accept"}, name=dump.name)


def onward(dump: Dump, truth: Mapping[str, Any]) -> Scenario:
    """The imported cluster with its true future."""
    present = imported(dump, truth)
    now_ms = 1000 * dump.second
    policy = [item for item in read(dump.path)["items"] if item["kind"] == "WorkloadPriorityClass"]
    taken = format_instant(parse_instant(truth["start"]) + now_ms)
    later = [
        event["object"]
        for event in stream(dump.folder)
        if event["type"] == "ADDED" and event["object"]["metadata"]["creationTimestamp"] > taken
    ]
    future = load_run({**truth, "objects": policy, "workloads": later})
    there = [_with_runs(with_life(one, truth), runs(truth, one.key, dump.second)) for one in present.workloads]
    coming = [one._replace(created_ms=one.created_ms - now_ms) for one in future.workloads]
    return replace(
        present,
        workloads=(*there, *coming),
        settings=future.settings,
        timeline=tuple(_shifted(action, now_ms) for action in future.timeline if action.at_ms > now_ms),
        checks=future.checks,
        timing=future.timing,
        placement=future.placement,
        horizon_ms=1000 * truth["horizonSeconds"] - now_ms,
    )


def runs(truth: Mapping[str, Any], key: str, second: int) -> tuple[int, int | None]:
    """How often a workload was admitted up to then, by which the lists of ``podsReadySeconds`` count, and for how many
    seconds it has run since its pods were moved to another node, None when they were not."""
    number, moved = 0, None
    for step in truth["steps"]:
        for event in step["events"] if step["t"] <= second else ():
            if event["workload"] == key and event["type"] == "Admitted":
                number, moved = number + 1, None
            elif event["workload"] == key and event["type"] == "Reassigned":
                moved = second - step["t"]
    return number, moved


def _with_runs(workload: Workload, known: tuple[int, int | None]) -> Workload:
    """The workload with what only somebody who watched it knows. In these recordings a slice of an elastic job runs
    anew, whatever the slices before it had done."""
    status, (number, moved) = workload.status, known
    assert status is not None
    admission = status.admission
    if admission is not None and moved is not None:
        admission = replace(admission, ran_ms=1000 * moved)
    status = replace(status, admissions=number, admission=admission, done_ms=0)
    return workload._replace(status=status, resumes=False)


def _shifted(action: Action, by_ms: int) -> Action:
    return replace(action, at_ms=action.at_ms - by_ms)


def compare(dump: Dump) -> Difference | None:
    """None when the run goes on from the dump as it really did, else the first decision that differs."""
    truth = read(dump.folder / "truth.json.gz")
    run = simulate(onward(dump, truth))
    if run.standstills:
        return Difference("an endless loop", "none", str(run.standstills[0]))
    return _differences(run, truth, dump.second)


def _differences(run: Run, truth: Mapping[str, Any], second: int) -> Difference | None:
    steps = [{**step, "t": step["t"] - second} for step in truth["steps"] if step["t"] > second]
    facts = [fact for fact in run.facts if fact.at_ms > 0]
    at_once = [fact for fact in run.facts if fact.at_ms == 0 and fact.type in ("Preempted", "Requeued", "Finished")]
    if at_once:
        return Difference("decisions at the start", "none", "; ".join(f"{f.type} {f.workload}" for f in at_once))
    states = {key: state for key, state in truth["states"].items() if key in run.states}
    return compare_events(facts, steps) or compare_states(run, {"states": states}) or compare_answers(run, truth)
