"""Who waits for evicted workloads to be gone does not search for them again: once in each state is enough."""

from typing import Any

import pytest

from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_text
from kueue_sim.policy.preemption.targets import Preemption
from tests.scenario_text import lending

WORLD = lending(
    {"a": 4, "b": 4, "c": 4},
    """\
horizon: 30s
timing: {termination: 10s}
kueue: {configuration: {fairSharing: {enable: FAIR}}}
workloads:
- {name: lent-1, queue: b, submit: 1s, requests: {gpu: 4}}
- {name: lent-2, queue: b, submit: 2s, requests: {gpu: 4}}
- {name: lent-3, queue: b, submit: 3s, requests: {gpu: 4}}
""",
)


def played(monkeypatch: pytest.MonkeyPatch, fair: bool, asking: str) -> tuple[list[str], list[str]]:
    """For whom victims were searched, search by search, and who was evicted."""
    searches = []
    plain = Preemption._search

    def counted(self: Any, queue: Any, request: Any) -> Any:
        searches.append(request.pending.key.removeprefix("default/"))
        return plain(self, queue, request)

    monkeypatch.setattr(Preemption, "_search", counted)
    run = simulation(scenario_from_text(WORLD.replace("FAIR", str(fair).lower()) + asking)).run()
    return searches, [fact.workload.removeprefix("default/") for fact in run.facts if fact.type == "Preempted"]


@pytest.mark.parametrize("fair", [False, True])
def test_one_search_finds_whom_to_evict_until_they_are_gone(monkeypatch: pytest.MonkeyPatch, fair: bool) -> None:
    asking = "- {name: asks, queue: a, submit: 4s, requests: {gpu: 4}}\n"
    assert played(monkeypatch, fair, asking) == (["asks"], ["lent-3"])


@pytest.mark.parametrize("fair", [False, True])
def test_whose_victims_are_those_of_another_searches_once_more_in_each_state(
    monkeypatch: pytest.MonkeyPatch, fair: bool
) -> None:
    """The first cycle evicts, the second evicts nobody, and the third one begins because the second parked a head."""
    asking = "- {name: asks, queue: a, submit: 4s, requests: {gpu: 4}}\n"
    asking += "- {name: too, queue: c, submit: 4s, requests: {gpu: 4}}\n"
    asking += "".join(f"- {{name: large-{n}, queue: b, submit: 4s, requests: {{gpu: {13 + n}}}}}\n" for n in range(3))
    searches, evicted = played(monkeypatch, fair, asking)
    assert evicted == ["lent-3", "lent-2"]
    assert searches == ["asks", "too", "too", "asks", "too", "too"]


TIED = lending(
    {"a": 4, "b": 4, "lends": 6},
    """\
horizon: 9s
timing: {termination: 10s}
kueue: {configuration: {fairSharing: {enable: true, preemptionStrategies: [LessThanInitialShare]}}}
workloads:
- {name: high, queue: a, submit: 1s, priority: 100, requests: {gpu: 4}}
- {name: low-1, queue: a, submit: 2s, requests: {gpu: 1}}
- {name: low-2, queue: a, submit: 3s, requests: {gpu: 1}}
- {name: large, queue: b, submit: 4s, requests: {gpu: 8}}
- {name: asks, queue: a, submit: 5s, priority: 100, requests: {gpu: 2}}
""",
)


@pytest.mark.parametrize("shortcuts", [False, True])
def test_where_initial_shares_are_equal_evictions_change_whose_turn_it_is(shortcuts: bool) -> None:
    """With what it asks for, a has the share of b. First b is looked at, which has no larger share and keeps it, and a
    evicts its own. Those go first from then on, whereupon b has the larger share."""
    run = simulation(scenario_from_text(TIED), shortcuts=shortcuts).run()
    evicted = [fact.workload.removeprefix("default/") for fact in run.facts if fact.type == "Preempted"]
    assert evicted == ["low-2", "low-1", "large"]
