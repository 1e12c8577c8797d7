"""The invariants hold in random worlds, and each of them notices when a run breaks it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from benchmarks import invariants
from benchmarks.invariants import LIMITS, batch
from kueue_sim.engine import Run, simulate
from kueue_sim.engine.facts import Fact
from kueue_sim.inputs import scenario_from_dict, scenario_from_text
from kueue_sim.model import Scenario
from kueue_sim.policytest.random_worlds.invariants import breaches
from kueue_sim.policytest.random_worlds.worlds import seeded_world
from tests.policytest.files import RESERVING

STRICT = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - kind: ClusterQueue
    metadata: {name: q}
    spec:
      queueingStrategy: StrictFIFO
      namespaceSelector: {}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 4}]}]}
workloads:
- {name: high, queue: q, priority: 5, requests: {cpu: 1}, runtime: 10s}
- {name: low, queue: q, requests: {cpu: 1}, runtime: 10s}
"""
BEHIND_A_PREEMPTOR = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: gpu}}
  - kind: ClusterQueue
    metadata: {name: b}
    spec: &two
      cohortName: x
      namespaceSelector: {}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 2}]}]}
  - {kind: ClusterQueue, metadata: {name: c}, spec: *two}
  - kind: ClusterQueue
    metadata: {name: owner}
    spec:
      <<: *two
      preemption: {reclaimWithinCohort: Any}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 4}]}]}
workloads:
- {name: lent, queue: b, requests: {cpu: 6}}
- {name: owned, queue: owner, submit: 10s, priority: 5, requests: {cpu: 3}}
- {name: b1, queue: b, submit: 10s, requests: {cpu: 2}}
- {name: c1, queue: c, submit: 10s, requests: {cpu: 2}}
"""
Facts = Sequence[Fact]


def played(text: str) -> tuple[Scenario, Run]:
    scenario = scenario_from_text(text)
    return scenario, simulate(scenario)


def without(kind: str) -> Callable[[Facts], Facts]:
    return lambda facts: [fact for fact in facts if fact.type != kind]


def changed(kind: str, workload: str, **values: object) -> Callable[[Facts], Facts]:
    """The facts with the first one of that kind about the workload changed."""

    def change(facts: Facts) -> Facts:
        index = next(i for i, fact in enumerate(facts) if fact.type == kind and fact.workload.endswith(workload))
        return [*facts[:index], facts[index]._replace(**values), *facts[index + 1 :]]

    return change


def admitted_again(facts: Facts) -> Facts:
    """``lent`` gets its quota back right after it was requeued, although the owner has it now."""
    index = next(i for i, fact in enumerate(facts) if fact.type == "Requeued")
    first = next(fact for fact in facts if fact.type == "Admitted" and fact.workload == "default/lent")
    return [*facts[: index + 2], first._replace(at_ms=10_000), *facts[index + 2 :]]


def swapped(facts: Facts) -> Facts:
    """The two admissions of the strict queue in the other order."""
    first, second = (i for i, fact in enumerate(facts) if fact.type == "Admitted")
    order = list(facts)
    order[first], order[second] = order[second], order[first]
    return order


TAMPERED: list[tuple[str, Callable[[Facts], Facts], str]] = [
    (RESERVING, without("Requeued"), "30m 10s admitted default/lent in b: main 1 × nvidia.com/gpu=gpu: it was leaving"),
    (
        RESERVING,
        without("Submitted"),
        "0s admitted default/own in b: main 1 × nvidia.com/gpu=gpu: it was never submitted",
    ),
    (
        RESERVING,
        changed("Submitted", "own", at_ms=1),
        "1ms submitted default/own: submitted at another time than it says",
    ),
    (RESERVING, changed("Finished", "owner", at_ms=1_000_000), "16m 40s finished default/owner: ran 16m 30s"),
    (
        RESERVING,
        changed("Preempted", "lent", reason="InClusterQueue"),
        "10s preempted default/lent by default/owner (InClusterQueue): reason InClusterQueue between a and b",
    ),
    (
        RESERVING,
        changed("Preempted", "lent", reason="InCohortFairSharing"),
        "10s preempted default/lent by default/owner (InCohortFairSharing): fair sharing is off",
    ),
    (
        RESERVING,
        changed("Preempted", "lent", reason="InCohortReclaimWhileBorrowing"),
        "10s preempted default/lent by default/owner (InCohortReclaimWhileBorrowing): borrowWithinCohort is off",
    ),
    (
        RESERVING,
        changed("Admitted", "own", pod_sets=()),
        "0s admitted default/own in b: : nothing for pod set main",
    ),
    (
        RESERVING,
        admitted_again,
        "10s admitted default/lent in b: main 1 × nvidia.com/gpu=gpu: admitted although then x uses 12 of 8 "
        "nvidia.com/gpu in flavor gpu",
    ),
    (
        STRICT,
        swapped,
        "0s admitted default/low in q: main 1 × cpu=gpu: admitted before default/high in a StrictFIFO queue",
    ),
]


def test_random_worlds_keep_all_invariants() -> None:
    tally = batch(11, 0, 100)
    assert (tally.worlds, tally.breaches) == (100, [])
    assert tally.preemptions > 10


def test_a_breach_is_told_as_soon_as_it_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def found(seed: int, first: int, last: int) -> invariants.Tally:
        breaches = [(f"{seed}:{first + 7}", "quota: 5 of 4")] if first == 100 else []
        return invariants.Tally(worlds=last - first, breaches=breaches)

    monkeypatch.setattr(invariants, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(invariants, "batch", found)
    assert invariants.run_worlds(250, seed=3, jobs=1).worlds == 250
    assert capsys.readouterr().err == "world 3:107: quota: 5 of 4\n"


@pytest.mark.parametrize(("text", "tamper", "problem"), TAMPERED, ids=[problem[:60] for _, _, problem in TAMPERED])
def test_an_invariant_notices_a_run_that_breaks_it(text: str, tamper: Callable[[Facts], Facts], problem: str) -> None:
    scenario, run = played(text)
    assert breaches(scenario, run) == []
    broken = replace(run, facts=tuple(tamper(list(run.facts))))  # type: ignore[arg-type]
    assert breaches(scenario, broken)[0] == problem


def test_whoever_is_admitted_into_the_quota_of_a_victim_is_told_of_after_its_eviction() -> None:
    """One cycle: both fit beside the victim, but only without it beside each other (R12.4)."""
    scenario, run = played(BEHIND_A_PREEMPTOR)
    told = [f"{fact.type} {fact.workload}" for fact in run.facts if fact.at_ms == 10_000]
    decided = [line for line in told if line.split()[0] in ("Admitted", "Preempted", "Requeued")]
    assert decided == [
        "Preempted default/lent",
        "Admitted default/c1",
        "Admitted default/b1",
        "Requeued default/lent",
        "Admitted default/owned",
    ]
    assert breaches(scenario, run) == []


def test_final_states_must_be_those_of_the_facts() -> None:
    scenario, run = played(STRICT)
    left = {**run.left, "default/low": "admitted"}
    assert breaches(scenario, replace(run, left=left)) == ["default/low ends as admitted; by its facts it is gone"]
    cut = replace(scenario, horizon_ms=5_000)
    lost = replace(simulate(cut), left={})
    assert breaches(cut, lost)[0] == "default/high is not there at the end; by its facts it is holding"


def test_the_world_of_a_seed_is_always_the_same() -> None:
    one, two = seeded_world("7:3", LIMITS), seeded_world("7:3", LIMITS)
    assert one == two
    assert scenario_from_dict(one).digest == scenario_from_dict(two).digest
