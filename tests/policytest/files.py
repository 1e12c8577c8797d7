"""Small worlds as YAML text, and the outcome of expectations about them."""

from pathlib import Path

from kueue_sim.policytest import suite
from kueue_sim.policytest.running import Outcome, run_test

RESERVING = """\
apiVersion: kueue-sim/v1
kind: Scenario
name: reserving
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - kind: ClusterQueue
    metadata: {name: a}
    spec:
      cohort: x
      namespaceSelector: {}
      preemption: {reclaimWithinCohort: Any}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
  - kind: ClusterQueue
    metadata: {name: b}
    spec:
      cohort: x
      namespaceSelector: {}
      resourceGroups:
      - coveredResources: [nvidia.com/gpu]
        flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 4}]}]
workloads:
- {name: own, queue: b, requests: {nvidia.com/gpu: 4}, runtime: 1h}
- {name: lent, queue: b, requests: {nvidia.com/gpu: 4}, submit: 1s, runtime: 1h}
- {name: owner, queue: a, requests: {nvidia.com/gpu: 4}, submit: 10s, runtime: 30m}
"""
"""Team b borrows team a's quota at 1s; at 10s team a takes it back from ``lent``, until 30m 10s."""


def expecting(*lines: str, world: str = RESERVING) -> str:
    """The world with these expectations, one YAML flow mapping each."""
    return world + "expect:\n" + "".join(f"- {line}\n" for line in lines)


def outcome_of(folder: Path, text: str, index: int = 0, name: str = "case.yaml") -> Outcome:
    """The outcome of one test of a file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return run_test(suite.tests_of(path)[index])


def complaints(outcome: Outcome) -> list[str]:
    """Line, expected and got of each failure; the messages of mistakes."""
    failures = [f"{one.place.line if one.place else 0}: {one.expected} | {one.got}" for one in outcome.failures]
    return failures + [f"{one.place.line if one.place else 0}: {one.message}" for one in outcome.mistakes]
