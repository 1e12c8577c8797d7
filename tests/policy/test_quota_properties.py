"""The quota tree, shares and undo, against arithmetic written independently and in random trees."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kueue_sim.inputs import scenario_from_dict
from kueue_sim.model import Policy, Settings, Workload
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.cycle_usage import AssumedUsage
from kueue_sim.policy.preemption.simulated_removal import SimulatedRemoval
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import FlavorResource, QuotaForest, QuotaNode, borrowing_level
from kueue_sim.policy.topology.snapshot import Topologies
from kueue_sim.policy.workloads.assignment import Assignment
from kueue_sim.policy.workloads.workload_info import Reservation
from kueue_sim.policytest import strategies
from kueue_sim.policytest.random_worlds.reference_quota import ReferenceQuota
from kueue_sim.policytest.random_worlds.worlds import Limits

TREES = strategies.worlds(Limits(queues=5, workloads=1, several_pod_sets=False, slow_evictions=False))
CHARGES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 7)), max_size=12)
QUICK = settings(
    max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


def planted(compiled: dict[str, Any]) -> tuple[Policy, QuotaForest, ReferenceQuota]:
    policy = scenario_from_dict(compiled).policy
    return policy, QuotaForest(policy), ReferenceQuota(policy)


def charged(
    forest: QuotaForest, books: ReferenceQuota, charges: list[tuple[int, int, int]]
) -> list[tuple[QuotaNode, int, int]]:
    """Charges queue number, slot number and amount, as far as they exist; the same into the books."""
    names = sorted(forest.queues)
    done = []
    for queue, slot, amount in charges:
        node = forest.queues[names[queue % len(names)]]
        index = node.slots[slot % len(node.slots)]
        node.add(index, amount)
        books.charge(node.name, {forest.pairs[index]: amount})
        done.append((node, index, amount))
    return done


def wanted(forest: QuotaForest, charge: tuple[int, int, int]) -> tuple[str, FlavorResource, int]:
    """ClusterQueue, pair and amount that the numbers of a charge stand for."""
    names = sorted(forest.queues)
    node = forest.queues[names[charge[0] % len(names)]]
    return node.name, forest.pairs[node.slots[charge[1] % len(node.slots)]], charge[2]


def snapshot(forest: QuotaForest) -> dict[str, list[int]]:
    return {node.name: list(node.usage) for node in (*forest.cohorts.values(), *forest.queues.values())}


@QUICK
@given(TREES, CHARGES, st.randoms(use_true_random=False))
def test_usage_added_and_removed_in_any_order_is_gone(compiled: dict[str, Any], charges: Any, random: Any) -> None:
    _, forest, books = planted(compiled)
    done = charged(forest, books, charges)
    random.shuffle(done)
    for node, slot, amount in done:
        node.remove(slot, amount)
    assert all(not any(usage) for usage in snapshot(forest).values())


@QUICK
@given(TREES, CHARGES)
def test_a_cohort_is_charged_with_what_its_children_do_not_keep(compiled: dict[str, Any], charges: Any) -> None:
    _, forest, books = planted(compiled)
    charged(forest, books, charges)
    for cohort in forest.cohorts.values():
        children = [*cohort.child_cohorts, *cohort.child_queues]
        for slot in range(len(forest.pairs)):
            assert cohort.usage[slot] == sum(max(0, child.usage[slot] - child.local_quota[slot]) for child in children)


@QUICK
@given(TREES, CHARGES)
def test_available_is_exactly_what_still_fits(compiled: dict[str, Any], charges: Any) -> None:
    """The largest amount that breaks no limit of the independent books, and never more than the potential.

    Only where nobody holds too much: Kueue counts the debt of a queue whose quota was cut against its neighbours.
    """
    _, forest, books = planted(compiled)
    for charge in charges:
        name, pair, amount = wanted(forest, charge)
        if books.fits(name, {pair: amount}):
            charged(forest, books, [charge])
    for name, node in forest.queues.items():
        for slot in node.slots:
            pair, free = forest.pairs[slot], max(0, node.raw_available(slot))
            assert free <= node.potential_available[slot]
            if free:
                assert books.fits(name, {pair: free})
            assert not books.fits(name, {pair: free + 1})


@QUICK
@given(TREES, CHARGES)
def test_charging_lowers_what_is_available_by_as_much_even_below_nothing(
    compiled: dict[str, Any], charges: Any
) -> None:
    """Even below nothing. So a search may leave its own request charged while it asks whether there is room."""
    _, forest, books = planted(compiled)
    charged(forest, books, charges)
    for node in forest.queues.values():
        for slot in node.slots:
            for amount in range(1, 12):
                before = node.raw_available(slot)
                node.add(slot, amount)
                assert node.raw_available(slot) == before - amount
                node.remove(slot, amount)
                assert node.raw_available(slot) == before


@QUICK
@given(TREES)
def test_an_empty_tree_offers_its_potential(compiled: dict[str, Any]) -> None:
    _, forest, _ = planted(compiled)
    for node in forest.queues.values():
        assert [max(0, node.raw_available(slot)) for slot in node.slots] == [
            max(0, node.potential_available[slot]) for slot in node.slots
        ]


@QUICK
@given(TREES, CHARGES)
def test_a_larger_request_never_borrows_on_a_lower_level(compiled: dict[str, Any], charges: Any) -> None:
    _, forest, books = planted(compiled)
    charged(forest, books, charges)
    for node in forest.queues.values():
        for slot in node.slots:
            levels = [borrowing_level(node, slot, amount)[0] for amount in range(1, 12)]
            assert levels == sorted(levels)
            assert (levels[0] == 0) is (node.parent is None or node.usage[slot] + 1 <= node.nominal[slot])


@QUICK
@given(TREES, CHARGES)
def test_shares_grow_with_borrowing_and_vanish_without_it(compiled: dict[str, Any], charges: Any) -> None:
    _, forest, books = planted(compiled)
    charged(forest, books, charges)
    shares = ShareCalculator(forest.pairs)
    for node in forest.queues.values():
        before = shares.share(node)
        over = any(node.usage[slot] > node.nominal[slot] for slot in node.slots) and node.parent is not None
        assert before.borrowing is over
        assert before.ratio >= 0
        for slot in node.slots:
            node.add(slot, 1)
            assert shares.share(node).rank >= before.rank
            node.remove(slot, 1)
            assert shares.share(node) == before


@QUICK
@given(TREES, CHARGES)
def test_the_share_without_a_workload_is_that_after_its_removal(compiled: dict[str, Any], charges: Any) -> None:
    _, forest, books = planted(compiled)
    shares = ShareCalculator(forest.pairs)
    for number, charge in enumerate(charged(forest, books, charges)):
        gone = holding(number, *charge)
        nodes = [gone.queue, *(node for node in gone.queue.branch if node is not gone.queue)]
        foretold = [shares.share_without(node, gone.queue, gone.usage) for node in nodes]
        with SimulatedRemoval() as removal:
            removal.remove(gone)
            assert [shares.share(node) for node in nodes] == foretold


@QUICK
@given(TREES, CHARGES, st.data())
def test_pretending_that_workloads_are_gone_is_undone_exactly(
    compiled: dict[str, Any], charges: Any, data: st.DataObject
) -> None:
    _, forest, books = planted(compiled)
    reservation = [holding(number, *charge) for number, charge in enumerate(charged(forest, books, charges))]
    before = snapshot(forest)
    with SimulatedRemoval() as removal:
        gone = data.draw(st.lists(st.sampled_from(reservation), unique_by=id) if reservation else st.just([]))
        for item in gone:
            removal.remove(item)
        for item in data.draw(st.lists(st.sampled_from(gone), unique_by=id) if gone else st.just([])):
            removal.put_back(item)
    assert snapshot(forest) == before


@QUICK
@given(TREES, CHARGES, CHARGES, st.integers(0, 2))
def test_what_a_cycle_reserves_is_undone_exactly_even_where_a_queue_is_beyond_its_limit(
    compiled: dict[str, Any], charges: Any, blocked: Any, level: int
) -> None:
    _, forest, books = planted(compiled)
    charged(forest, books, charges)
    before = snapshot(forest)
    assumed = AssumedUsage(Topologies(Policy(), Settings(), (), ()))
    for charge in blocked:
        name, pair, amount = wanted(forest, charge)
        assumed.reserve(forest.queues[name], Assignment([], {}, level), ((forest.slot_of[pair], amount),))
    assumed.undo()
    assert snapshot(forest) == before


@QUICK
@given(TREES, CHARGES, CHARGES, st.integers(0, 12))
def test_what_a_cycle_charges_is_missing_to_all_queues_and_is_all_the_way_up_when_somebody_asks(
    compiled: dict[str, Any], charges: Any, heads: Any, asked: int
) -> None:
    """Each queue brings one head; ``asked`` is after how many of them somebody asks who uses how much."""
    _, forest, books = planted(compiled)
    _, plain, _ = planted(compiled)
    charged(forest, books, charges)
    charged(plain, books, charges)
    before = snapshot(forest)
    nowhere = Topologies(Policy(), Settings(), (), ())
    assumed, always = AssumedUsage(nowhere), AssumedUsage(nowhere, everywhere=True)
    one_each = {wanted(forest, charge)[0]: wanted(forest, charge) for charge in heads}
    for number, (name, pair, amount) in enumerate(one_each.values()):
        slot = forest.slot_of[pair]
        if number == asked:
            assumed.spread()
            assert snapshot(forest) == snapshot(plain)
        assumed.add(forest.queues[name], ((slot, amount),), ())
        always.add(plain.queues[name], ((slot, amount),), ())
        free = [[node.raw_available(slot) for slot in node.slots] for node in forest.queues.values()]
        assert free == [[node.raw_available(slot) for slot in node.slots] for node in plain.queues.values()]
    assumed.undo()
    assert snapshot(forest) == before


def test_a_queue_without_limits_is_charged_at_its_root_alone() -> None:
    """Until somebody asks who uses how much: then its queue and the Cohort between have it, too."""
    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "Cohort", "metadata": {"name": "team"}, "spec": {"parentName": "root"}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "q"},
            "spec": {
                "cohortName": "team",
                "resourceGroups": [
                    {
                        "coveredResources": ["gpu"],
                        "flavors": [{"name": "f", "resources": [{"name": "gpu", "nominalQuota": 8}]}],
                    }
                ],
            },
        },
    ]
    world = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}}
    forest = QuotaForest(scenario_from_dict(world).policy)
    assumed = AssumedUsage(Topologies(Policy(), Settings(), (), ()))
    assumed.add(forest.queues["q"], ((0, 3),), ())
    assert snapshot(forest) == {"root": [3], "team": [0], "q": [0]}
    assumed.spread()
    assert snapshot(forest) == {"root": [3], "team": [3], "q": [3]}
    assumed.undo()
    assert snapshot(forest) == {"root": [0], "team": [0], "q": [0]}


def test_what_is_taken_off_a_queue_beyond_its_usage_is_not_taken_off_its_cohort() -> None:
    """Queues without limits use 2 and 5 of a Cohort; 6 are taken off the first, as 0.13.4 does to see whether work fits
    without others (V11). No later release takes off more than it charged, and so trees without limits are pooled."""
    flavors = [{"name": "f", "resources": [{"name": "gpu", "nominalQuota": 8}]}]
    groups = [{"coveredResources": ["gpu"], "flavors": flavors}]
    objects: list[dict[str, Any]] = [{"kind": "ResourceFlavor", "metadata": {"name": "f"}}]
    for name in "xy":
        spec = {"cohortName": "all", "resourceGroups": groups}
        objects.append({"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec})
    world = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}}
    policy = scenario_from_dict(world).policy
    forest = CompiledPolicy(policy, Settings(version="0.13.4")).forest
    x, y = forest.queues["x"], forest.queues["y"]
    x.add(0, 2)
    y.add(0, 5)
    x.remove(0, 6)
    assert snapshot(forest) == {"all": [5], "x": [-4], "y": [5]}
    x.add(0, 6)
    assert snapshot(forest) == {"all": [7], "x": [2], "y": [5]}
    pooled = [len(CompiledPolicy(policy, one).forest.queues["x"].pooled) for one in (Settings(), Settings("0.13.4"))]
    assert pooled == [2, 0]


def test_a_queue_beyond_its_limit_reserves_less_than_nothing_and_its_cohort_does_not_notice() -> None:
    """Nominal quota 2, no borrowing, and 6 in use since the quota was cut: the queue counts as if it used 2 (R4.51)."""
    cut = {
        "policy": {
            "objects": [
                {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
                {
                    "kind": "ClusterQueue",
                    "metadata": {"name": "q"},
                    "spec": {
                        "cohortName": "all",
                        "resourceGroups": [
                            {
                                "coveredResources": ["gpu"],
                                "flavors": [
                                    {
                                        "name": "f",
                                        "resources": [{"name": "gpu", "nominalQuota": 2, "borrowingLimit": 0}],
                                    }
                                ],
                            }
                        ],
                    },
                },
            ]
        }
    }
    forest = QuotaForest(scenario_from_dict({"apiVersion": "kueue-sim/v1", "kind": "Scenario", **cut}).policy)
    queue, cohort = forest.queues["q"], forest.cohorts["all"]
    queue.add(0, 6)
    assumed = AssumedUsage(Topologies(Policy(), Settings(), (), ()))
    assumed.reserve(queue, Assignment([], {}, 1), ((0, 6),))
    assert (queue.usage, cohort.usage) == ([2], [6])
    assumed.undo()
    assert (queue.usage, cohort.usage) == ([6], [6])


def test_what_a_queue_keeps_to_itself_its_cohort_does_not_get_back() -> None:
    """Queue q keeps 3 of its 4, r has nothing: they use 7 and 5, of which 4 and 5 reach the team, whose quota is 1.
    Without 6 of q, 5 reach it, which is 4 beyond, of the 11 that the root could lend."""

    def queue(name: str, cohort: str, nominal: int, lends: int) -> dict[str, Any]:
        quota = {"name": "gpu", "nominalQuota": nominal, "lendingLimit": lends}
        group = {"coveredResources": ["gpu"], "flavors": [{"name": "f", "resources": [quota]}]}
        spec = {"cohortName": cohort, "resourceGroups": [group]}
        return {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec}

    objects = [
        {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
        {"kind": "Cohort", "metadata": {"name": "team"}, "spec": {"parentName": "root"}},
        *(queue("q", "team", 4, 1), queue("r", "team", 0, 0), queue("lender", "root", 10, 10)),
    ]
    world = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}}
    forest = QuotaForest(scenario_from_dict(world).policy)
    forest.queues["q"].add(0, 7)
    forest.queues["r"].add(0, 5)
    shares, team = ShareCalculator(forest.pairs), forest.cohorts["team"]
    assert shares.share(team).ratio == 8000 / 11
    assert shares.share_without(team, forest.queues["q"], ((0, 6),)).ratio == 4000 / 11


def holding(number: int, node: QuotaNode, slot: int, amount: int) -> Reservation:
    workload = Workload(f"w{number}", "default", "q", ())
    return Reservation(
        workload=workload,
        key=workload.key,
        queue=node,
        priority=0,
        timestamp_ms=0,
        reserved_s=0,
        usage=((slot, amount),),
        slots=frozenset({slot}),
        assignments=(),
    )
