"""A refused head is looked at again after each end of a job: what is free decides, and it is not evaluated anew."""

import re
from typing import Any

import pytest
import yaml

from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_text
from kueue_sim.policy.cycle import Scheduler
from kueue_sim.policy.flavors.flavor_assigner import FlavorAssigner
from kueue_sim.policy.flavors.quota_fit import QuotaFit
from kueue_sim.policy.workloads.workload_info import FIT, NO_FIT
from tests.scenario_text import lending, scenario_text

WORLD = lending(
    {"a": 4, "b": 4, "c": 4},
    """\
horizon: 60s
workloads:
- {name: own, queue: a, submit: 0s, runtime: 40s, requests: {gpu: 4}}
- {name: one, queue: b, submit: 1s, runtime: 9s, requests: {gpu: 1}}
- {name: two, queue: b, submit: 1s, runtime: 19s, requests: {gpu: 2}}
- {name: rest, queue: c, submit: 1s, runtime: 29s, requests: {gpu: 5}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, requests: {gpu: ASKED}}
""",
)


BESIDE = """
- {name: own, queue: a, submit: 0s, runtime: 90s, requests: {gpu: 4}}
- {name: one, queue: b, submit: 1s, runtime: 9s, requests: {gpu: 1}}
- {name: small, queue: c, submit: 1s, runtime: 90s, requests: {gpu: 1}}
- {name: large, queue: c, submit: 1s, runtime: 90s, requests: {gpu: 6}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, requests: {gpu: ASKED}}
"""
"""Queue c uses 3 above its quota."""

Told = list[tuple[int, str, str]]


def evaluated_and_told(monkeypatch: pytest.MonkeyPatch, asked: int) -> tuple[list[int], Told]:
    """At which second a request for so many was compared with quota anew, and second by second what was told of it."""
    compared: list[int] = []
    plain = QuotaFit._compare
    run = simulation(scenario_from_text(WORLD.replace("ASKED", str(asked))))

    def counted(self: Any, queue: Any, slot: int, amount: int) -> Any:
        if amount == asked and queue.name == "a":
            compared.append(run._env.now_ms // 1000)
        return plain(self, queue, slot, amount)

    monkeypatch.setattr(QuotaFit, "_compare", counted)
    facts = [fact for fact in run.run().facts if fact.workload == "default/asks"]
    return compared, [(fact.at_ms // 1000, fact.type, fact.message.rpartition(", ")[2]) for fact in facts]


def under_fair_sharing(document: str) -> str:
    return document.replace("policy:", "kueue: {configuration: {fairSharing: {enable: true}}}\npolicy:")


def in_two_levels(document: str) -> str:
    """Queues a and b in a Cohort of their own below the one of c."""
    found = yaml.safe_load(document)
    queues = [one for one in found["policy"]["objects"] if one["kind"] == "ClusterQueue"]
    for queue in queues[:2]:
        queue["spec"]["cohortName"] = "left"
    found["policy"]["objects"].append({"kind": "Cohort", "metadata": {"name": "left"}, "spec": {"parentName": "all"}})
    return yaml.safe_dump(found, sort_keys=False)


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("fair", [False, True])
@pytest.mark.parametrize(
    ("asked", "told"),
    [(8, [(2, "8"), (10, "7"), (20, "5"), (30, "Admitted")]), (3, [(2, "3"), (10, "2"), (20, "Admitted")])],
)
def test_what_others_leave_free_changes_the_number_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, asked: int, told: list[tuple[int, str]], fair: bool, levels: int
) -> None:
    """12 GPUs are all in use; 1, 2 and 5 become free. The queue uses its quota, so it may take from nobody else, and
    under fair sharing nobody has a larger share."""
    world = in_two_levels(WORLD) if levels > 1 else WORLD
    monkeypatch.setattr(f"{__name__}.WORLD", under_fair_sharing(world) if fair else world)
    compared, found = evaluated_and_told(monkeypatch, asked)
    assert [(at, text.removesuffix(" more needed") or kind) for at, kind, text in found[1:-1]] == told
    assert compared == [2]


def test_another_number_is_told_with_the_flavors_found_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the request for 8 of 4: one assignment where they are missing, and one where they fit."""
    built: list[int] = []
    plain = FlavorAssigner._build

    def counted(self: Any, request: Any, queue: Any, scans: Any, replaced: Any) -> Any:
        answer = plain(self, request, queue, scans, replaced)
        if request.single[1] == 8:
            built.append(answer.mode)
        return answer

    monkeypatch.setattr(FlavorAssigner, "_build", counted)
    _, found = evaluated_and_told(monkeypatch, 8)
    numbers = [text.removesuffix(" more needed") for _, kind, text in found if kind == "Pending"]
    assert (numbers, built) == (["8", "7", "5"], [NO_FIT, FIT])


def test_what_happens_in_its_own_queue_is_worked_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of its queue runs after 15 s: from then on 3 fit into its own quota."""
    monkeypatch.setattr(f"{__name__}.WORLD", WORLD.replace("runtime: 40s", "runtime: 15s"))
    compared, found = evaluated_and_told(monkeypatch, 3)
    assert compared == [2]
    assert [(at, kind) for at, kind, _ in found] == [
        (2, "Submitted"),
        (2, "Pending"),
        (10, "Pending"),
        (15, "Admitted"),
        (20, "Finished"),
    ]


def test_a_queue_with_a_larger_share_is_taken_from_as_soon_as_what_it_gives_up_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the small one c has the share that a has with 2 more; the large one it keeps. At 10 s it is enough."""
    world = under_fair_sharing(WORLD.partition("- {name: own")[0] + BESIDE.lstrip())
    monkeypatch.setattr(f"{__name__}.WORLD", world)
    compared, found = evaluated_and_told(monkeypatch, 2)
    assert compared[:2] == [2, 10]
    assert [at for at, _, text in found if text == "1 more needed. Pending the preemption of 1 workload(s)"] == [10]


BETWEEN = """
- {name: own, queue: a, submit: 0s, runtime: 90s, requests: {gpu: 4}}
- {name: two, queue: b, submit: 1s, runtime: 9s, requests: {gpu: 2}}
- {name: four, queue: c, submit: 1s, runtime: 90s, requests: {gpu: 4}}
- {name: lent, queue: c, submit: 1s, runtime: 90s, requests: {gpu: 2}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, requests: {gpu: ASKED}}
"""
"""The Cohort of a and b uses 6 of its 8, until two of b end."""


@pytest.mark.parametrize(("asked", "evaluated"), [(3, [2, 10]), (5, [2])])
def test_a_cohort_that_could_hold_the_request_takes_back_what_it_lent(
    monkeypatch: pytest.MonkeyPatch, asked: int, evaluated: list[int]
) -> None:
    """At 10 s it uses 4: 3 more it could hold, so that c has to give back, and 5 more it could not."""
    world = in_two_levels(WORLD.partition("- {name: own")[0] + BETWEEN.lstrip())
    monkeypatch.setattr(f"{__name__}.WORLD", world)
    compared, found = evaluated_and_told(monkeypatch, asked)
    assert sorted({at for at in compared if at <= 10}) == evaluated
    pending = [(at, text) for at, kind, text in found if at <= 10 and kind == "Pending"]
    at_ten = "1 more needed. Pending the preemption of 1 workload(s)" if asked == 3 else "3 more needed"
    assert pending == [(2, f"{asked} more needed"), (10, at_ten)]


HELD = """
- {name: own, queue: a, submit: 0s, runtime: 90s, requests: {gpu: 1}}
- {name: three, queue: b, submit: 1s, runtime: 9s, requests: {gpu: 3}}
- {name: seven, queue: c, submit: 1s, runtime: 90s, priority: 10, requests: {gpu: 7}}
- {name: one, queue: b, submit: 1s, runtime: 90s, requests: {gpu: 1}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, requests: {gpu: 5}}
"""
"""5 are more than the quota of a, and more than its Cohort could hold until three of b end."""


@pytest.mark.parametrize("shortcuts", [True, False])
def test_evictions_are_considered_as_soon_as_a_cohort_could_hold_the_request(
    monkeypatch: pytest.MonkeyPatch, shortcuts: bool
) -> None:
    """Nobody may be evicted; before 10 s none would be looked for either, which is another reason to requeue."""
    document = in_two_levels(WORLD.partition("- {name: own")[0] + HELD.lstrip())
    document = document.replace("reclaimWithinCohort: Any", "reclaimWithinCohort: LowerPriority")
    run, reasons, plain = simulation(scenario_from_text(document), shortcuts=shortcuts), [], Scheduler.decide

    def decided(self: Any, *arguments: Any) -> Any:
        entries = plain(self, *arguments)
        reasons.extend(entry.requeue_reason for entry in entries if entry.pending.key == "default/asks")
        return entries

    monkeypatch.setattr(Scheduler, "decide", decided)
    run.run()
    assert list(dict.fromkeys(reasons)) == ["NoFit", "PreemptionNoCandidates"]


SEVERAL = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 60s
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: h100}}
  - {kind: ResourceFlavor, metadata: {name: cores}}
  - {kind: ClusterQueue, metadata: {name: a}, spec: &spec {cohortName: all, namespaceSelector: {},
      preemption: {withinClusterQueue: LowerPriority, reclaimWithinCohort: Any}, resourceGroups: GROUPS}}
  - {kind: ClusterQueue, metadata: {name: b}, spec: *spec}
  - {kind: ClusterQueue, metadata: {name: c}, spec: *spec}
workloads:
- {name: own, queue: a, submit: 0s, runtime: 40s, requests: {gpu: 4, cpu: 8}}
- {name: one, queue: b, submit: 1s, runtime: 9s, requests: {gpu: 1, cpu: 2}}
- {name: two, queue: b, submit: 1s, runtime: 19s, requests: {gpu: 2, cpu: 2}}
- {name: rest, queue: c, submit: 1s, runtime: 29s, requests: {gpu: 5, cpu: 12}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, requests: {gpu: 8, cpu: 16}}
"""
TOGETHER = """[{coveredResources: [gpu, cpu], flavors: [{name: h100, resources: [
        {name: gpu, nominalQuota: 4}, {name: cpu, nominalQuota: 8}]}]}]"""
APART = """[{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 4}]}]},
        {coveredResources: [cpu], flavors: [{name: cores, resources: [{name: cpu, nominalQuota: 8}]}]}]"""


def numbers_told(monkeypatch: pytest.MonkeyPatch, document: str) -> tuple[list[int], list[tuple[int | str, ...]]]:
    """At which seconds the one that asks was compared with quota anew, and second by second the numbers told of it."""
    compared: set[int] = set()
    run, plain = simulation(scenario_from_text(document)), QuotaFit._compare

    def counted(self: Any, queue: Any, slot: int, amount: int) -> Any:
        if queue.name == "a" and run._env.now_ms >= 2000:
            compared.add(run._env.now_ms // 1000)
        return plain(self, queue, slot, amount)

    monkeypatch.setattr(QuotaFit, "_compare", counted)
    told: list[tuple[int | str, ...]] = []
    for fact in run.run().facts:
        if fact.workload == "default/asks" and fact.type in ("Pending", "Admitted"):
            told.append((fact.at_ms // 1000, *(re.findall(r"(\d+) more", fact.message) or [fact.type])))
    return sorted(compared), told


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize(
    ("groups", "fair", "numbers"),
    [
        (TOGETHER, False, [(2, "16", "8"), (10, "14", "7"), (20, "12", "5")]),
        (TOGETHER, True, [(2, "16", "8"), (10, "14", "7"), (20, "12", "5")]),
        (APART, True, [(2, "16", "8"), (10, "14", "7"), (20, "12", "5")]),
        (APART, False, [(2, "8"), (10, "7"), (20, "5")]),
    ],
)
def test_of_several_resources_each_has_its_number(
    monkeypatch: pytest.MonkeyPatch, groups: str, fair: bool, levels: int, numbers: list[tuple[int | str, ...]]
) -> None:
    """GPUs are looked at first. Without fair sharing 8 are more than the quota, and no eviction is considered: in a
    group of their own they are all that is looked at."""
    document = SEVERAL.replace("GROUPS", groups)
    document = in_two_levels(document) if levels > 1 else document
    evaluated, told = numbers_told(monkeypatch, under_fair_sharing(document) if fair else document)
    assert (evaluated, told) == ([2, 30], [*numbers, (30, "Admitted")])


def test_where_one_resource_is_without_quota_nobody_is_asked_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 GPUs are more than the quota. The 3 cores are not, and c would have to give them back."""
    document = SEVERAL.replace("GROUPS", TOGETHER).replace("gpu: 4, cpu: 8}", "gpu: 4, cpu: 4}")
    document = document.replace("gpu: 5, cpu: 12}", "gpu: 5, cpu: 16}").replace("gpu: 8, cpu: 16}", "gpu: 8, cpu: 3}")
    evaluated, told = numbers_told(monkeypatch, document)
    assert (evaluated, told) == ([2, 30], [(2, "3", "8"), (10, "1", "7"), (20, "5"), (30, "Admitted")])


def test_what_is_beyond_all_quota_is_the_reason_as_soon_as_the_group_before_it_fits() -> None:
    """25 cores are more than all three queues have; the 8 GPUs are looked at first, and free at 30 s."""
    document = SEVERAL.replace("GROUPS", APART).replace("gpu: 8, cpu: 16}", "gpu: 8, cpu: 25}")
    facts = [fact for fact in simulation(scenario_from_text(document)).run().facts if fact.workload == "default/asks"]
    reasons = [(fact.at_ms // 1000, fact.reason) for fact in facts if fact.type == "Pending"]
    waiting = [(at, "WaitingForQuota") for at in (2, 10, 20)]
    assert reasons == [*waiting, (30, "ExceedsMaxQuota")]


VAIN = """
- {name: own, queue: a, submit: 0s, runtime: 40s, priority: 100, requests: {gpu: 2, cpu: 4}}
- {name: kept, queue: c, submit: 0s, runtime: 90s, priority: 100, requests: {gpu: 9, cpu: 4}}
- {name: ends, queue: c, submit: 0s, runtime: 9s, priority: 100, requests: {gpu: 1, cpu: 1}}
- {name: lent, queue: b, submit: 0s, runtime: 90s, requests: {cpu: 15}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, priority: 50, requests: {gpu: 2, cpu: 4}}
"""
"""Queue b could give the cores, and nobody the GPUs."""


def test_a_resource_that_could_be_had_is_not_searched_for_where_another_is_in_vain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    head = SEVERAL.replace("GROUPS", TOGETHER).replace("Cohort: Any", "Cohort: LowerPriority")
    evaluated, told = numbers_told(monkeypatch, head.partition("- {name: own")[0] + VAIN.lstrip())
    assert (evaluated, told) == ([2, 40], [(2, "4", "2"), (9, "3", "1"), (40, "Admitted")])


FLAVORS = """
- {name: own, queue: a, submit: 0s, runtime: 90s, requests: {gpu: 4}}
- {name: one, queue: b, submit: 0s, runtime: 9s, requests: {gpu: 1}}
- {name: rest, queue: c, submit: 0s, runtime: 90s, requests: {gpu: 7}}
- {name: mine, queue: a, submit: 1s, runtime: 90s, requests: {gpu: 4}}
- {name: two, queue: b, submit: 1s, runtime: 18s, requests: {gpu: 2}}
- {name: more, queue: c, submit: 1s, runtime: 28s, requests: {gpu: 6}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, requests: {gpu: ASKED}}
"""
"""The first three have the first flavor, the next three the other one."""


def of_two_flavors(asked: int) -> str:
    preemption = {"withinClusterQueue": "LowerPriority", "reclaimWithinCohort": "Any"}
    workloads = "horizon: 60s\nworkloads:" + FLAVORS.replace("ASKED", str(asked))
    queues = {"a": 4, "b": 4, "c": 4}
    return scenario_text(
        queues, workloads, flavors=("first", "other"), resource="gpu", cohortName="all", preemption=preemption
    )


@pytest.mark.parametrize(("asked", "levels"), [(3, 1), (8, 1), (8, 2)])
def test_of_several_flavors_each_has_its_number(monkeypatch: pytest.MonkeyPatch, asked: int, levels: int) -> None:
    """One of the first flavor becomes free at 9 s, two of the other one at 19 s, and six more at 29 s. Of 3 eviction is
    considered, and of 8 it is not."""
    document = of_two_flavors(asked)
    evaluated, told = numbers_told(monkeypatch, in_two_levels(document) if levels > 1 else document)
    numbers = [(2, asked, asked), (9, asked - 1, asked), (19, asked - 1, asked - 2)]
    assert (evaluated, told) == (
        [2, 29],
        [*((at, str(first), str(second)) for at, first, second in numbers), (29, "Admitted")],
    )


def test_a_head_scans_on_where_scans_do_not_remember_where_they_stopped() -> None:
    """Without the gate every scan that finds a flavor counts as unfinished, which keeps the workload active: from 10 s
    on nobody behind it is looked at."""
    document = WORLD.partition("- {name: own")[0] + HELD.lstrip()
    document += "- {name: behind, queue: a, submit: 3s, requests: {gpu: 7}}\n"
    document = in_two_levels(document.replace("reclaimWithinCohort: Any", "reclaimWithinCohort: LowerPriority"))
    document += "kueue: {featureGates: {FlavorFungibility: false}}\n"
    told = [
        [
            fact.at_ms // 1000
            for fact in simulation(scenario_from_text(document), shortcuts=shortcuts).run().facts
            if fact.workload == "default/behind"
        ]
        for shortcuts in (True, False)
    ]
    assert told == [[3, 3], [3, 3]]


EITHER = """
- {name: own, queue: a, submit: 0s, runtime: 90s, priority: 100, requests: {gpu: 6, cpu: 80}}
- {name: few, queue: b, submit: 0s, runtime: 90s, requests: {gpu: 1, cpu: 16}}
- {name: stays, queue: b, submit: 0s, runtime: 90s, priority: 100, requests: {gpu: 7, cpu: 40}}
- {name: many, queue: c, submit: 0s, runtime: 90s, priority: 100, requests: {gpu: 14, cpu: 142}}
- {name: tiny, queue: c, submit: 0s, runtime: 10s, priority: 100, requests: {cpu: 1}}
- {name: cores, queue: d, submit: 0s, runtime: 90s, priority: 100, requests: {gpu: 2, cpu: 96}}
- {name: asks, queue: a, submit: 2s, runtime: 5s, priority: 50, requests: {gpu: 2, cpu: 16}}
- {name: one, queue: b, submit: 5s, runtime: 90s, priority: 100, requests: {gpu: 1, cpu: 1}}
- {name: eight, queue: d, submit: 5s, runtime: 90s, requests: {gpu: 1, cpu: 8}}
"""
"""At 5 s b comes to use a GPU above its quota, d eight cores: who may go of either gives up something of both."""


def test_what_is_in_vain_for_each_resource_may_be_had_where_both_are_short() -> None:
    """At 2 s cores are short, and nobody uses too many who may be evicted. At 10 s 2 GPUs and 15 cores are missing."""
    head = SEVERAL.replace("GROUPS", TOGETHER.replace("nominalQuota: 8", "nominalQuota: 96").replace(": 4", ": 8"))
    head = head.replace("Cohort: Any", "Cohort: LowerPriority").replace("horizon: 60s", "horizon: 11s")
    head = head.replace("workloads:", "  - {kind: ClusterQueue, metadata: {name: d}, spec: *spec}\nworkloads:")
    run = simulation(scenario_from_text(head.partition("- {name: own")[0] + EITHER.lstrip())).run()
    evicted = [(fact.at_ms // 1000, fact.workload) for fact in run.facts if fact.type == "Preempted"]
    assert evicted == [(10, "default/eight"), (10, "default/few")]
    assert [fact.at_ms // 1000 for fact in run.facts if fact.type == "Pending"][:1] == [2]
