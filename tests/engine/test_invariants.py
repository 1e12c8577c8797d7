"""A state that the rules exclude ends the run, with the state that broke, and no figures."""

import pytest

from kueue_sim.cli import main
from kueue_sim.engine import simulate
from kueue_sim.errors import InvariantBroken
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.testing import a_job, a_queue, a_world

QUEUES = (a_queue("a", cohort="all", gpus=8), a_queue("b", cohort="all", gpus=8))
LEFT = "but what holds quota there adds up to 0; this is a mistake of the simulator, please report it with the scenario"


def forgotten(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Quota trees that never give quota of these nodes back."""
    give_back = QuotaNode.remove

    def remove(node: QuotaNode, slot: int, amount: int) -> None:
        if node.name not in names:
            give_back(node, slot, amount)

    monkeypatch.setattr(QuotaNode, "remove", remove)


def test_a_queue_that_keeps_quota_of_finished_work_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten(monkeypatch, "a")
    with pytest.raises(InvariantBroken) as broken:
        simulate(a_world(*QUEUES, a_job("small", "a", gpus=2, runtime_s=60)))
    assert str(broken.value) == (
        f"after 60000 ms ClusterQueue a uses 2 nvidia.com/gpu of flavor default (canonical units), {LEFT}"
    )


def test_what_is_borrowed_counts_in_the_cohort_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(node: QuotaNode, slot: int, amount: int) -> None:
        node.usage[slot] -= amount

    monkeypatch.setattr(QuotaNode, "remove", remove)
    limited = a_queue("a", cohort="all", gpus=8, lend=0)
    with pytest.raises(InvariantBroken) as broken:
        simulate(a_world(limited, QUEUES[1], a_job("large", "a", gpus=12, runtime_s=60)))
    assert str(broken.value) == (
        f"after 60000 ms Cohort all uses 4 nvidia.com/gpu of flavor default (canonical units), {LEFT}"
    )


def test_the_command_says_so_and_leaves_with_a_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forgotten(monkeypatch, "hyperpod-ns-team-a-clusterqueue", "hyperpod-ns-team-b-clusterqueue")
    with pytest.raises(SystemExit) as left:
        main(["run", "--example", "lab-option-1"])
    told = capsys.readouterr()
    assert left.value.code == 3
    assert told.out == ""
    assert "ClusterQueue hyperpod-ns-team-" in told.err
