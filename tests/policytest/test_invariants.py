"""The invariants hold in random worlds, and each of them notices when a run breaks it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import invariants
from benchmarks.invariants import Tally, batch, run_worlds, table
from benchmarks.worlds import checks
from benchmarks.worlds.families import DRAWS, Family
from benchmarks.worlds.kinds import BY_NAME, KINDS, ROUND, Kind
from kueue_sim.engine import Run, simulate
from kueue_sim.engine.facts import Fact
from kueue_sim.errors import InvariantBroken
from kueue_sim.inputs import scenario_from_dict, scenario_from_text
from kueue_sim.model import Scenario
from kueue_sim.policytest import properties
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


def test_random_worlds_of_every_kind_keep_what_is_asked_of_them() -> None:
    tally = batch(11, 0, len(KINDS) * DRAWS)
    looked_at = {kind: number for (kind, what), number in tally.counts.items() if what == "worlds"}
    assert (looked_at, tally.breaches) == ({kind.name: DRAWS for kind in KINDS}, [])
    assert tally.of("Preempted") > 10 and tally.of("Policy") >= DRAWS


def test_a_breach_is_told_as_soon_as_it_is_found_and_what_was_done_is_not_done_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[tuple[int, int]] = []

    def found(seed: int, first: int, last: int) -> Tally:
        asked.append((first, last))
        breaches = [(10, 7, "quota: 5 of 4")] if first == 250 else []
        return Tally(Counter({("small", "worlds"): last - first}), breaches)

    monkeypatch.setattr(invariants, "batch", found)
    progress = tmp_path / "made" / "progress.jsonl"
    first = run_worlds(500, 3, 1, progress)
    progress.write_bytes(progress.read_bytes() + b'{"seed": 3, "first": 500, "la')
    whole = run_worlds(700, 3, 1, progress)
    assert run_worlds(700, 3, 1, progress) == whole
    assert asked == [(0, 250), (250, 500), (500, 700)]
    assert (first.of("worlds"), whole.of("worlds"), whole.breaches) == (500, 700, [(10, 7, "quota: 5 of 4")])
    assert capsys.readouterr().err == "world 3:10:7: quota: 5 of 4\n"
    assert table(whole).splitlines()[1].split()[:2] == ["small", "700"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_world_is_the_scenario_that_is_written_of_it(kind: Kind) -> None:
    family = Family(2, 5, (kind,))
    for index in (0, DRAWS - 1):
        world, written = family.world(index), scenario_from_dict(family.written(index))
        assert replace(written, digest="") == replace(world, workloads=tuple(world.workloads), digest="")
    assert Family(2, 5, (kind,)).written(3) == family.written(3) != family.written(4)


def test_kinds_take_turns_and_all_come_early() -> None:
    assert ROUND[: len(KINDS)] == KINDS
    assert Counter(kind.name for kind in ROUND) == {kind.name: kind.families for kind in KINDS}


def world_with(kind: str, fact: str) -> tuple[Scenario, Run]:
    """A world of this kind in which such a fact happens."""
    for number in range(40):
        family = Family(4, number, (BY_NAME[kind],))
        for index in range(DRAWS):
            scenario = family.world(index)
            run = simulate(scenario)
            if any(one.type == fact and (fact != "Preempted" or one.at_ms) for one in run.facts):
                return scenario, run
    raise AssertionError(f"no {fact} in any world")


def test_the_check_of_nodes_notices_a_node_that_is_too_full_and_one_that_is_not_there() -> None:
    scenario, run = world_with("autoscaling", "Started")
    started = next(fact for fact in run.facts if fact.type == "Started")
    node = started.message.split(",")[0].split(" ")[0]
    crowded = [fact if fact != started else fact._replace(message=f"{node} (9)") for fact in run.facts]
    elsewhere = [fact if fact != started else fact._replace(message="p9-0") for fact in run.facts]
    assert checks.no_node_holds_more_than_it_has(scenario, run) == []
    told = [
        checks.no_node_holds_more_than_it_has(scenario, replace(run, facts=facts))[0]  # type: ignore[arg-type]
        for facts in (crowded, elsewhere)
    ]
    assert [text.rpartition(": ")[2].split(" holds ")[0] for text in told] == [node, "there is no node p9-0"]


def test_the_check_of_domains_notices_pods_without_a_place() -> None:
    scenario, run = world_with("topology", "Admitted")
    first = next(fact for fact in run.facts if fact.type == "Admitted")
    given = tuple(replace(one, topology=None) for one in first.pod_sets)
    facts = [fact if fact != first else fact._replace(pod_sets=given) for fact in run.facts]
    assert checks.no_domain_holds_more_than_it_has(scenario, run) == []
    told = checks.no_domain_holds_more_than_it_has(scenario, replace(run, facts=facts))  # type: ignore[arg-type]
    assert told[0].endswith("not every pod has a place")


def test_going_on_after_a_stop_notices_a_decision_that_is_missing() -> None:
    scenario, run = world_with("adoption", "Finished")
    last = [fact for fact in run.facts if fact.type == "Finished"][-1]
    facts = [*(fact for fact in run.facts if fact != last), last._replace(at_ms=last.at_ms + 1)]
    assert checks.goes_on_after_a_stop(scenario, run) == []
    told = checks.goes_on_after_a_stop(scenario, replace(run, facts=facts))  # type: ignore[arg-type]
    assert "it goes on differently" in told[0]


def test_a_change_of_policy_counts_from_its_instant_on() -> None:
    """Quota of 4 becomes 2 at 5 s, and the queue is stopped at 20 s."""
    quota = (
        "{kind: ClusterQueue, metadata: {name: q}, spec: {namespaceSelector: {}, resourceGroups: [{coveredResources: "
    )
    quota += "[cpu], flavors: [{name: gpu, resources: [{name: cpu, nominalQuota: 2}]}]}]}}"
    text = f"""{STRICT}- {{name: wide, queue: q, submit: 12s, requests: {{cpu: 2}}, runtime: 5s}}
- {{name: never, queue: q, submit: 21s, requests: {{cpu: 1}}}}
timeline:
- {{at: 5s, do: apply, objects: [{quota}]}}
- {{at: 20s, do: stop, clusterQueue: q, stopPolicy: Hold}}
"""
    scenario, run = played(text)
    assert breaches(scenario, run) == []
    unchanged = replace(scenario, timeline=())
    later = simulate(unchanged)
    assert breaches(scenario, later) == [
        "21s admitted default/never in q: main 1 × cpu=gpu: q is stopped",
    ]
    wider = simulate(replace(unchanged, workloads=[one._replace(created_ms=6000) for one in scenario.workloads]))
    assert any("admitted although then q uses" in one for one in breaches(scenario, wider))


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
    one, two = seeded_world("7:3"), seeded_world("7:3")
    assert one == two
    assert scenario_from_dict(one).digest == scenario_from_dict(two).digest


def test_an_owner_of_weight_0_need_not_reach_its_quota_in_releases_that_give_it_the_greatest_share() -> None:
    """w17 waits for quota that its queue owns: by V33 a queue of weight 0 cannot reclaim it under this release."""
    scenario = Family(7, 24817).world(8)
    run = simulate(scenario)
    waits = [fact.message for fact in run.facts if fact.workload == "default/w17" and fact.type == "Pending"]
    assert not scenario.settings.release.weight_zero_owns_its_quota
    assert [text.rpartition(": ")[2] for text in waits] == [
        "insufficient unused quota for nvidia.com/gpu in flavor f0, 1 more needed"
    ]
    assert properties.owners_reach_their_quota(scenario, run) == []


def test_a_world_that_comes_apart_is_a_breach_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, met = invariants.simulate, []

    def breaks_once(scenario: Scenario) -> Run:
        met.append(scenario)
        if len(met) == 2:
            raise InvariantBroken("the tree has come apart")
        return whole(scenario)

    monkeypatch.setattr(invariants, "simulate", breaks_once)
    tally = batch(7, 0, 4)
    assert (len(met), tally.breaches) == (4, [(0, 1, "the tree has come apart")])
