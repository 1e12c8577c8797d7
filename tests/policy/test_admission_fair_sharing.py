"""The usage ledger: the worked example to the last digit, and laws of decay."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.model import AdmissionFairSharing
from kueue_sim.policy.queueing.admission_fair_sharing import UsageLedger, decay_rate

A, B = ("ns", "a"), ("ns", "b")
HOUR, MINUTE = 3_600_000, 60_000
EIGHT = {"cpu": 8_000}


def ledger(half_life_ms: int = HOUR, **more: Any) -> UsageLedger:
    one = UsageLedger(AdmissionFairSharing(half_life_ms, **more))
    one.open(A, 0)
    one.open(B, 0)
    return one


def cpu(one: UsageLedger, now: int) -> Decimal:
    sampled(one, now)
    return one.consumed(A, now).get("cpu", Decimal(0))


def sampled(one: UsageLedger, now: int) -> UsageLedger:
    """With all samples that are due by now."""
    assert set(one.take_samples(now)) <= {A, B}
    return one


def test_the_worked_example_agrees_to_nine_decimals() -> None:
    one = ledger()
    one.reserve(A, "a1", EIGHT, 0)
    pending = one.usage(A, 1.0, 0), one.usage(B, 1.0, 0), one.usage(A, 2.0, 0)
    one.admit(A, "a1", EIGHT, 0, settles=True)
    running = [cpu(one, second * 1000) for second in (0, 300, 600, 900)]
    one.change(A, {"cpu": -8_000}, 900_000)
    assert (pending, [str(amount) for amount in running]) == (
        (0.449005498, 0.0, 0.224502749),
        ["0.449005498", "0.872810253", "1.272828675", "1.650395788"],
    )
    idle = [cpu(one, second * 1000) for second in (4_500, 8_100)]
    assert [round(amount, 6) for amount in idle] == [Decimal("0.825198"), Decimal("0.412599")]


def test_a_penalty_counts_until_it_is_settled_forgiven_or_replaced() -> None:
    settled, forgiven, replaced = ledger(), ledger(), ledger()
    for one in (settled, forgiven, replaced):
        one.reserve(A, "w", EIGHT, 0)
    settled.admit(A, "w", {}, 0, settles=True)
    forgiven.forgive(A, "w", 0)
    replaced.reserve(A, "w", {"cpu": 4_000}, 0)
    used = [one.usage(A, 1.0, 0) for one in (settled, forgiven, replaced)]
    assert used == [0.449005498, 0.0, 0.224502749]


def test_a_queue_that_is_not_usage_based_settles_nothing_but_is_sampled() -> None:
    one = ledger()
    one.admit(A, "w", EIGHT, 0, settles=False)
    assert (cpu(one, 0), cpu(one, 300_000)) == (0, Decimal("0.449005498"))


def test_no_samples_are_taken_while_a_queue_is_stopped_and_then_one_covers_the_gap() -> None:
    one = ledger()
    one.admit(A, "w", EIGHT, 0, settles=False)
    one.pause(A, 0)
    stopped = cpu(one, HOUR)
    one.resume(A, HOUR)
    assert (stopped, cpu(one, HOUR)) == (0, Decimal("4.000000000"))


def test_while_penalties_are_pending_every_event_is_followed_by_an_update() -> None:
    one = ledger()
    one.admit(A, "running", EIGHT, 0, settles=False)
    assert set(one.take_samples(99_999)) == set()
    one.reserve(A, "waiting", EIGHT, 100_000)
    before = cpu(one, 100_999)
    assert (before, cpu(one, 101_000) > 0) == (0, True)


def test_a_half_life_of_zero_forgets_everything() -> None:
    one = ledger(0)
    one.reserve(A, "w", EIGHT, 0)
    one.admit(A, "w", EIGHT, 0, settles=True)
    assert (one.usage(A, 1.0, HOUR), one.usage(A, 0.0, HOUR)) == (0.0, float("inf"))


def test_resource_weights_multiply_and_the_queues_weight_divides() -> None:
    one = ledger(resource_weights={"cpu": 0.5, "memory": 0.0})
    one.open(("ns", "c"), 0, {"cpu": 4_000, "memory": 1 << 30, "gpu": 3})
    assert one.usage(("ns", "c"), 2.0, 0) == (0.5 * 4 + 3) / 2


@given(st.integers(0, 10**9), st.integers(1, 10**8))
def test_decay_replaces_a_share_between_nothing_and_everything(elapsed: int, half_life: int) -> None:
    assert 0.0 <= decay_rate(elapsed, half_life) <= 1.0


@given(st.integers(1, 10**7), st.integers(1, 10**7), st.integers(60_000, 10**7))
def test_decay_over_two_spans_is_decay_over_both(first: int, second: int, half_life: int) -> None:
    kept = (1 - decay_rate(first, half_life)) * (1 - decay_rate(second, half_life))
    assert abs(kept - (1 - decay_rate(first + second, half_life))) < 1e-12


@given(st.lists(st.integers(1, 20 * MINUTE), max_size=20), st.integers(1, 64_000))
def test_how_often_somebody_asks_changes_nothing(pauses: list[int], amount: int) -> None:
    often, once = ledger(), ledger()
    for one in (often, once):
        one.admit(A, "w", {"cpu": amount}, 0, settles=True)
    now = 0
    for pause in pauses:
        now += pause
        sampled(often, now)
    assert often.consumed(A, now) == sampled(once, now).consumed(A, now)


@given(st.integers(1, 64_000), st.integers(0, 40))
def test_usage_stays_between_nothing_and_what_runs(amount: int, hours: int) -> None:
    one = ledger()
    one.admit(A, "w", {"cpu": amount}, 0, settles=False)
    assert 0 <= cpu(one, hours * HOUR) <= Decimal(amount) / 1000
