"""``explain`` says which rule spares whom when nobody is evicted, and by which figures another workload went first."""

from collections.abc import Sequence
from typing import Any

import pytest

from kueue_sim import example, load_scenario, run
from kueue_sim.engine import witness
from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.simulate import simulation
from kueue_sim.inputs import scenario_from_dict
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policytest.random_worlds.worlds import Limits, seeded_world

FAIR = {"configuration": {"fairSharing": {}}}
USAGE_BASED = {"admissionMode": "UsageBasedAdmissionFairSharing"}


def queue(name: str, cpu: int, gpu: int = 0, cohort: str | None = "c", **spec: Any) -> dict[str, Any]:
    quotas = [{"name": "cpu", "nominalQuota": cpu}, {"name": "nvidia.com/gpu", "nominalQuota": gpu}]
    group = {"coveredResources": ["cpu", "nvidia.com/gpu"], "flavors": [{"name": "f", "resources": quotas}]}
    place = {} if cohort is None else {"cohortName": cohort}
    whole = {"namespaceSelector": {}, "resourceGroups": [group], **place, **spec}
    return {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": whole}


def job(name: str, team: str, cpu: int, minute: int = 0, priority: int = 0, **more: Any) -> dict[str, Any]:
    times = {"submit": f"{minute}m", "runtime": "1h"}
    return {"name": name, "team": team, "requests": {"cpu": cpu}, "priority": priority, **times, **more}


def told(objects: Sequence[dict[str, Any]], jobs: Sequence[dict[str, Any]], of: str, **more: Any) -> list[str]:
    """What ``explain`` says of a job, without what it is and asks for."""
    flavor = {"kind": "ResourceFlavor", "metadata": {"name": "f"}}
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": [flavor, *objects]}, **more}
    result = run(scenario_from_dict({**document, "workloads": list(jobs)}))
    return [line.strip() for line in result.explain(of).splitlines()[3:]]


def spared(*args: Any, **more: Any) -> list[str]:
    """The lines about who holds what is short."""
    lines = told(*args, **more)
    first = next(index for index, line in enumerate(lines) if line.startswith("evicts nobody"))
    end = next(index for index in range(first, len(lines)) if lines[index][0].isdigit())
    return lines[first:end]


ANY = {"reclaimWithinCohort": "Any"}
LOWER = {"withinClusterQueue": "LowerPriority"}
HEAD = "evicts nobody of those who hold the 2 cpu missing in f:"


def test_an_owner_that_would_have_to_borrow_another_resource_evicts_nobody() -> None:
    """Field case 030: it owns the GPU, and none of the cpu."""
    queues = [queue("owner", 0, 1, preemption=ANY), queue("guest", 0), queue("pool", 2)]
    both = {"requests": {"cpu": 2, "nvidia.com/gpu": 1}}
    jobs = [job("guest-job", "guest", 2, **both), job("owner-job", "owner", 2, 5, **both)]
    assert spared(queues, jobs, "owner-job") == [
        "evicts nobody: it would have to borrow 2 cpu (nominal 0) in f, and borrowWithinCohort is Never; "
        "reclaimWithinCohort is for use within nominal quota",
        "held by guest: default/guest-job (2 cpu, 1 nvidia.com/gpu)",
    ]


def test_only_what_is_short_is_held_by_somebody() -> None:
    """The cpu is free: who holds nothing but cpu is not named, and of the other one nothing but the GPU."""
    queues = [queue("q", 8, 2, None)]
    jobs = [
        job("cpus", "q", 4),
        job("gpus", "q", 1, requests={"cpu": 1, "nvidia.com/gpu": 2}),
        job("late", "q", 1, 1, requests={"cpu": 1, "nvidia.com/gpu": 1}),
    ]
    assert spared(queues, jobs, "late") == [
        "evicts nobody of those who hold the 1 nvidia.com/gpu missing in f:",
        "default/gpus (2 nvidia.com/gpu) of q: withinClusterQueue is Never",
    ]


BORROW = {"borrowWithinCohort": {"policy": "LowerPriority", "maxPriorityThreshold": 3}}
OR_NEWER = {"withinClusterQueue": "LowerOrNewerEqualPriority"}
BACK = "reclaimWithinCohort takes back what is borrowed"
CLASSICAL = {
    "priority": (LOWER, "a", 5, "priority 5 is not above its 9 (withinClusterQueue is LowerPriority)"),
    "same": (
        LOWER,
        "a",
        9,
        "has the same priority 9 and only a lower one yields (withinClusterQueue is LowerPriority)",
    ),
    "age": (
        OR_NEWER,
        "a",
        9,
        "has the same priority 9 and is no newer (withinClusterQueue is LowerOrNewerEqualPriority)",
    ),
    "reclaim": (LOWER, "b", 10, "reclaimWithinCohort is Never"),
    "nominal": (ANY, "b", 10, f"its queue borrows nothing of it (4 of 4 cpu); {BACK}"),
}
"""Preemption rules of queue a, the queue of who holds 4 cpu with priority 9, the priority of who asks, and the line."""


@pytest.mark.parametrize("case", CLASSICAL)
def test_the_rule_that_spares_a_holder_is_told_with_its_figures(case: str) -> None:
    rules, holder, priority, why = CLASSICAL[case]
    queues = [queue("a", 4, preemption=rules), queue("b", 4)]
    other = job("other", "b" if holder == "a" else "a", 2, priority=99)
    jobs = [job("old", holder, 4, priority=9), other, job("late", "a", 4, 1, priority=priority)]
    assert f"default/old (4 cpu) of {holder}: {why}" in spared(queues, jobs, "late")


@pytest.mark.parametrize(
    ("guest", "mine", "why"),
    [
        (4, 9, ", and priority 4 is above maxPriorityThreshold 3"),
        (9, 9, ", with priority 9 not above 9 (borrowWithinCohort)"),
    ],
)
def test_who_may_borrow_and_evict_is_told_what_borrow_within_cohort_asks_for(guest: int, mine: int, why: str) -> None:
    queues = [queue("a", 2, preemption={**ANY, **BORROW}), queue("b", 2), queue("pool", 4)]
    jobs = [job("guest", "b", 6, priority=guest), job("late", "a", 4, 1, priority=mine)]
    assert spared(queues, jobs, "late") == [
        HEAD,
        f"default/guest (6 cpu) of b: the workload has to borrow cpu{why}",
    ]


def test_fair_sharing_tells_the_shares_that_were_compared() -> None:
    queues = [queue(name, 4, preemption=ANY) for name in ("a", "b", "d")]
    jobs = [job("a1", "a", 6), job("b1", "b", 6), job("a2", "a", 4, 1)]
    assert spared(queues, jobs, "a2", kueue=FAIR) == [
        "evicts nobody of those who hold the 4 cpu missing in f:",
        "default/a1 (6 cpu) of a: withinClusterQueue is Never",
        "default/b1 (6 cpu) of b: fair sharing protects it: share of a with this workload 500, of b 167, without it 0 "
        "(LessThanOrEqualToFinalShare, LessThanInitialShare)",
    ]


def test_holders_that_might_go_but_are_too_few_are_told_as_such() -> None:
    queues = [queue("a", 4, preemption=LOWER), queue("b", 4)]
    jobs = [job("low", "a", 1), job("high", "a", 3, priority=9), job("late", "a", 4, 1, priority=5)]
    jobs.append(job("other", "b", 4))
    assert spared(queues, jobs, "late") == [
        "evicts nobody of those who hold the 4 cpu missing in f:",
        "default/low (1 cpu) of a: withinClusterQueue allows it, but that is not enough",
        "default/high (3 cpu) of a: priority 5 is not above its 9 (withinClusterQueue is LowerPriority)",
        "default/other (4 cpu) of b: reclaimWithinCohort is Never",
        "without those that may be evicted 3 cpu would be missing still",
    ]


# -- who went first ---------------------------------------------------------------------------------------


def first(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if "goes first" in line or "went first" in line]


def test_usage_that_put_another_first_is_told_with_both_figures() -> None:
    """Field case 048: lb has used nothing, la what a0 used for 20 minutes."""
    afs = {"usageHalfLifeTime": "10m", "usageSamplingInterval": "1m"}
    local = [
        {"kind": "LocalQueue", "metadata": {"name": name, "namespace": "default"}, "spec": {"clusterQueue": "q"}}
        for name in ("la", "lb")
    ]
    jobs = [
        {"name": name, "queue": f"default/{lq}", "submit": f"{n}s", "requests": {"cpu": 2}, "runtime": "20m"}
        for n, (name, lq) in enumerate((("a0", "la"), ("a1", "la"), ("b0", "lb")))
    ]
    lines = told(
        [queue("q", 2, 0, None, admissionScope=USAGE_BASED), *local],
        jobs,
        "a1",
        kueue={"configuration": {"admissionFairSharing": afs}},
        horizon="2h",
    )
    assert first(lines) == ["20m  default/b0 goes first: lb has used less than la (usage 0 against 1.4)"]


def test_priority_and_age_that_put_another_first_are_told_and_many_are_summed_up() -> None:
    jobs = [job("now", "q", 2), job("late", "q", 2, 10)]
    jobs += [job(f"early-{n}", "q", 2, n) for n in (1, 2, 3, 4, 5)] + [job("urgent", "q", 2, 11, priority=7)]
    lines = told([queue("q", 2, 0, None)], jobs, "late")
    assert first(lines) == [
        "1h  default/urgent goes first: priority 7 against 0",
        "2h  default/early-1 goes first: it waits since 1m, this one since 10m",
        "3h  default/early-2 goes first: it waits since 2m, this one since 10m",
        "4h  default/early-3 goes first: it waits since 3m, this one since 10m",
        "2 more workloads went first for such a reason, the last at 6h",
    ]


def test_what_fits_where_a_larger_one_does_not_is_told() -> None:
    jobs = [job("now", "q", 2), job("large", "q", 4, 1), job("small", "q", 1, 2)]
    assert first(told([queue("q", 4, 0, None)], jobs, "large")) == [
        "2m  default/small goes first: what it asks for fits; this one was refused and waits until quota is free for it"
    ]


def test_in_one_cycle_the_share_or_the_quota_decides_and_is_told() -> None:
    """Both wait for the same 4 cpu of the idle team; the less its team borrows, the sooner."""
    queues = [queue(name, 4, preemption={}) for name in ("a", "b")] + [queue("idle", 4)]
    jobs = [job("a0", "a", 4, runtime="9h"), job("b0", "b", 4, runtime="9h"), job("i0", "idle", 4)]
    both = [*jobs, job("a1", "a", 4, 1), job("b1", "b", 2, 2)]
    assert first(told(queues, both, "a1", kueue=FAIR)) == [
        "1h  default/b1 goes first: fair sharing, share of b 167 with it against 333 of a"
    ]
    within = [
        job("b0", "b", 2, runtime="9h"),
        jobs[0],
        job("i0", "idle", 6),
        job("a1", "a", 6, 1),
        job("b1", "b", 2, 2),
    ]
    assert first(told(queues, within, "a1")) == ["1h  default/b1 goes first: it needs no borrowed quota, this one does"]


def test_an_arbitrary_choice_between_cohorts_of_the_same_share_is_called_so() -> None:
    """Field case 038: one victim is enough, and both Cohorts borrow alike."""

    def cohort(name: str, parent: str) -> dict[str, Any]:
        return {"kind": "Cohort", "metadata": {"name": name}, "spec": {"parentName": parent}}

    objects = [{"kind": "Cohort", "metadata": {"name": "root"}}]
    for name, cpu in (("a", 2), ("b", 2), ("c", 4)):
        objects += [cohort(f"co-{name}", "root"), queue(f"{name}-own", cpu, 0, f"co-{name}", preemption=ANY)]
        objects.append(queue(f"{name}-more", 0, 0, f"co-{name}"))
    jobs = [job("low", "a-more", 4, priority=100), job("high", "b-more", 4, priority=1000)]
    jobs.append(job("owner", "c-own", 4, 10, priority=500))
    strategies = {"configuration": {"fairSharing": {"preemptionStrategies": ["LessThanOrEqualToFinalShare"]}}}
    lines = told(objects, jobs, "high", kueue=strategies)
    assert "arbitrary: cohorts co-b and co-a have the same share, and Kueue takes from either" in lines


@pytest.mark.parametrize("seed", range(60))
def test_nobody_is_called_too_few_whose_going_alone_would_be_enough(seed: int) -> None:
    """Where one eviction would do and every rule allows it, Kueue evicts; and looking on changes nothing."""
    scenario = scenario_from_dict(seeded_world(seed, Limits(flavors=1, several_pod_sets=False, fair_sharing=False)))
    wrong: list[tuple[int, str, str]] = []

    def look(now: int, cluster: Cluster, entries: Sequence[Entry]) -> None:
        for entry in entries:
            refused = entry.status not in ("Admitted", "Preempting") and not entry.targets and entry.text is None
            for shortage in witness.by_flavor(entry) if refused and entry.reservation is None else ():
                sparing = cluster.scheduler.preemption.sparing(entry.queue, entry.pending, shortage)
                if shortage.untried:
                    continue
                for one in sparing.told():
                    if one.rule == "few" and not sparing.missing_without([one.reservation]):
                        wrong.append((now, entry.pending.key, one.reservation.key))

    watched = simulation(scenario)
    watched.witnessed_by(look)
    assert (list(watched.run().facts), wrong) == (list(simulation(scenario).run().facts), [])


def cohort(name: str, parent: str, cpu: int) -> dict[str, Any]:
    quotas = [{"name": "cpu", "nominalQuota": cpu}, {"name": "nvidia.com/gpu", "nominalQuota": 0}]
    group = {"coveredResources": ["cpu", "nvidia.com/gpu"], "flavors": [{"name": "f", "resources": quotas}]}
    return {"kind": "Cohort", "metadata": {"name": name}, "spec": {"parentName": parent, "resourceGroups": [group]}}


@pytest.mark.parametrize(
    ("version", "why"),
    [
        ("0.20", "cohort left borrows nothing of it (2 of 2 cpu); reclaimWithinCohort takes back what is borrowed"),
        ("0.12", "cohort left borrows nothing of it (2 of 2 cpu); reclaimWithinCohort takes back what is borrowed"),
        ("0.11", "priority 5 is not above its 9 (reclaimWithinCohort is LowerPriority)"),
        ("0.10", "priority 5 is not above its 9 (reclaimWithinCohort is LowerPriority)"),
    ],
)
def test_releases_before_the_search_along_the_tree_judge_queues_by_their_own_quota(version: str, why: str) -> None:
    """V15: up to 0.11 a queue counts by its own nominal quota, wherever it hangs; since then quota of its Cohort
    protects it."""
    rules = {"reclaimWithinCohort": "LowerPriority", "withinClusterQueue": "Never"}
    queues = [queue("owner", 2, preemption=rules), cohort("left", "c", 2), queue("guest", 0, cohort="left")]
    jobs = [
        job("guest-job", "guest", 2, priority=9),
        job("own", "owner", 2, priority=9),
        job("late", "owner", 2, 1, priority=5),
    ]
    lines = spared(queues, jobs, "late", kueue={"version": version})
    assert f"default/guest-job (2 cpu) of guest: {why}" in lines


def test_shares_of_releases_before_the_tournament_are_those_of_queues() -> None:
    """V19: 0.10 compares the queues themselves, against the Cohort directly above them."""
    queues = [queue(name, 4, preemption=ANY) for name in ("a", "b", "d")]
    jobs = [job("a1", "a", 6), job("b1", "b", 6), job("a2", "a", 4, 1)]
    lines = spared(queues, jobs, "a2", kueue={**FAIR, "version": "0.10"})
    told = next(line for line in lines if "b1" in line)
    assert told.startswith(
        "default/b1 (6 cpu) of b: fair sharing protects it: share of a with this workload 500, of b 16"
    )


def test_a_stopped_queue_is_named_beside_the_words_of_kueue_which_call_it_inactive() -> None:
    held = {"kind": "LocalQueue", "metadata": {"name": "lq"}, "spec": {"clusterQueue": "q", "stopPolicy": "Hold"}}
    work = {"name": "w", "queue": "default/lq", "requests": {"cpu": 1}, "runtime": "1h"}
    assert told([queue("q", 4), held], [work], "w", horizon="2h") == [
        "0s  submitted to lq",
        "0s  not admitted: LocalQueue lq is inactive",
        "LocalQueue lq is stopped (stopPolicy Hold)",
        "",
        "At the end (2h) it is unfinished: pending.",
        "Suspended: LocalQueue lq is inactive: LocalQueue lq is stopped (stopPolicy Hold)",
    ]


def test_a_cluster_queue_that_was_stopped_in_mid_run_is_named_from_then_on() -> None:
    stop = {"at": "10m", "do": "stop", "clusterQueue": "q", "stopPolicy": "Hold"}
    work = [job("first", "q", 4), job("second", "q", 4, 5)]
    found = told([queue("q", 4)], work, "second", horizon="2h", timeline=[stop])
    assert found[-1] == "Suspended: ClusterQueue q is inactive: ClusterQueue q is stopped (stopPolicy Hold)"
    assert "ClusterQueue q is stopped (stopPolicy Hold)" in found


def test_instants_of_one_hour_are_told_apart() -> None:
    told = run(load_scenario(example("two-busy-teams"))).explain("a-103")
    (line,) = [line.strip() for line in told.splitlines() if "goes first" in line]
    assert line == "4d 8h 52m  default/a-102 goes first: it waits since 4d 8h 3m, this one since 4d 8h 11m"
