"""What does a cluster look like at one instant of a run? Whole states, gathered from the facts."""

from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim import load_scenario
from kueue_sim.engine import Fact, Run, simulate
from kueue_sim.model import Scenario
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.share import Share

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MINUTE = 60_000
_WORDS = {"Admitted": "Running", "Requeued": "Suspended", "Finished": "Finished", "Deleted": "Deleted"}


@dataclass(slots=True)
class State:
    """Jobs by name, what each ClusterQueue uses, and what was said by then."""

    jobs: dict[str, str] = field(default_factory=dict)
    used: dict[str, dict[str, int]] = field(default_factory=dict)
    preempted: dict[str, tuple[str, str]] = field(default_factory=dict)
    waits: dict[str, str] = field(default_factory=dict)
    admissions: dict[str, int] = field(default_factory=dict)

    def shown(self, *parts: str) -> dict[str, object]:
        """The named parts as one value."""
        return {part: getattr(self, part) for part in parts}


def play(name: str, *overrides: str) -> tuple[Scenario, Run]:
    """A shipped scenario, run."""
    scenario = load_scenario(SCENARIOS / f"{name}.yaml", overrides)
    return scenario, simulate(scenario)


def at(run: Run, at_ms: int) -> State:
    """The state after everything that happens at an instant."""
    state = State()
    holding: dict[str, Fact] = {}
    for fact in run.facts:
        if fact.at_ms > at_ms:
            break
        _apply(state, holding, fact)
    for fact in holding.values():
        used = state.used.setdefault(_team(fact.cluster_queue), {})
        for assignment in fact.pod_sets:
            for resource, amount in assignment.usage.items():
                used[resource] = used.get(resource, 0) + amount
    return state


def _apply(state: State, holding: dict[str, Fact], fact: Fact) -> None:
    job = fact.workload.partition("/")[2]
    if fact.type in _WORDS:
        state.jobs[job] = _WORDS[fact.type]
    if fact.type == "Submitted":
        state.jobs[job] = "Suspended"
    elif fact.type == "Admitted":
        holding[job] = fact
        state.admissions[job] = state.admissions.get(job, 0) + 1
        state.waits.pop(job, None)
    elif fact.type == "Preempted":
        state.preempted[job] = (fact.by.partition("/")[2], fact.reason)
    elif fact.type == "Pending":
        state.waits[job] = fact.message.partition("pod set ")[2].partition(": ")[2] or fact.message
    if fact.type in ("Requeued", "Finished", "Deleted"):
        holding.pop(job, None)
        state.waits.pop(job, None)


def _team(cluster_queue: str) -> str:
    return cluster_queue.removeprefix("hyperpod-ns-").removesuffix("-clusterqueue")


def nominal(scenario: Scenario, resource: str) -> dict[str, int]:
    """Nominal quota of a resource per team."""
    return {
        _team(queue.name): sum(
            quota.nominal
            for group in queue.resource_groups
            for flavor in group.flavors
            for name, quota in flavor.resources
            if name == resource
        )
        for queue in scenario.policy.cluster_queues
    }


def borrowed(scenario: Scenario, state: State, resource: str) -> dict[str, int]:
    """What each team uses beyond its quota."""
    own = nominal(scenario, resource)
    over = {team: state.used.get(team, {}).get(resource, 0) - quota for team, quota in own.items()}
    return {team: amount for team, amount in over.items() if amount > 0}


def share(scenario: Scenario, state: State, team: str) -> Share:
    """A team's dominant share at this state, as the policy code works it out."""
    world = CompiledPolicy(scenario.policy, scenario.settings)
    queues = {_team(name): queue for name, queue in world.queues.items()}
    for name, used in state.used.items():
        flavor = queues[name].spec.resource_groups[0].flavors[0].name
        for resource, amount in used.items():
            queues[name].node.add(world.forest.slot_of[flavor, resource], amount)
    return ShareCalculator(world.forest.pairs).share(queues[team].node)
