"""Whether a job would start now, why not, what would help, and when it starts otherwise."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.whatif.forecasting.admit import admit
from kueue_sim.whatif.rendering.admit_text import admit_text
from tests.scenario_text import scenario_text

CLUSTER = scenario_text(
    {"team-a": 8},
    """\
start: 2026-01-20T00:00:00Z
workloads:
- {name: old, team: team-a, requests: {gpu: 6}, runtime: 6h, admitted: {}, ranFor: 2h}
""",
    flavors=["h100"],
    resource="gpu",
    preemption={"withinClusterQueue": "LowerPriority"},
)


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    """Six of eight GPUs are held for four more hours."""
    (tmp_path / "now.yaml").write_text(CLUSTER)
    return str(tmp_path / "now.yaml")


def answer(cluster: str, work: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(cli, ["admit", cluster, work, "--format", "json"])
    return result.exit_code, json.loads(result.output)["work"][0]


def test_what_fits_would_start_now_on_its_flavor(cluster: str) -> None:
    code, found = answer(cluster, "{name: small, team: team-a, requests: {gpu: 2}, runtime: 1h}")
    assert (code, found["startsNow"], found["flavors"], found["preempts"]) == (0, True, {"main": {"gpu": "h100"}}, [])


def test_what_does_not_fit_is_told_why_what_would_help_and_when_it_starts_otherwise(cluster: str) -> None:
    code, found = answer(cluster, "{name: big, team: team-a, requests: {gpu: 4}, runtime: 1h}")
    four = 4 * 3600.0
    assert (code, found["startsNow"], found["changes"], found["otherwise"]) == (
        1,
        False,
        ["clusterQueues.team-a.h100.gpu.nominalQuota 8 -> 10", "priority of big 0 -> 1, which preempts default/old"],
        {"p10_s": four, "p50_s": four, "p90_s": four},
    )
    assert str(found["message"]).endswith("insufficient unused quota for gpu in flavor h100, 2 more needed")


def test_with_a_higher_priority_it_starts_and_preempts(cluster: str) -> None:
    code, found = answer(cluster, "{name: urgent, team: team-a, requests: {gpu: 4}, priority: 10, runtime: 1h}")
    assert (code, found["startsNow"], found["preempts"]) == (0, True, ["default/old"])


TEAMS = """
apiVersion: kueue-sim/v1
kind: Scenario
start: 2026-01-20T00:00:00Z
policy:
  hyperpod:
    computeQuotas:
    - ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.p5.48xlarge, Count: 1}], PreemptTeamTasks: Never}
      ComputeQuotaTarget: {TeamName: nlp}
workloads:
- {name: old, team: nlp, runtime: 6h, admitted: {}, ranFor: 2h, requests: {nvidia.com/gpu: 8, cpu: 160, memory: 1500Gi}}
- {name: next, team: nlp, runtime: 1h, waitingSince: 1h, requests: {nvidia.com/gpu: 4, cpu: 80, memory: 750Gi}}
"""


@pytest.fixture
def teams(tmp_path: Path) -> str:
    """A HyperPod team whose one instance is taken, in all of its resources."""
    (tmp_path / "teams.yaml").write_text(TEAMS)
    return str(tmp_path / "teams.yaml")


def test_where_no_amount_of_one_resource_helps_the_smallest_of_all_together_is_told(teams: str) -> None:
    code, found = answer(teams, "next")
    flavor = "clusterQueues.hyperpod-ns-nlp-clusterqueue.ml.p5.48xlarge"
    assert (code, found["changes"]) == (
        1,
        [
            f"{flavor}.cpu.nominalQuota 192 -> 240 and {flavor}.memory.nominalQuota 2Ti -> 2250Gi "
            f"and {flavor}.nvidia.com/gpu.nominalQuota 8 -> 12"
        ],
    )


@pytest.mark.parametrize("name", ["nlp", "nlp/next", "hyperpod-ns-nlp/next", "next"])
def test_work_and_teams_go_by_the_names_that_reports_print(teams: str, name: str) -> None:
    assert answer(teams, name)[1]["workload"] == "hyperpod-ns-nlp/next"


def test_what_fits_but_is_parked_needs_nothing_but_that_kueue_looks_again(tmp_path: Path) -> None:
    """Somebody raised the quota and the dump still has the message from before."""
    message = "insufficient unused quota for gpu in flavor h100, 1 more needed"
    parked = f'pending: {{reason: Pending, message: "couldn\'t assign flavors to pod set main: {message}"}}'
    text = f"{CLUSTER}- {{name: parked, team: team-a, requests: {{gpu: 2}}, waitingSince: 1h, {parked}, runtime: 1h}}\n"
    (tmp_path / "now.yaml").write_text(text)
    assert answer(str(tmp_path / "now.yaml"), "parked")[1]["changes"] == [
        "any change of clusterQueues.team-a: it fits, but Kueue has parked it and does not look again by itself"
    ]


NEW = "- {name: new, team: team-a, requests: {gpu: 2}, waitingSince: 1s, runtime: 1h}\n"


def test_work_that_has_quota_is_not_asked_about_but_said_to_have_it(tmp_path: Path) -> None:
    (tmp_path / "now.yaml").write_text(f"{CLUSTER}{NEW}")
    told = CliRunner().invoke(cli, ["admit", str(tmp_path / "now.yaml"), "old"]).exception
    assert str(told).partition("; ")[2].splitlines()[0] == "it has quota, and has run for 2h"


def test_what_waits_and_gets_its_quota_at_this_instant_would_start_now(tmp_path: Path) -> None:
    more = "- {name: more, team: team-a, requests: {gpu: 4}, waitingSince: 1m, priority: 3, runtime: 1h}\n"
    (tmp_path / "now.yaml").write_text(f"{CLUSTER}{NEW}{more}")
    found = CliRunner().invoke(cli, ["admit", str(tmp_path / "now.yaml"), "new", "more", "--format", "json"])
    rows = [(one["workload"], one["startsNow"], one["preempts"]) for one in json.loads(found.output)["work"]]
    assert rows == [("default/new", True, []), ("default/more", True, ["default/old"])]


def test_of_a_team_what_starts_now_is_told_beside_what_waits(tmp_path: Path) -> None:
    big = "- {name: big, team: team-a, requests: {gpu: 7}, waitingSince: 1m, runtime: 1h}\n"
    (tmp_path / "now.yaml").write_text(f"{CLUSTER}{NEW}{big}")
    found = CliRunner().invoke(cli, ["admit", str(tmp_path / "now.yaml"), "team-a", "--format", "json"])
    rows = [(one["workload"], one["startsNow"]) for one in json.loads(found.output)["work"]]
    assert rows == [("default/new", True), ("default/big", False)]
    (tmp_path / "now.yaml").write_text(f"{CLUSTER}{NEW}")
    alone = CliRunner().invoke(cli, ["admit", str(tmp_path / "now.yaml"), "team-a", "--format", "json"])
    assert [one["startsNow"] for one in json.loads(alone.output)["work"]] == [True]


@pytest.mark.parametrize(("change", "starts"), [("8", False), ("9", False), ("10", True)])
def test_the_same_is_asked_of_a_cluster_in_which_something_changes(cluster: str, change: str, starts: bool) -> None:
    """As admit says itself without the change: 8 -> 10."""
    override = f"clusterQueues.team-a.h100.gpu.nominalQuota={change}"
    work = "{name: big, team: team-a, requests: {gpu: 4}, runtime: 1h}"
    found = CliRunner().invoke(cli, ["admit", cluster, work, "--set", override, "--format", "json"])
    assert json.loads(found.output)["work"][0]["startsNow"] is starts
    assert found.exit_code == (0 if starts else 1)


def test_the_least_is_told_where_more_would_go_to_others(tmp_path: Path) -> None:
    """With 8 more, or 16, the two that stand before it start; 16 is all there is to borrow."""
    text = scenario_text(
        {"team-a": 8, "team-b": 16},
        "start: 2026-01-20T00:00:00Z\nworkloads:\n"
        "- {name: old, team: team-a, requests: {gpu: 8}, runtime: 6h, admitted: {}, ranFor: 2h}\n",
        flavors=["h100"],
        resource="gpu",
        cohortName="all",
    ).replace("nominalQuota: 8", "nominalQuota: 8\n            borrowingLimit: 0", 1)
    waits = [
        f"- {{name: {name}, team: team-a, requests: {{gpu: {gpus}}}, waitingSince: {since}m, runtime: 1h}}\n"
        for name, gpus, since in (("first", 8, 30), ("second", 8, 20), ("last", 2, 10))
    ]
    (tmp_path / "now.yaml").write_text(text + "".join(waits))
    path = "clusterQueues.team-a.h100.gpu"
    assert answer(str(tmp_path / "now.yaml"), "last")[1]["changes"][:2] == [  # type: ignore[index]
        f"{path}.nominalQuota 8 -> 10",
        f"{path}.borrowingLimit 0 -> 2",
    ]


def test_what_starts_by_itself_in_a_moment_needs_no_change(tmp_path: Path) -> None:
    """The pods of a job that was evicted and backs off have two more seconds to end."""
    ends = "evicted: {reason: Preempted, since: 28s}, requeue: {at: 1h, count: 1}"
    work = [
        f"- {{name: ends, team: team-a, requests: {{gpu: 2}}, runtime: 1h, admitted: {{}}, ranFor: 10m, {ends}}}\n",
        "- {name: waits, team: team-a, requests: {gpu: 2}, waitingSince: 1m, runtime: 1h}\n",
    ]
    policy = CLUSTER.replace("LowerPriority", "Never").lstrip()
    (tmp_path / "now.yaml").write_text(f"timing: {{termination: 30s}}\n{policy}{''.join(work)}")
    assert answer(str(tmp_path / "now.yaml"), "waits")[1]["changes"] == ["no change: it starts by itself within 5 s"]


def test_after_the_time_that_was_given_nothing_more_is_tried(cluster: str) -> None:
    found = admit(cluster, [{"team": "team-a", "requests": {"gpu": 4}, "runtime": "1h"}], within_s=0.0)
    assert (found[0].changes, "no time was left for looking for what would help" in admit_text(found)) == (None, True)


ONE_NODE = (
    CLUSTER
    + """\
cluster: {nodePools: [{name: pool, count: 1, resources: {gpu: 8, cpu: 8}, labels: {pool: gpu}}]}
"""
)


@pytest.mark.parametrize(
    ("quota", "because", "changes"),
    [
        (16, "it gets its quota now, but some of its pods fit on no node: 0/1 nodes are available: ", []),
        (
            8,
            "couldn't assign flavors to pod set main: insufficient unused quota for gpu in flavor h100, 2 more needed",
            [
                "would get quota now with clusterQueues.team-a.h100.gpu.nominalQuota 8 -> 10, though some of its pods "
                "fit on no node",
                "would start now with priority of big 0 -> 1, which preempts default/old",
            ],
        ),
    ],
    ids=["quota enough", "quota short"],
)
def test_quota_without_room_on_a_node_is_no_start(quota: int, because: str, changes: list[str], tmp_path: Path) -> None:
    """Six of the eight GPUs of the only node are taken, whatever the quota is."""
    path = tmp_path / "now.yaml"
    path.write_text(ONE_NODE)
    work = "{name: big, team: team-a, requests: {gpu: 4}, runtime: 1h}"
    args = ["admit", str(path), work, "--set", f"clusterQueues.team-a.gpu.nominalQuota={quota}"]
    found = CliRunner().invoke(cli, [*args, "--format", "json"])
    told = json.loads(found.output)["work"][0]
    assert (found.exit_code, told["startsNow"], told["message"].startswith(because)) == (1, False, True)
    lines = CliRunner().invoke(cli, args).output.splitlines()
    assert [line.strip() for line in lines if " now with " in line] == changes
