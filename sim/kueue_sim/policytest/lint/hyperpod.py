"""Rules about HyperPod task governance: defaults and roundings that surprise."""

from collections.abc import Iterator

from kueue_sim.inputs.kueue.configuration import version_warnings
from kueue_sim.inputs.kueue.references import policy_warnings
from kueue_sim.model import ClusterQueue
from kueue_sim.model.team_names import queue_of, team_of
from kueue_sim.policytest.lint.findings import Found, rule
from kueue_sim.policytest.lint.inspected import Inspected, listed, quotas_of

_DEVICES = ("nvidia.com/", "aws.amazon.com/neuron")


def _teams(world: Inspected) -> Iterator[tuple[str, ClusterQueue]]:
    for queue in world.policy.cluster_queues:
        team = team_of(queue.name)
        if queue.name == queue_of(team):
            yield team, queue


@rule("KS501", "hyperpod-weight-zero", "warning")
def hyperpod_weight_zero(world: Inspected) -> Iterator[Found]:
    """A team has FairShareWeight 0, which is HyperPod's default.

    Under fair sharing such a team is last to borrow and first to give back, behind every team with a positive
    weight. If all teams have 0, they are compared by what they borrow, without weights.

    Give every team a weight; 1 for all is the neutral choice.
    """
    if world.settings.fair_sharing is None:
        return
    for team, queue in _teams(world):
        if queue.fair_weight == 0:
            yield (
                f"team {team} has FairShareWeight 0 (the default): any other borrower comes first",
                world.place("ClusterQueue", queue.name),
            )


@rule("KS502", "hyperpod-limit-rounds-to-nothing", "warning")
def hyperpod_limit_rounds_to_nothing(world: Inspected) -> Iterator[Found]:
    """BorrowLimit is a percentage of the team's own quota, and that comes to no accelerator.

    50 % of one GPU is none: the team may borrow processors and memory, and no job that needs another GPU. A team
    without quota can borrow nothing by percentage at all.

    Raise BorrowLimit so that at least one accelerator comes out, or use AbsoluteBorrowLimits.
    """
    for team, queue in _teams(world):
        limits = {slot: quota for slot, quota, _ in quotas_of(queue)}
        if not any(quota.borrowing_limit for quota in limits.values()):
            continue
        lost = [
            f"{resource} of {flavor}"
            for (flavor, resource), quota in limits.items()
            if resource.startswith(_DEVICES) and quota.nominal and quota.borrowing_limit == 0
        ]
        if lost:
            yield (
                f"the BorrowLimit of team {team} comes to nothing for {listed(lost)}",
                world.place("ClusterQueue", queue.name),
            )


@rule("KS503", "hyperpod-setting-ignored", "warning")
def hyperpod_setting_ignored(world: Inspected) -> Iterator[Found]:
    """Something in the HyperPod requests has no effect, or not the one it seems to have.

    For instance a borrow limit with strategy Lend, a quota that gives nothing, or a strategy that the service would
    refuse.

    The message says what to change.
    """
    own = [*policy_warnings(world.policy, tuple(world.nodes)), *version_warnings(world.settings, world.policy)]
    own += [*(one.message for one in world.loaded.elsewhere), *world.loaded.told]
    section = world.loaded.document.get("policy", "hyperpod")
    for note in world.scenario.warnings:
        if section.present and note not in own:
            yield note, section.source.place(section.path)


@rule("KS504", "hyperpod-team-alone", "note")
def hyperpod_team_alone(world: Inspected) -> Iterator[Found]:
    """A team neither lends nor borrows (strategy DontLend).

    Its idle accelerators stay idle, whatever others wait for, and it cannot go beyond its quota in a rush.

    Use LendAndBorrow if the quota may be lent while it is idle; the team takes it back when it needs it.
    """
    for team, queue in _teams(world):
        quotas = [quota for _, quota, _ in quotas_of(queue) if quota.nominal]
        alone = all(quota.lending_limit == 0 and quota.borrowing_limit == 0 for quota in quotas)
        if quotas and (alone or not queue.cohort):
            yield f"team {team} neither lends nor borrows", world.place("ClusterQueue", queue.name)
