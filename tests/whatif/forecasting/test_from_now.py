"""Comparisons, sweeps and advice that begin with a cluster as it is: the present for all, the future by the seed."""

from pathlib import Path

import pytest
import yaml

from kueue_sim import load_scenario, run
from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.facade import advise, compare, sweep
from tests.scenario_text import scenario_text
from tests.whatif.forecasting.test_forecast_of_a_cluster import HEAD

QUOTA = "clusterQueues.team-a.gpu.nominalQuota"
PAST = "past:\n" + "".join(
    f"- {{name: p{number}, team: team-a, requests: {{gpu: 8}}, ran: {1 + number % 5}h, submitted: {90 - 2 * number}h, "
    f"admitted: {90 - 2 * number}h, ended: {(90 - 2 * number - 1 - number % 5)}h}}\n"
    for number in range(40)
)


def written(folder: Path, past: str = PAST) -> Path:
    """A cluster whose four jobs of 8 GPUs have run for half an hour; three wait."""
    running = [f"r{number}, team: team-a, requests: {{gpu: 8}}, admitted: {{}}, ranFor: 30m" for number in range(4)]
    waiting = [f"w{number}, team: team-a, requests: {{gpu: 8}}, waitingSince: {9 - number}h" for number in range(3)]
    work = "".join(f"- {{name: {text}}}\n" for text in (*running, *waiting))
    path = folder / "now.yaml"
    path.write_text(f"{HEAD}horizon: 2d\nworkloads:\n{work}{past}", encoding="utf-8")
    return path


def test_seeds_vary_the_future_and_never_the_present(tmp_path: Path) -> None:
    origin = FromFile(str(written(tmp_path)))
    first, again, second = (origin.scenario(seed) for seed in (1, 1, 2))
    there = [[(one.key, one.status) for one in each.workloads if one.status is not None] for each in (first, second)]
    coming = [[(one.created_ms, one.runtime_ms) for one in each.workloads] for each in (first, again, second)]
    assert there[0] == there[1] and len(there[0]) == 7
    assert coming[0] == coming[1] != coming[2]
    assert all(one.runtime_ms is not None for one in first.workloads)


def test_variants_under_one_seed_meet_the_same_future(tmp_path: Path) -> None:
    origin = FromFile(str(written(tmp_path)))
    base, variant = (each.scenario(3) for each in (origin, origin.changed([f"{QUOTA}=64"])))
    assert base.workloads == variant.workloads


def test_a_comparison_begins_with_the_cluster_as_it_is(tmp_path: Path) -> None:
    found = compare(written(tmp_path), {"twice": [f"{QUOTA}=64"]}, metrics=["total.wait.mean"], seeds=8)
    row = found.rows[0]
    assert (row.verdict, found.plan.basis, found.failures) == ("better", "seeds", ())
    assert found.notes[0] == (
        "Every run begins with the cluster as it was at 2026-01-20T00:00:00Z; seeds vary only what is not known, how "
        "long work runs and what else comes, learned from 40 jobs that ended."
    )


def test_work_that_is_looked_at_again_is_no_other_work(tmp_path: Path) -> None:
    path = written(tmp_path)
    refused = "pending: {reason: WaitingForQuota, message: couldn't assign flavors}, waitingSince"
    path.write_text(path.read_text(encoding="utf-8").replace("waitingSince", refused), encoding="utf-8")
    found = compare(path, {"twice": [f"{QUOTA}=64"]}, metrics=["total.wait.mean"], seeds=2)
    assert [line.object for line in found.changes["twice"].lines] == ["ClusterQueue team-a"]


def test_sweeps_and_advice_begin_there_as_well(tmp_path: Path) -> None:
    path = written(tmp_path)
    swept = sweep(path, {QUOTA: [32, 64]}, metrics=["total.wait.mean"], seeds=3)
    means = swept.means("total.wait.mean")
    assert means[0] is not None and means[1] is not None and means[0] > means[1]
    advice = advise(path, ["total.wait.mean <= 6h"], {QUOTA: [40, 48, 56, 64]}, seeds=3, fresh_seeds=3)
    assert advice.confirmed
    begins = "Every run begins with the cluster as it was at 2026-01-20T00:00:00Z; seeds vary only what is not known"
    assert [notes[0].startswith(begins) for notes in (swept.notes, advice.notes)] == [True, True]


def test_without_evidence_a_comparison_asks_how_long_work_runs(tmp_path: Path) -> None:
    path = written(tmp_path, past="")
    with pytest.raises(InputError, match="how long work runs is not known") as caught:
        compare(path, {"twice": [f"{QUOTA}=64"]}, seeds=2)
    told = str(caught.value)
    ways = ("import older.json now.json", "import --runtime 6h", "`runtime` of each workload", "--history")
    assert [way in told for way in ways] == [True, True, True, False]


def test_a_comparison_says_so_where_it_learns_from_few_jobs(tmp_path: Path) -> None:
    few = "past:\n" + "".join(PAST.splitlines(keepends=True)[1:4])
    note = compare(written(tmp_path, few), {"twice": [f"{QUOTA}=64"]}, metrics=["total.wait.mean"], seeds=2).notes[0]
    assert note.endswith(
        "learned from 3 jobs that ended. That is little to learn from: the intervals hold for futures like those few "
        "jobs, not for others."
    )


PARKED = """
- {name: old, team: team-a, requests: {gpu: 24}, runtime: 6h, ranFor: 2h, admitted: {}}
- {name: next, team: team-a, requests: {gpu: 8}, runtime: 1h, waitingSince: 1h, pending: {reason: WaitingForQuota,
    message: "couldn't assign flavors to pod set main: insufficient unused quota for gpu, 8 more needed"}}
"""


@pytest.mark.parametrize(
    ("changes", "hours"),
    [
        ([f"{QUOTA}=40"], 1.0),
        (["kueue.version=0.19"], 5.0),
        (
            ["policy.objects[ClusterQueue/team-a].spec.resourceGroups[0].flavors[h100].resources[gpu].nominalQuota=40"],
            1.0,
        ),
        (["workloads.next.priority=9"], 1.0),
        (["workloads.next.runtime=2h"], 5.0),
        (["kueue.configuration.fairSharing={}"], 1.0),
        ([], 5.0),
    ],
)
def test_who_was_refused_before_a_change_of_the_policy_is_looked_at_again(
    tmp_path: Path, changes: list[str], hours: float
) -> None:
    """Nothing ends for four hours: what Kueue said last keeps the job parked beside free quota until then."""
    path = tmp_path / "now.yaml"
    path.write_text(f"{HEAD}workloads:{PARKED}", encoding="utf-8")
    result = run(load_scenario(path, changes))
    assert dict(zip(result.workloads["workload"], result.workloads["wait_first_s"], strict=True)) == {
        "default/next": hours * 3600
    }


def test_quota_that_is_laid_over_a_cluster_is_used_at_once(tmp_path: Path) -> None:
    path, more = tmp_path / "now.yaml", tmp_path / "more.yaml"
    path.write_text(f"{HEAD}workloads:{PARKED}", encoding="utf-8")
    more.write_text(
        yaml.safe_dump(yaml.safe_load(HEAD)["policy"]["objects"][1]).replace("nominalQuota: 32", "nominalQuota: 40")
    )
    assert run(load_scenario(path, overlays=[more])).total.waits.mean_s == 3600.0
    found = compare(path, {"more": [f"{QUOTA}=40"]}, metrics=["total.delay.mean"])
    assert (found.rows[0].found.mean, found.rows[0].verdict) == (-4 * 3600.0, "better")


STRICT = """
- {name: old-a, team: a, requests: {gpu: 8}, runtime: 6h, ranFor: 2h, admitted: {}}
- {name: old-b, team: b, requests: {gpu: 8}, runtime: 6h, ranFor: 2h, admitted: {}}
- {name: parked, team: a, requests: {gpu: 8}, runtime: 1h, waitingSince: 2h, pending: {reason: WaitingForQuota,
    message: "couldn't assign flavors to pod set main: insufficient unused quota for gpu in flavor gpu, 8 more needed"}}
- {name: head, team: b, requests: {gpu: 8}, runtime: 1h, waitingSince: 1h, pending: {reason: WaitingForQuota,
    message: "couldn't assign flavors to pod set main: insufficient unused quota for gpu in flavor gpu, 8 more needed"}}
"""


def test_a_change_from_the_start_is_a_change_at_the_first_instant() -> None:
    """The head of a StrictFIFO queue never left its heap, so it comes before what has to be woken (R3.24, R3.30)."""
    text = scenario_text({"a": 8, "b": 8}, f"workloads:{STRICT}", resource="gpu", cohortName="all")
    text = text.replace("namespaceSelector: {}", "namespaceSelector: {}\n      queueingStrategy: StrictFIFO")
    text = text.replace("queueingStrategy: StrictFIFO", "queueingStrategy: BestEffortFIFO", 1)
    change = "clusterQueues.a.gpu.nominalQuota"
    later = f"timeline:\n- {{at: 0s, do: apply, set: {{{change}: 16}}}}\n"
    started, applied = run(scenario_from_text(text, [f"{change}=16"])), run(scenario_from_text(text + later))
    waits = [
        dict(zip(one.workloads["workload"], one.workloads["wait_first_s"], strict=True)) for one in (started, applied)
    ]
    assert waits[0] == waits[1] == {"default/parked": 3 * 3600.0, "default/head": 3600.0}
