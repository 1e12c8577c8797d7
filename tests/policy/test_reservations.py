"""The orders in which workloads would be evicted, of a queue and of several, are kept up as workloads come and go."""

from kueue_sim.model import Workload
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reservations import EvictionOrder, Reservations
from kueue_sim.policy.workloads.workload_info import Reservation

QUEUE = QuotaNode("a", 1, 1.0, is_queue=True)


def held(name: str, priority: int, amount: int) -> Reservation:
    """A workload that holds so much of the only slot."""
    workload = Workload(name, "default", "a", (), uid=name)
    return Reservation(workload, f"default/{name}", QUEUE, priority, 0, 0, ((0, amount),), frozenset((0,)), ())


def keys(order: EvictionOrder) -> tuple[list[str], list[str]]:
    """Who would be evicted first, those evicted already apart."""
    return [place[3].split("/")[1] for place in order.evicted], [place[3].split("/")[1] for place in order.standing]


def test_an_order_of_several_queues_is_kept_up_with_that_of_each() -> None:
    here, several = Reservations(), EvictionOrder()
    assert keys(here.order()) == ([], [])
    here.keep_up(several)
    low, high = held("low", 0, 2), held("high", 5, 4)
    here.hold(high)
    here.hold(low)
    assert keys(here.order()) == keys(several) == ([], ["low", "high"])
    high.evicted = True
    here.moved(high)
    assert keys(here.order()) == keys(several) == (["high"], ["low"])
    high.evicted = False
    here.let_go(high)
    assert keys(here.order()) == keys(several) == ([], ["low"])


def test_what_is_used_below_a_priority_is_added_up_anew_after_each_change() -> None:
    here, low, high = Reservations(), held("low", 0, 2), held("high", 5, 4)
    here.hold(low)
    here.hold(high)
    assert [here.used_below(0, bound) for bound in (0, 1, 6, None)] == [0, 2, 6, 6]
    high.priority = 0
    here.moved(high)
    assert here.used_below(0, 1) == 6
    here.let_go(low)
    assert (here.used_below(0, 1), here.used_below(1, 1)) == (4, 0)


def test_all_that_makes_kueue_count_a_queue_anew_is_another_generation() -> None:
    """An admission, an eviction, another status, a release, and a rebuild of its tree (R2.12)."""
    queue, here, low = QuotaNode("b", 1, 1.0, is_queue=True), Reservations(), held("low", 0, 2)
    seen = {here.generation(queue)}
    for happens in (
        lambda: here.hold(low),
        lambda: here.moved(low),
        here.counted_anew,
        lambda: here.let_go(low),
        lambda: setattr(queue, "rebuilt", 1),
    ):
        happens()
        seen.add(here.generation(queue))
    assert len(seen) == 6
