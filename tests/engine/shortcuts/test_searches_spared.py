"""No search for victims is made where what is short stays short whoever goes, also of several resources at once."""

from typing import Any

import pytest

from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_text
from kueue_sim.policy.preemption import classical, fair_sharing

QUEUES = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 1m
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: h100}}
  - {kind: ClusterQueue, metadata: {name: a}, spec: &spec {cohortName: all, namespaceSelector: {},
      preemption: {withinClusterQueue: LowerPriority, reclaimWithinCohort: Any},
      resourceGroups: [{coveredResources: [gpu, cpu], flavors: [{name: h100, resources: [
        {name: gpu, nominalQuota: 8}, {name: cpu, nominalQuota: 96}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: b}, spec: *spec}
"""
WORLD = (
    QUEUES
    + """\
workloads:
- {name: high, queue: a, submit: 0s, priority: 100, requests: {gpu: 6, cpu: 8}}
- {name: lent, queue: b, submit: 1s, requests: {gpu: LENT, cpu: 8}}
- {name: asks, queue: a, submit: 2s, requests: {gpu: ASKED, cpu: 8}}
"""
)


FAIR_SHARING = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 1m
kueue: {configuration: {fairSharing: {enable: true}}}
policy:
  objects:
"""
FAIR = (
    FAIR_SHARING
    + """\
  - {kind: ResourceFlavor, metadata: {name: h100}}
  - {kind: ClusterQueue, metadata: {name: a}, spec: &spec {cohortName: all, namespaceSelector: {},
      preemption: {reclaimWithinCohort: LowerPriority},
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 4}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: b}, spec: *spec}
  - {kind: ClusterQueue, metadata: {name: lends}, spec: {cohortName: all, namespaceSelector: {},
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [
        {name: gpu, nominalQuota: LENT}]}]}]}}
workloads:
- {name: kept, queue: b, submit: 0s, requests: {gpu: 13}}
- {name: small, queue: b, submit: 1s, requests: {gpu: 1}}
- {name: large, queue: b, submit: 2s, requests: {gpu: 8}}
- {name: asks, queue: a, submit: 3s, priority: 50, requests: {gpu: 16}}
"""
)


def played(monkeypatch: pytest.MonkeyPatch, rules: Any, document: str) -> tuple[int, list[str]]:
    """How many searches for victims were made, and who was evicted."""
    searches = []
    plain = rules.find_targets

    def counted(*arguments: Any) -> Any:
        searches.append(1)
        return plain(*arguments)

    monkeypatch.setattr(rules, "find_targets", counted)
    run = simulation(scenario_from_text(document)).run()
    return len(searches), [fact.workload for fact in run.facts if fact.type == "Preempted"]


def searched(monkeypatch: pytest.MonkeyPatch, lent: int, asked: int) -> tuple[int, list[str]]:
    """The same, when queue b uses ``lent`` GPUs."""
    return played(monkeypatch, classical, WORLD.replace("LENT", str(lent)).replace("ASKED", str(asked)))


def test_who_could_not_start_if_all_borrowers_went_searches_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert searched(monkeypatch, lent=8, asked=4) == (0, [])


def test_who_needs_what_others_borrow_finds_them(monkeypatch: pytest.MonkeyPatch) -> None:
    searches, evicted = searched(monkeypatch, lent=10, asked=2)
    assert (searches > 0, evicted) == (True, ["default/lent"])


def test_under_fair_sharing_nobody_is_searched_for_where_whoever_a_queue_beside_gives_up_is_too_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The large one would leave b a smaller share than that of a: b gives up the small one, then one more, 9 in all."""
    assert played(monkeypatch, fair_sharing, FAIR.replace("LENT", "20")) == (0, [])


def test_under_fair_sharing_they_are_found_where_they_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    searches, evicted = played(monkeypatch, fair_sharing, FAIR.replace("LENT", "21"))
    assert (searches > 0, evicted) == (True, ["default/small", "default/large"])


@pytest.mark.parametrize(("lent", "searched", "evicted"), [(20, False, []), (22, True, ["default/large"])])
def test_where_initial_shares_alone_decide_the_last_one_may_be_the_largest(
    monkeypatch: pytest.MonkeyPatch, lent: int, searched: bool, evicted: list[str]
) -> None:
    """The one of b that is kept has a high priority; of the others, 9 at most can be freed."""
    initial = FAIR.replace("enable: true", "enable: true, preemptionStrategies: [LessThanInitialShare]")
    document = initial.replace("name: kept,", "name: kept, priority: 100,").replace("LENT", str(lent))
    searches, found = played(monkeypatch, fair_sharing, document)
    assert (searches > 0, found) == (searched, evicted)


FLAVORS = (
    FAIR_SHARING
    + """\
  - {kind: ResourceFlavor, metadata: {name: h100}, spec: {nodeLabels: {gpu: h100}}}
  - {kind: ResourceFlavor, metadata: {name: a100}, spec: {nodeLabels: {gpu: a100}}}
  - {kind: ClusterQueue, metadata: {name: a}, spec: {cohortName: all, namespaceSelector: {},
      preemption: {reclaimWithinCohort: LowerPriority},
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 4}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: b}, spec: {cohortName: all, namespaceSelector: {},
      resourceGroups: [{coveredResources: [gpu], flavors: [
        {name: h100, resources: [{name: gpu, nominalQuota: 4}]},
        {name: a100, resources: [{name: gpu, nominalQuota: 4}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: lends}, spec: {cohortName: all, namespaceSelector: {},
      resourceGroups: [{coveredResources: [gpu], flavors: [
        {name: h100, resources: [{name: gpu, nominalQuota: LENT}]},
        {name: a100, resources: [{name: gpu, nominalQuota: BESIDE}]}]}]}}
workloads:
- {name: beside, queue: b, submit: 0s, requests: {gpu: TAKEN}, nodeSelector: {gpu: a100}}
- {name: kept, queue: b, submit: 1s, requests: {gpu: 8}, nodeSelector: {gpu: h100}}
- {name: small, queue: b, submit: 2s, requests: {gpu: 1}, nodeSelector: {gpu: h100}}
- {name: large, queue: b, submit: 3s, requests: {gpu: 8}, nodeSelector: {gpu: h100}}
- {name: asks, queue: a, submit: 4s, priority: 50, requests: {gpu: 16}}
"""
)
"""Queue a would use 12 above its quota; b uses 13 of h100 above its own, and more of a100: 5, so that it keeps 7 of
h100, or 12, as much as a, so that its share never falls below that of a."""


@pytest.mark.parametrize(
    ("beside", "missing", "searched", "evicted"),
    [
        (5, 14, False, []),
        (5, 13, True, []),
        (5, 9, True, ["default/large", "default/small"]),
        (12, 16, True, ["default/kept", "default/large"]),
    ],
)
def test_a_queue_of_several_flavors_keeps_what_its_share_of_all_of_them_entitles_it_to(
    monkeypatch: pytest.MonkeyPatch, beside: int, missing: int, searched: bool, evicted: list[str]
) -> None:
    document = FLAVORS.replace("LENT", str(25 - missing)).replace("BESIDE", str(beside))
    searches, found = played(monkeypatch, fair_sharing, document.replace("TAKEN", str(4 + beside)))
    assert (searches > 0, sorted(found)) == (searched, evicted)


def test_a_queue_whose_share_comes_from_another_flavor_gives_up_all_of_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = FLAVORS.replace("LENT", "9").replace("BESIDE", "12").replace("TAKEN", "16")
    lines = [line for line in document.splitlines() if "name: small" not in line and "name: large" not in line]
    small = "\n".join(lines).replace("name: kept, queue: b, submit: 1s", "name: one, count: 17, queue: b, submit: 1s")
    searches, evicted = played(monkeypatch, fair_sharing, small.replace("{gpu: 8}", "{gpu: 1}"))
    assert (searches > 0, len(evicted)) == (True, 16)


@pytest.mark.parametrize(
    ("missing", "searched", "evicted"), [(9, False, []), (8, True, []), (1, True, ["default/small"])]
)
def test_what_a_queue_uses_of_other_flavors_counts_for_its_own_share(
    monkeypatch: pytest.MonkeyPatch, missing: int, searched: bool, evicted: list[str]
) -> None:
    """Queue a would use 7 of h100 above its quota and uses 5 of a100 above it, so that b keeps 12 of 13."""
    document = FLAVORS.replace("LENT", str(20 - missing)).replace("BESIDE", "5").replace("TAKEN", "9")
    document = document.replace("beside, queue: b", "beside, queue: a").replace("{gpu: 16}", "{gpu: 11}")
    document = document.replace("metadata: {name: a}, spec", "metadata: {name: one}, spec")
    document = document.replace("metadata: {name: b}, spec: {", "metadata: {name: a}, spec: {PREEMPTS")
    document = document.replace("metadata: {name: one}, spec", "metadata: {name: b}, spec")
    rules = "preemption: {reclaimWithinCohort: LowerPriority},"
    document = document.replace(rules, "").replace("PREEMPTS", rules)
    searches, found = played(monkeypatch, fair_sharing, document)
    assert (searches > 0, found) == (searched, evicted)


THREE_QUEUES = (
    QUEUES.replace("Cohort: Any", "Cohort: LowerPriority")
    + """\
  - {kind: ClusterQueue, metadata: {name: c}, spec: *spec}
workloads:
"""
)
SEVERAL = (
    THREE_QUEUES
    + """\
- {name: own, queue: a, submit: 0s, priority: 100, requests: {gpu: 6, cpu: 80}}
- {name: kept, queue: c, submit: 0s, priority: 100, requests: {gpu: 10, cpu: KEPT}}
- {name: lent, queue: b, submit: 1s, requests: {gpu: 8, cpu: LENT}}
- {name: asks, queue: a, submit: 2s, priority: 50, requests: {gpu: 2, cpu: 16}}
"""
)
"""GPUs and cores are all in use. Nobody who may be evicted uses more GPUs than its quota."""


@pytest.mark.parametrize(("lent", "searched", "evicted"), [(112, True, ["default/lent"]), (96, False, [])])
def test_where_several_resources_are_short_whoever_uses_too_much_of_one_gives_up_the_others_as_well(
    monkeypatch: pytest.MonkeyPatch, lent: int, searched: bool, evicted: list[str]
) -> None:
    document = SEVERAL.replace("LENT", str(lent)).replace("KEPT", str(208 - lent))
    searches, found = played(monkeypatch, classical, document)
    assert (searches > 0, found) == (searched, evicted)


VAIN = """
- {name: own, queue: a, submit: 0s, priority: 100, requests: {gpu: 6, cpu: 80}}
- {name: kept, queue: c, submit: 0s, priority: 100, requests: {gpu: 17, cpu: 8}}
- {name: lent, queue: b, submit: 1s, requests: {gpu: 1, cpu: 200}}
- {name: asks, queue: a, submit: 2s, priority: 50, requests: {gpu: 2, cpu: 16}}
"""
"""All is in use. Queue b could give the cores."""


def test_where_one_resource_is_in_vain_nobody_is_searched_for_who_gives_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has one GPU, and two are missing."""
    document = SEVERAL.partition("- {name: own")[0] + VAIN.lstrip()
    assert played(monkeypatch, classical, document) == (0, [])


LEVEL = """
- {name: own, queue: a, submit: 0s, priority: 100, requests: {gpu: 8, cpu: OWN}}
- {name: mine, queue: a, submit: 0s, requests: {cpu: 12}}
- {name: kept, queue: c, submit: 0s, priority: 100, requests: {gpu: 16, cpu: KEPT}}
- {name: asks, queue: a, submit: 2s, priority: 50, requests: {gpu: 2, cpu: 16}}
"""
"""Nobody may be evicted for GPUs. Eight cores are free, and eight are missing, which the twelve could give."""


@pytest.mark.parametrize(("own", "searches"), [(84, 0), (80, 1)])
def test_somebody_is_searched_for_where_the_level_of_borrowing_depends_on_who_goes(
    monkeypatch: pytest.MonkeyPatch, own: int, searches: int
) -> None:
    """Without the twelve the queue would use 100 cores, or the 96 of its quota."""
    document = SEVERAL.partition("- {name: own")[0] + LEVEL.lstrip()
    document = document.replace("OWN", str(own)).replace("KEPT", str(268 - own))
    assert played(monkeypatch, classical, document) == (searches, [])


PODS = """
- {name: own, queue: a, submit: 0s, requests: {gpu: 1}}
- {name: kept, queue: c, submit: 0s, pods: 2, requests: {gpu: 1}}
- {name: lent, queue: b, submit: 1s, priority: 100, pods: 3, requests: {gpu: 1}}
- {name: asks, queue: a, submit: 2s, priority: 50, pods: 2, requests: {gpu: 1}}
"""


def test_the_number_of_pods_need_not_fit_after_an_eviction() -> None:
    """Two pods are missing, and the queue's own work has one: it would go, and then too few pods are free (R1.28)."""
    queues = THREE_QUEUES.replace("cpu, nominalQuota: 96", "pods, nominalQuota: 2").replace("[gpu, cpu]", "[gpu, pods]")
    document = queues + PODS.lstrip()
    runs = [simulation(scenario_from_text(document), shortcuts=shortcuts).run() for shortcuts in (True, False)]
    told = [list(run.facts)[-1].message for run in runs]
    assert told == ["Workload no longer fits after processing another workload"] * 2


PASSED_OVER = """
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 5s
timing: {termination: 20s}
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: h100}}
  - {kind: ClusterQueue, metadata: {name: a}, spec: {cohortName: all, namespaceSelector: {},
      preemption: {reclaimWithinCohort: LowerPriority,
        borrowWithinCohort: {policy: LowerPriority, maxPriorityThreshold: 3}},
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 4}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: b}, spec: {cohortName: all, namespaceSelector: {},
      preemption: {withinClusterQueue: LowerPriority},
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 13}]}]}]}}
  - {kind: ClusterQueue, metadata: {name: d}, spec: {cohortName: all, namespaceSelector: {},
      resourceGroups: [{coveredResources: [gpu], flavors: [{name: h100, resources: [{name: gpu, nominalQuota: 4}]}]}]}}
workloads:
- {name: big, queue: b, submit: 0s, priority: 20, requests: {gpu: 4}}
- {name: five, queue: b, submit: 0s, priority: 5, requests: {gpu: 1}}
- {name: own, queue: a, submit: 0s, priority: 20, requests: {gpu: 4}}
- {name: dd, queue: d, submit: 0s, runtime: 3s, priority: 20, requests: {gpu: 12}}
- {name: p, queue: b, submit: 1s, priority: 20, requests: {gpu: 1}}
- {name: low, queue: b, submit: 3500ms, priority: 0, requests: {gpu: 8}}
- {name: asks, queue: a, submit: 4s, priority: 10, requests: {gpu: 6}}
"""


def test_who_is_evicted_already_may_be_passed_over_and_others_of_its_queue_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The queue b is one GPU above its quota, and ``five``, which leaves, has one. It is above the threshold for who
    has to borrow, so that ``low`` goes with its eight."""
    searches, evicted = played(monkeypatch, classical, PASSED_OVER)
    assert (searches > 0, evicted) == (True, ["default/five", "default/low"])
