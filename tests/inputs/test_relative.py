"""Changes relative to what is there: what they set, and what is refused with which words."""

from pathlib import Path

import pytest
import yaml

from kueue_sim.errors import InputError
from kueue_sim.inputs import load, load_scenario
from kueue_sim.inputs.text.overrides import Override, settable_pools
from kueue_sim.inputs.text.relative import changed
from kueue_sim.model import ClusterQueue, Quota, Scenario
from kueue_sim.whatif.comparing.variants import read_variant
from kueue_sim.whatif.execution.scenario_source import FromFile

FILE = "scenarios/two-busy-teams.yaml"
QUOTA = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"
NO_FACTOR = "no factor; accepted: a number such as 1.5"


def quotas(scenario: Scenario) -> list[int]:
    return [
        quota.nominal
        for queue in scenario.policy.cluster_queues
        for group in queue.resource_groups
        for flavor in group.flavors
        for _, quota in flavor.resources
    ]


@pytest.mark.parametrize(
    ("overrides", "want"),
    [
        ([f"{QUOTA}+=4"], [12, 8]),
        ([f"{QUOTA}-=4"], [4, 8]),
        ([f"{QUOTA}*=1.5"], [12, 8]),
        ([f"{QUOTA}=10", f"{QUOTA}+=2"], [12, 8]),
        ([(f"{QUOTA}+", 2)], [10, 8]),
        (["team-a -> team-b 3"], [5, 11]),
        (["team-a -> team-b 0"], [8, 8]),
        (["team-b -> team-a=8 gpu.nvidia.com/gpu"], [16, 0]),
    ],
)
def test_quota_changes_relative_to_what_is_there(overrides: list[Override], want: list[int]) -> None:
    assert quotas(load_scenario(FILE, overrides)) == want


@pytest.mark.parametrize(
    ("override", "want"),
    [
        (f"{QUOTA}=+4", f"{QUOTA}=+4 has a sign, and a plain value has none; a change of what is there is {QUOTA}+=4"),
        (f"{QUOTA}=-4", f"{QUOTA}=-4 has a sign, and a plain value has none; a change of what is there is {QUOTA}-=4"),
        (f"{QUOTA}*=1.3", f"override {QUOTA}*=1.3: 10.4 is not a whole number"),
        (f"{QUOTA}-=40", f"override {QUOTA}-=40: 8 -= 40 is below 0"),
        ("team-x -> team-b 3", "move team-x -> team-b: there is no ClusterQueue or Cohort 'team-x' with nominal quota"),
        ("team-a -> team-x 3", "move team-a -> team-x: team-x has no quota of 'nvidia.com/gpu'; there are none"),
        (
            "clusterQueues.team-a.nvidia.com/gpu.lendingLimit+=3",
            "override clusterQueues.team-a.nvidia.com/gpu.lendingLimit+=3: there is nothing to change; "
            "a plain value is clusterQueues.team-a.nvidia.com/gpu.lendingLimit=VALUE",
        ),
        ("horizon*=twice", "override horizon*=twice: 'twice' is no factor; accepted: a number such as 1.5"),
        (f"{QUOTA}*=1e999999999", f"override {QUOTA}*=1e999999999: '1e999999999' is {NO_FACTOR}"),
        (f"{QUOTA}*=1/0", f"override {QUOTA}*=1/0: '1/0' is {NO_FACTOR}"),
        (f"{QUOTA}*=.inf", f"override {QUOTA}*=inf: inf is {NO_FACTOR}"),
        (f"{QUOTA}+=20%", f"override {QUOTA}+=20%: '20%' is no amount; 20 % more is *=1.2"),
        (f"{QUOTA}-=25%", f"override {QUOTA}-=25%: '25%' is no amount; 25 % less is *=0.75"),
        (f"{QUOTA}*=120%", f"override {QUOTA}*=120%: '120%' is no amount; 120 % of what is there is *=1.2"),
        (
            "generate.kind=poisson",
            "override generate.kind: a scenario has no 'generate'; did you mean workloads[0].generate.kind?",
        ),
        (f"{QUOTA}*={'9' * 30}", f"override {QUOTA}*={'9' * 30}: {'9' * 30} is {NO_FACTOR}"),
    ],
)
def test_what_cannot_be_meant_is_refused(override: str, want: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario(FILE, [override])
    assert [mistake.message for mistake in caught.value.mistakes] == [want]


LIKE = "accepted: GIVER -> TAKER AMOUNT [RESOURCE], such as"


@pytest.mark.parametrize(
    ("move", "want"),
    [
        ("team-a -> team-b -4", "an amount is not negative; quota that goes the other way is team-b -> team-a 4"),
        ("team-a->team-b=-4", "an amount is not negative; quota that goes the other way is team-b -> team-a 4"),
        ("team-a -> team-b four", f"'four' is no amount; {LIKE} team-a -> team-b 4"),
        ("team-a -> team-b 4gpus", f"'4gpus' is no amount; {LIKE} team-a -> team-b 4"),
        ("team-a -> team-b 50%", f"'50%' is no amount; {LIKE} team-a -> team-b 4"),
        ("team-a -> team-a 4", f"moves nothing; {LIKE} team-a -> another-team 4"),
        ("team-a -> team-b", f"lacks giver, taker or amount; {LIKE} team-a -> team-b 4"),
        ("team-a -> 4", f"lacks giver, taker or amount; {LIKE} team-a -> another-team 4"),
        ("-> team-b 4", f"lacks giver, taker or amount; {LIKE} team-a -> team-b 4"),
        ("team-a => team-b 4", f"is not understood; {LIKE} team-a -> team-b 4"),
        ("team-a -> team-b 4 nvidia.com/gpu now", f"is not understood; {LIKE} team-a -> team-b 4"),
    ],
)
def test_a_move_that_cannot_be_made_says_what_would_be_accepted(move: str, want: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario(FILE, [move])
    assert [mistake.message.removeprefix(f"move {move!r}").lstrip(": ") for mistake in caught.value.mistakes] == [want]


def test_a_variant_with_a_move_that_cannot_be_made_is_told_so() -> None:
    with pytest.raises(InputError) as caught:
        read_variant("less: team-a -> team-b -4", FromFile(FILE))
    problem = "an amount is not negative; quota that goes the other way is team-b -> team-a 4"
    assert [mistake.message for mistake in caught.value.mistakes] == [
        f"variant 'less: team-a -> team-b -4': move 'team-a -> team-b -4': {problem}"
    ]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("growth=20%", "'20%' is no factor; accepted: a number above 0; 20 % more is 1.2"),
        ("load=120%", "'120%' is no factor; accepted: a number above 0; 120 % of it is 1.2"),
        ("growth=fast", "'fast' is no factor; accepted: a number above 0; 5 % more is 1.05"),
        ("load=-1", "-1 is no factor; accepted: a number above 0; 5 % more is 1.05"),
        ("load=0", "0 is no factor; accepted: a number above 0; 5 % more is 1.05"),
        ("load=[2]", "[2] is no factor; accepted: a number above 0; 5 % more is 1.05"),
    ],
)
def test_a_load_that_is_no_factor_says_what_would_be_accepted(text: str, want: str) -> None:
    path, _, value = text.partition("=")
    with pytest.raises(InputError) as caught:
        load_scenario("scenarios/philly/separate.yaml", [(f"workloads[0].trace.{path}", yaml.safe_load(value))])
    where = f"workloads[0].trace.{path}: "
    assert [mistake.message for mistake in caught.value.mistakes] == [where + want]


def test_paths_of_node_pools_are_those_that_overrides_take() -> None:
    pools = "cluster.nodePools"
    scaled = [(f"{pools}[0].count", None), (f"{pools}[0].autoscale", {"min": 1, "max": 6})]
    plain, growing = (
        settable_pools(load("scenarios/topology.yaml", changes).document.get("cluster", "nodePools"))
        for changes in ([], scaled)
    )
    assert plain == {"nodePools.gpu.instanceType": None, "nodePools.gpu.count": 4}
    assert growing == {
        "nodePools.gpu.instanceType": None,
        "nodePools.gpu.count": None,
        "nodePools.gpu.autoscale.min": 1,
        "nodePools.gpu.autoscale.max": 6,
        "nodePools.gpu.autoscale.delay": None,
        "nodePools.gpu.autoscale.idle": None,
    }
    assert len(load_scenario("scenarios/topology.yaml", ["nodePools.gpu.count=6"]).nodes) == 6


@pytest.mark.parametrize(
    ("now", "operator", "amount", "key", "want"),
    [
        ("64Gi", "+", "16Gi", "nominalQuota", "80Gi"),
        ("64Gi", "*", 0.5, "nominalQuota", "32Gi"),
        ("500m", "+", 1, "nominalQuota", "1500m"),
        ("30m", "+", "1h", "runtime", "5400000ms"),
        ("1d", "*", 1.5, "horizon", "129600000ms"),
        (-5, "-", 5, "value", -10),
        (1.0, "*", 2.5, "weight", 2.5),
        (9, "*", "4/3", "count", 12),
    ],
)
def test_values_keep_their_kind(now: object, operator: str, amount: object, key: str, want: object) -> None:
    assert changed(now, operator, amount, key) == want  # type: ignore[arg-type]


def test_a_planned_change_of_the_timeline_may_be_relative(tmp_path: Path) -> None:
    path = tmp_path / "planned.yaml"
    path.write_text(Path(FILE).read_text() + f"timeline:\n  - {{at: 1h, do: apply, set: {{'{QUOTA}+': 4}}}}\n")
    (queue,) = load_scenario(path).timeline[0].objects
    assert isinstance(queue, ClusterQueue)
    assert queue.resource_groups[0].flavors[0].resources == (("nvidia.com/gpu", Quota(12, borrowing_limit=0)),)


def test_a_purchase_of_nodes_is_a_change_of_the_count_of_a_pool() -> None:
    more = load_scenario("scenarios/node-failure.yaml", ["nodePools.gpu.count+=2"])
    assert len(more.nodes) == len(load_scenario("scenarios/node-failure.yaml").nodes) + 2
    with pytest.raises(InputError, match=r"override nodePools.cpu.count: there is no such pool; did you mean 'gpu'"):
        load_scenario("scenarios/node-failure.yaml", ["nodePools.cpu.count=2"])
