"""Conditions on metrics: how they are read, and when they hold."""

import pytest

from kueue_sim.errors import InputError
from kueue_sim.model import ClusterQueue, Policy
from kueue_sim.results.metrics.conditions import Bound, read_bound, read_bounds, shown
from kueue_sim.results.metrics.metric_path import Subjects

POLICY = Policy(cluster_queues=(ClusterQueue("team-a"), ClusterQueue("team-b")))


def bound(text: str) -> Bound:
    found = read_bound(text, Subjects(POLICY))
    assert isinstance(found, Bound), found
    return found


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("team-b.wait.p95 <= 30m", ("wait.p95", "<=", 1800.0, "")),
        ("wait.mean<90", ("wait.mean", "<", 90.0, "")),
        ("utilisation >= 85%", ("utilisation", ">=", 0.85, "")),
        ("utilisation >= 0.85", ("utilisation", ">=", 0.85, "")),
        ("utilisation < -2pp", ("utilisation", "<", -0.02, "absolute")),
        ("lost.gpu_hours <= 50h", ("lost.gpu_hours", "<=", 50.0, "")),
        ("team-a.wait.p95 > +10%", ("wait.p95", ">", 0.1, "relative")),
        ("team-a.wait.p95 > +1h30m", ("wait.p95", ">", 5400.0, "absolute")),
        ("preemptions == 0", ("preemptions", "==", 0.0, "")),
        ("jain >= 0.9", ("jain", ">=", 0.9, "")),
        ("jain.min < -0.05", ("jain.min", "<", -0.05, "absolute")),
    ],
)
def test_limits_come_in_the_unit_of_their_metric(text: str, want: tuple[str, str, float, str]) -> None:
    found = bound(text)
    assert (found.path.of, found.operator, found.limit, found.change) == want


@pytest.mark.parametrize("limit", ["+10", "-0.5"])
def test_a_change_of_a_time_needs_its_unit(limit: str) -> None:
    with pytest.raises(InputError) as caught:
        read_bounds([f"wait.mean > {limit}"], POLICY, "limit")
    assert str(caught.value) == (
        f"limit 'wait.mean > {limit}': {limit!r} is no limit of wait.mean; "
        "accepted: a duration such as 30m, or +10%, -30m against the base"
    )


def test_no_change_of_a_time_needs_none() -> None:
    assert (bound("wait.mean > +0").limit, bound("wait.mean > +0").change) == (0.0, "absolute")


def test_all_wrong_conditions_are_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_bounds(
            ["team-a.wait.p95", "wait.p95 <= 10%", "team-c.preemptions < 3", "finished > many"], POLICY, "limit"
        )
    assert str(caught.value).splitlines() == [
        "limit 'team-a.wait.p95': 'team-a.wait.p95' is not of the form METRIC OPERATOR LIMIT, "
        "such as team-a.wait.p95 <= 30m",
        "limit 'wait.p95 <= 10%': '10%' is no limit of wait.p95; accepted: a duration such as 30m, "
        "or +10%, -30m against the base",
        "limit 'team-c.preemptions < 3': there is no team 'team-c'; did you mean 'team-b'?",
        "limit 'finished > many': 'many' is no limit of finished; accepted: a number, or +10%, -5 against the base",
    ]


@pytest.mark.parametrize(
    ("text", "value", "base", "want"),
    [
        ("wait.p95 > +10%", 111.0, 100.0, True),
        ("wait.p95 > +10%", 110.0, 100.0, False),
        ("wait.p95 > +10%", 1.0, 0.0, True),
        ("wait.p95 > +10%", 0.0, 0.0, False),
        ("wait.p95 > +30s", 131.0, 100.0, True),
        ("wait.p95 > +30s", 131.0, None, None),
        ("wait.p95 > 30s", 31.0, None, True),
        ("wait.p95 > 30s", None, None, None),
    ],
)
def test_a_condition_holds_or_does_not_or_cannot_be_told(
    text: str, value: float | None, base: float | None, want: bool | None
) -> None:
    assert bound(text).holds(value, base) is want


def test_values_are_shown_in_units_people_read() -> None:
    assert [shown(5400.4, "s"), shown(-0.25, "s"), shown(None, "s"), shown(0.8451, "share")] == [
        "1h 30m",
        "-250ms",
        "–",
        "84.5 %",
    ]
    assert [shown(0.02, "share", True), shown(1234.0, "count", True), shown(1234.56, "h"), shown(0.0, "s", True)] == [
        "+2.0 pp",
        "+1,234",
        "1,234.6",
        "0s",
    ]
