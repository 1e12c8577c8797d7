"""What was found for a workload is void once it asks for something else."""

from kueue_sim.engine import simulation
from kueue_sim.inputs import scenario_from_text
from tests.scenario_text import lending

WORLD = lending(
    {"a": 4, "b": 4},
    """\
horizon: 60s
workloads:
- {name: first, queue: a, submit: 0s, runtime: 10s, requests: {gpu: 8}}
- {name: asks, queue: a, submit: 1s, runtime: 90s, pods: 8, requests: {gpu: 1}, reclaimable: [{after: 5s, pods: 4}]}
- {name: stays, queue: b, submit: 20s, runtime: 60s, requests: {gpu: 4}}
- {name: urgent, queue: a, submit: 20s, runtime: 10s, priority: 1, requests: {gpu: 4}}
""",
)


def test_work_that_is_evicted_asks_for_no_more_than_it_had_not_given_back() -> None:
    """``asks`` was refused at 1 s, got its 8 GPUs at 10 s and gives back 4 at 15 s. At 20 s the other 4 are taken from
    it, and at 30 s 4 are free again."""
    runs = [simulation(scenario_from_text(WORLD), shortcuts=shortcuts).run() for shortcuts in (True, False)]
    assert list(runs[0].facts) == list(runs[1].facts)
    admitted = [one for one in runs[0].facts if one.type == "Admitted" and one.workload == "default/asks"]
    assert [one.at_ms // 1000 for one in admitted] == [10, 30]
