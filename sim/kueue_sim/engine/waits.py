"""How long does ``kubectl wait`` of a script take? The scenario is played as far as the script has told it."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from kueue_sim.engine.facts import Fact
from kueue_sim.engine.simulate import simulate
from kueue_sim.inputs.assembled import StepOptions
from kueue_sim.inputs.kueue.work_kinds import REPLICATED
from kueue_sim.inputs.steps.live_objects import Identity
from kueue_sim.inputs.steps.waits import Condition, Wait, Waited
from kueue_sim.model import Scenario

_STOPS = ("Preempted", "Evicted", "Deactivated", "Deleted")
_BEGINS: dict[Condition, tuple[str, ...]] = {
    "finished": ("Finished",), "deleted": ("Deleted",), "admitted": ("Admitted",), "started": ("Started",),
    "failed": (),
}  # fmt: skip
_ENDS: dict[Condition, tuple[str, ...]] = {
    "finished": ("Deleted",), "deleted": ("Submitted",), "admitted": _STOPS, "started": (*_STOPS, "Interrupted"),
    "failed": (),
}  # fmt: skip


def answer(scenario: Scenario, wait: Wait) -> Waited:
    """The time until every object of a wait is in its condition, at most the timeout."""
    until = wait.since_ms + wait.timeout_ms
    played = simulate(replace(scenario, horizon_ms=until, drain=False))
    begins, late = _BEGINS[wait.condition], 0
    if wait.condition == "started" and not scenario.nodes:
        begins, late = ("Admitted",), scenario.timing.pod_start_ms
    keys = [work.key for work in played.facts.workloads]
    parts = [_Part(one[0], [key for key in keys if _belongs(key, one)]) for one in wait.objects]
    state = _State(wait.condition, parts, set(keys) if wait.condition == "deleted" else set())
    now = wait.since_ms
    for fact in played.facts:
        if fact.at_ms > now and state.met:
            break
        now = max(now, fact.at_ms)
        state.note(fact, begins)
    met = state.met and now + late <= until
    return Waited(now + late - wait.since_ms if met else wait.timeout_ms, met)


@dataclass(frozen=True, slots=True)
class _Part:
    """The workloads that come of one object."""

    kind: str
    keys: Collection[str]


@dataclass(slots=True)
class _State:
    """What is in the condition at an instant: ``holding`` has the keys of workloads."""

    condition: Condition
    parts: Collection[_Part]
    holding: set[str] = field(default_factory=set)

    def note(self, fact: Fact, begins: Collection[str]) -> None:
        if fact.type in begins:
            self.holding.add(fact.workload)
        elif fact.type in _ENDS[self.condition]:
            self.holding.discard(fact.workload)

    @property
    def met(self) -> bool:
        """Of an elastic job one slice is enough; of objects with replicas all of them count."""
        return all(
            all(key in self.holding for key in part.keys)
            if part.kind in REPLICATED or self.condition == "deleted"
            else any(key in self.holding for key in part.keys)
            for part in self.parts
        )


def _belongs(key: str, one: Identity) -> bool:
    """Whether a workload comes of an object: it is the whole of it, a slice, or one of its replicas."""
    kind, namespace, name = one
    more = r"-\d+" if kind in REPLICATED else r"(-slice-\d+)?"
    return re.fullmatch(re.escape(f"{namespace}/{name}") + more, key) is not None


PLAYED = StepOptions(awaited=answer)
"""How scripts are followed where nothing else is said."""

__all__ = ["PLAYED", "answer"]
