"""A head that fitted and was skipped, because another one took the quota, when it comes up again."""

import pytest

from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.cycle import Scheduler
from kueue_sim.policy.workloads.reservations import Reservations
from kueue_sim.policy.workloads.status import Check, Status
from kueue_sim.policy.workloads.workload_info import Pending
from tests.engine.life.lives import compiled, job, queue


@pytest.mark.parametrize(
    ("free", "status", "told"),
    [
        (10, None, ("Admitted", "")),
        (7, None, ("NotNominated", "insufficient unused quota for cpu in flavor default, 1 more needed")),
        (10, Status(checks={"gpu": Check("Retry")}), ("Inadmissible", "The workload has failed admission checks")),
    ],
)
def test_it_has_the_answer_of_what_is_free_by_then_unless_its_checks_failed_meanwhile(
    free: int, status: Status | None, told: tuple[str, str]
) -> None:
    """Of 10 cores the heads of two queues ask for 8 each, the first one of them comes first."""
    scene = compiled([], (queue("a", 5, cohort="all"), queue("b", 5, cohort="all")))
    there = CompiledPolicy(scene.policy, scene.settings)
    heads = []
    for number, name in enumerate("ab"):
        one = job(name, 8, to=name)
        heads.append(Pending(one, one.key, name, 0, number, number, one.pod_sets))
    scheduler = Scheduler(there, {name: Reservations() for name in "ab"})
    assert [entry.status for entry in scheduler.decide(heads)] == ["Admitted", "Skipped"]
    there.queues["a"].node.add(0, (10 - free) * 1000)
    there.queues["a"].partition.version += 1
    heads[1].status = status
    (entry,) = scheduler.decide(heads[1:])
    assert (entry.status, told[1] in entry.message) == (told[0], True)
