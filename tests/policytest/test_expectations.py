"""Expectations about decisions, order and bounds: which hold, and what a failure says."""

from pathlib import Path

import pytest

from kueue_sim import load_scenario, run
from kueue_sim.inputs.text.schema_expectation import EXPECTATION
from kueue_sim.policytest.reading import KINDS
from tests.policytest.files import RESERVING, complaints, expecting, outcome_of

LINE = RESERVING.count("\n") + 2

HOLDING = [
    "{admitted: own}",
    "{admitted: owner, within: 10s, flavors: gpu, pods: 1}",
    "{admitted: own, at: 0s, flavors: {nvidia.com/gpu: gpu}}",
    "{admitted: lent, at: 9s}",
    "{admitted: lent, times: 2}",
    "{preempted: lent}",
    "{preempted: default/lent, by: owner, reason: InCohortReclamation, at: 10s, times: 1}",
    "{preempted: lent, within: 1m, message: due to reclamation within the cohort}",
    "{waits: lent, at: 10s, message: '*4 more needed'}",
    "{waits: lent, at: 29m}",
    "{finished: '*'}",
    "{finished: owner, at: 30m10s}",
    "{finished: owner, within: 30m10s}",
    "{never: {preempted: own}}",
    "{never: {preempted: ['own*', default/own]}}",
    "{never: {waits: lent, at: 5s}}",
    "{never: {evicted: '*'}}",
    "{never: {finished: lent, within: 1h}}",
    "{order: [own, lent, owner]}",
    "{order: [owner, own, lent], of: finished}",
    "{metric: b.wait.max <= 0s}",
    "{metric: preemptions == 1}",
    "{metric: jain.min >= 0.5}",
    "{metric: a.weighted_share.max <= 1000}",
    "{metric: a.wait.p95 <= 0s}",
]
FAILING = {
    "{admitted: owner, within: 9s}": "owner to be admitted within 9s | 10s admitted default/owner in a: "
    "main 1 × nvidia.com/gpu=gpu",
    "{admitted: lent, at: 20s}": "lent to be admitted at 20s | default/lent waits at 20s: couldn't assign flavors to "
    "pod set main: insufficient unused quota for nvidia.com/gpu in flavor gpu, 4 more needed (WaitingForQuota)",
    "{admitted: own, flavors: spot}": "own to be admitted on spot | 0s admitted default/own in b: "
    "main 1 × nvidia.com/gpu=gpu",
    "{admitted: own, nodes: {n: 2}}": "own to be admitted on n:2 | 0s admitted default/own in b: "
    "main 1 × nvidia.com/gpu=gpu",
    "{started: own, message: n}": "own to start: n | default/own was never started",
    "{preempted: own}": "own to be preempted | default/own was never preempted",
    "{preempted: lent, by: own}": "lent to be preempted by own | "
    "10s preempted default/lent by default/owner (InCohortReclamation)",
    "{waits: lent, at: 5s}": "lent to wait at 5s | default/lent admitted at 5s: 1s admitted default/lent in b: "
    "main 1 × nvidia.com/gpu=gpu",
    "{never: {preempted: '*'}}": "* never to be preempted | "
    "10s preempted default/lent by default/owner (InCohortReclamation)",
    "{finished: lent, at: 1h}": "lent to finish at 1h | default/lent admitted at 1h: "
    "30m 10s admitted default/lent in b: main 1 × nvidia.com/gpu=gpu",
    "{order: [owner, lent]}": "admitted in this order: owner, lent | default/lent was admitted before default/owner",
    "{metric: preemptions == 0}": "preemptions == 0 | 1",
    "{metric: jain > 1}": "jain > 1 | 0.735",
    "{metric: b.completion.max < 1h}": "b.completion.max < 1h | 1h 30m",
    "{endlessPreemption: true}": "endless preemption | no instant that repeats itself",
}


def test_expectations_that_hold(tmp_path: Path) -> None:
    outcome = outcome_of(tmp_path, expecting(*HOLDING))
    assert (complaints(outcome), outcome.expectations, outcome.status) == ([], len(HOLDING), "passed")


@pytest.mark.parametrize("line", FAILING)
def test_a_failure_says_where_what_was_expected_and_what_came(tmp_path: Path, line: str) -> None:
    outcome = outcome_of(tmp_path, expecting(line))
    assert (complaints(outcome), outcome.status) == ([f"{LINE}: {FAILING[line]}"], "failed")


def test_a_failed_decision_comes_with_the_life_of_its_workload(tmp_path: Path) -> None:
    (failure,) = outcome_of(tmp_path, expecting("{admitted: owner, within: 9s}")).failures
    assert failure.explanation == run(load_scenario(tmp_path / "case.yaml")).explain("owner")


MISTAKES = {
    "{admited: own}": "expect[0]: nothing is expected here; did you mean 'admitted' instead of 'admited'?; "
    "accepted: one of admitted, started, preempted, evicted, waits, finished, never, order, metric, rangespec, "
    "endlessPreemption, loops, decisions",
    "{admitted: own, waits: own}": "expect[0]: admitted and waits exclude each other; accepted: one of admitted, "
    "started, preempted, evicted, waits, finished, never, order, metric, rangespec, endlessPreemption, loops, "
    "decisions",
    "{admitted: owm}": "expect[0].admitted: there is no workload 'owm'; did you mean 'own'?",
    "{admitted: own, by: lent}": "expect[0].by: unknown field 'by'; "
    "accepted: admitted, at, flavors, nodes, pods, times, within",
    "{admitted: own, at: 1s, within: 2s}": "expect[0].within: at and within exclude each other",
    "{preempted: own, reason: Fairness}": "expect[0].reason: 'Fairness' is not accepted; accepted: "
    "InClusterQueue, InCohortFairSharing, InCohortReclaimWhileBorrowing, InCohortReclamation",
    "{never: {order: [own, lent]}}": "expect[0].never: never needs one of admitted, started, preempted, "
    "evicted, waits, finished",
    "{order: [own]}": "expect[0].order: an order needs at least two workloads",
    "{metric: c.wait.max <= 1s}": "expect[0].metric: there is no team 'c'; accepted: a, b, total",
    "{metric: wait.max <= +10%}": "expect[0].metric: a change needs a base to compare with; give the value itself",
    "{rangespec: missing.yaml}": "expect[0].rangespec: there is no file 'missing.yaml'",
}


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_says_where_and_what_would_be_accepted(tmp_path: Path, line: str) -> None:
    outcome = outcome_of(tmp_path, expecting(line))
    found = [one.replace(f"{tmp_path}/", "") for one in complaints(outcome)]
    assert (found, outcome.status) == ([f"{LINE}: {MISTAKES[line]}"], "wrong")


def test_editors_complete_every_word_of_an_expectation() -> None:
    words = {word for kind, fields in KINDS.items() for word in (kind, *fields)}
    assert set(EXPECTATION) == words


HELD = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 1h
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: f}}
  - kind: ClusterQueue
    metadata: {name: q}
    spec:
      namespaceSelector: {}
      stopPolicy: HoldAndDrain
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4}]}]}
workloads: [{name: w, team: q, requests: {cpu: 1}, runtime: 1h}]
"""


def test_a_stopped_queue_may_be_called_so_although_kueue_calls_it_inactive(tmp_path: Path) -> None:
    lines = (
        "{waits: w, message: ClusterQueue q is inactive}",
        "{waits: w, message: ClusterQueue q is stopped}",
        "{never: {waits: w, message: LocalQueue q is stopped}}",
    )
    assert complaints(outcome_of(tmp_path, expecting(*lines, world=HELD))) == []
