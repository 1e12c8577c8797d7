"""Hypothesis strategies: valid worlds, and work for a policy of one's own. Needs the package hypothesis.

from hypothesis import given
from kueue_sim.policytest import properties
from kueue_sim.policytest import strategies

@given(strategies.worlds())
def test_owners_reach_their_quota(world):
    properties.require(properties.owners_reach_their_quota, world, keep_in="counterexamples")
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from kueue_sim.policytest.random_worlds.worlds import Document, Limits, make_world

try:
    from hypothesis import strategies as st
except ImportError as error:  # pragma: no cover - the message is the point
    raise ImportError("kueue_sim.policytest.strategies needs hypothesis: pip install 'kueue-sim[test]'") from error

_Option = TypeVar("_Option")


class _Drawn:
    """Choices that hypothesis makes, and unmakes while it looks for the smallest counterexample."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def number(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def option(self, options: Sequence[_Option]) -> _Option:
        return self._draw(st.sampled_from(list(options)))


@st.composite
def worlds(draw: st.DrawFn, limits: Limits | None = None) -> Document:
    """Scenario documents: flavors, Cohorts, ClusterQueues with limits and policies, and work for them."""
    return make_world(_Drawn(draw), limits)


@st.composite
def work(
    draw: st.DrawFn,
    queues: Sequence[str],
    requests: Mapping[str, int],
    *,
    at_most: int = 10,
    priorities: Sequence[int] = (0, 50, 100),
    hours: int = 8,
) -> list[dict[str, Any]]:
    """Entries for the ``workloads`` of a scenario with a policy of one's own.

    ``queues`` are LocalQueues as the scenario names them, ``requests`` the most a pod asks for of each resource (the
    first is always asked for). Times are whole minutes within ``hours``.
    """
    entries = []
    for index in range(draw(st.integers(1, at_most))):
        amounts = [(name, draw(st.integers(0 if at else 1, most))) for at, (name, most) in enumerate(requests.items())]
        entries.append(
            {
                "name": f"w{index}",
                "queue": draw(st.sampled_from(list(queues))),
                "submit": f"{draw(st.integers(0, 60 * hours))}m",
                "runtime": f"{draw(st.integers(1, 60 * hours))}m",
                "priority": draw(st.sampled_from(list(priorities))),
                "pods": draw(st.integers(1, 4)),
                "requests": {name: amount for name, amount in amounts if amount},
            }
        )
    return entries


__all__ = ["work", "worlds"]
