"""The three walks of docs/architecture.md are walked: every function named is called, in that order."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.report.text.story import story

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGE = str(ROOT / "sim" / "kueue_sim")
ROW = re.compile(r"^\| \d+ \| (.+?) \| .+ \|$", re.MULTILINE)
NAME = re.compile(r"`([A-Za-z_]+(?:\.[A-Za-z_]+)?)`")

QUEUES = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 3h
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - kind: ClusterQueue
    metadata: {name: a}
    spec: &queue
      cohortName: all
      namespaceSelector: {}
      preemption: {withinClusterQueue: LowerPriority, reclaimWithinCohort: Any}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
  - {kind: ClusterQueue, metadata: {name: b}, spec: *queue}
"""
WORLDS = {
    "A workload, from the file to its admission": """\
workloads:
- {name: one, team: a, requests: {nvidia.com/gpu: 8}, runtime: 1h}
- {name: two, team: a, requests: {nvidia.com/gpu: 8}, runtime: 1h}
""",
    "A quota change": """\
workloads:
- {name: one, team: a, requests: {nvidia.com/gpu: 8}, runtime: 2h}
- {name: two, team: a, requests: {nvidia.com/gpu: 8}, runtime: 2h}
timeline:
- {at: 1h, do: apply, set: {clusterQueues.a.nvidia.com/gpu.nominalQuota: 12}}
""",
    "A preemption, to its line in the report": """\
workloads:
- {name: borrows, team: a, requests: {nvidia.com/gpu: 8}, runtime: 2h}
- {name: own, team: b, submit: 1h, requests: {nvidia.com/gpu: 4}, runtime: 1h}
""",
}


def steps(walk: str) -> list[list[str]]:
    """The functions that each row of a walk names, in the order of the page."""
    text = PAGE.split(f"\n### {walk}\n")[1].split("\n### ")[0].split("\n## ")[0]
    return [NAME.findall(re.sub(r"`[^`]*/[^`]*`|`[a-z_]+\.py`", "", cell)) for cell in ROW.findall(text)]


def walked(path: Path) -> list[str]:
    """Every function of the package that is called, in order, from the file to the texts of the report."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_name == "__init__":
            called.append(type(frame.f_locals["self"]).__name__)
        elif event == "call" and code.co_filename.startswith(PACKAGE):
            called.append(code.co_qualname)

    sys.setprofile(note)
    try:
        result = run(load_scenario(path))
        told = (result.evictions, list(story(result)))
    finally:
        sys.setprofile(None)
    assert told[1]
    return called


def first_missing(names: Iterable[str], called: list[str]) -> str:
    """The first of the names that is not called after those before it, "" when all are."""
    place = 0
    for name in names:
        try:
            place = called.index(name, place) + 1
        except ValueError:
            return name
    return ""


@pytest.mark.parametrize("walk", WORLDS)
def test_every_function_of_a_walk_is_called_in_its_order(walk: str, tmp_path: Path) -> None:
    path = tmp_path / "world.yaml"
    path.write_text(QUEUES + WORLDS[walk], encoding="utf-8")
    called = walked(path)
    rows = steps(walk)
    assert len(rows) > 7
    assert [name for row in rows for name in row if name not in called] == []
    assert first_missing((row[0] for row in rows if row), called) == ""


def test_a_function_that_is_not_called_would_be_missed() -> None:
    assert first_missing(["b", "a"], ["a", "b", "c"]) == "a"
