"""Statements of costs that a reader can recompute: three bills, every figure of them by hand."""

from pathlib import Path

import pytest

from kueue_sim.whatif.costing.cost import TeamCost
from kueue_sim.whatif.costing.statement import Statement, statement
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.rendering.cost_page import cost_page
from kueue_sim.whatif.rendering.cost_text import cost_text

MONTH = 730


def flavor(name: str, kind: str = "") -> str:
    labels = f", spec: {{nodeLabels: {{node.kubernetes.io/instance-type: {kind}}}}}" if kind else ""
    return f"    - {{kind: ResourceFlavor, metadata: {{name: {name}}}{labels}}}\n"


def owner(kind: str, name: str, **quotas: int) -> str:
    flavors = ", ".join(
        f"{{name: {flavor.replace('_', '-')}, resources: [{{name: nvidia.com/gpu, nominalQuota: {amount}}}]}}"
        for flavor, amount in quotas.items()
    )
    groups = f"resourceGroups: [{{coveredResources: [nvidia.com/gpu], flavors: [{flavors}]}}]"
    more = "" if kind == "Cohort" else "cohortName: all, namespaceSelector: {}, "
    queue = f"    - {{kind: LocalQueue, metadata: {{name: {name}}}, spec: {{clusterQueue: {name}}}}}\n"
    made = f"    - {{kind: {kind}, metadata: {{name: {name}}}, spec: {{{more}{groups}}}}}\n"
    return made if kind == "Cohort" else made + queue


def job(name: str, team: str, gpus: int, submit: str, runtime: str) -> str:
    work = f"name: {name}, team: {team}, requests: {{nvidia.com/gpu: {gpus}}}, submit: {submit}, runtime: {runtime}"
    return f"  - {{{work}}}\n"


HEAD = "apiVersion: kueue-sim/v1\nkind: Scenario\nhorizon: 12h\n"
SPOT = (
    HEAD
    + "prices: {currency: USD, date: 2026-01, accelerators: {h100-od: 6, h100-spot: 2.5, a100: 1.75}}\n"
    + "policy:\n  objects:\n"
    + "".join(map(flavor, ("h100-od", "h100-spot", "a100")))
    + owner("ClusterQueue", "team-a", h100_od=8, h100_spot=16)
    + owner("ClusterQueue", "team-b", h100_od=8)
    + owner("ClusterQueue", "team-c", a100=8)
    + "workloads:\n"
    + job("a1", "team-a", 8, "0s", "3h")
    + job("a2", "team-a", 16, "0s", "5h")
    + job("b1", "team-b", 16, "4h", "6h")
    + job("a3", "team-a", 8, "6h", "10h")
)
"""Half a day on demand and on the spot market; team-c has quota and no work; a3 runs on when the day is over."""
POOLS = (
    HEAD
    + "prices: {currency: USD, date: 2026-01, instances: {p5.48xlarge: 56, p4d.24xlarge: 24}}\n"
    + "cluster:\n  nodePools:\n"
    + "    - {name: h100, instanceType: ml.p5.48xlarge, autoscale: {min: 1, max: 3, delay: 6m, idle: 12m}}\n"
    + "    - {name: a100, instanceType: ml.p4d.24xlarge, count: 2}\n"
    + "policy:\n  objects:\n"
    + flavor("h100", "ml.p5.48xlarge")
    + flavor("a100", "ml.p4d.24xlarge")
    + owner("ClusterQueue", "team-a", h100=24, a100=8)
    + owner("ClusterQueue", "team-b", a100=8)
    + "workloads:\n"
    + job("a1", "team-a", 8, "0s", "2h")
    + job("a2", "team-a", 8, "1h", "2h")
    + job("a3", "team-a", 8, "1h", "4h")
)
"""Nodes that come and go, beside some that stay, and less of them than teams were promised."""
COHORT = (
    HEAD
    + "prices: {currency: EUR, date: 2026-01, accelerators: {gpu: 3}}\n"
    + "policy:\n  objects:\n"
    + flavor("gpu")
    + owner("Cohort", "all", gpu=4)
    + "".join(owner("ClusterQueue", team, gpu=4) for team in ("team-a", "team-b", "team-zero"))
    + "workloads:\n"
    + job("a1", "team-a", 12, "0s", "8h")
    + job("b1", "team-b", 6, "90m", "2h")
    + job("b2", "team-b", 4, "11h", "5h")
)
"""A cohort with quota of its own, and a team that borrows twice what it has."""


def stated(folder: Path, text: str) -> Statement:
    path = folder / "scenario.yaml"
    path.write_text(text)
    return statement(FromFile(str(path)), Runs())


def test_flavors_at_several_prices_are_each_billed_at_their_own(tmp_path: Path) -> None:
    """The last of team-a's jobs ran six of its ten hours before the end."""
    found = stated(tmp_path, SPOT)
    used = 8 * 3 * 6 + 16 * 5 * 2.5 + 8 * 6 * 2.5
    team_a = TeamCost("team-a", 12 * (8 * 6 + 16 * 2.5), used, 0.0, 8 * 3 + 16 * 5 + 8 * 6)
    team_b = TeamCost("team-b", 12 * 8 * 6.0, 16 * 6 * 6.0, 0.0, 16 * 6)
    team_c = TeamCost("team-c", 12 * 8 * 1.75, 0.0, 0.0, 0.0)
    assert found.cost.teams == (team_a, team_b, team_c)
    assert (found.cost.no_team, found.cost.total) == (None, TeamCost("total", 1800.0, 1040.0, 0.0, 248.0))


def test_sharing_saves_money_where_it_saves_dear_accelerators_for_cheap_ones(tmp_path: Path) -> None:
    """Apart team-b needs 8 more at 6 USD, team-c none of its 8 at 1.75: as many accelerators, and 34 USD an hour."""
    found = stated(tmp_path, SPOT)
    assert found.savings is not None
    needs = {need.team: (need.quota, need.needed, need.wait_s) for need in found.savings.teams}
    assert needs == {"team-a": (24, 24.0, 0.0), "team-b": (8, 16.0, 0.0), "team-c": (8, 0.0, None)}
    assert (found.savings.shared, found.savings.separate, found.price) == (40, 40.0, None)
    assert found.saved_a_month() == {"mean": (8 * 6 - 8 * 1.75) * MONTH, "low": None, "high": None}
    text = cost_text(found)
    assert "At the price of each flavor that is 24,820 USD a month." in text
    assert "team-c: has 8, alone it needs 0.0, as nothing of it is admitted (delay.p95)" in text


def test_nodes_that_come_and_go_are_paid_for_while_they_are_there(tmp_path: Path) -> None:
    """h100-0 until 2h12m, h100-1 from 1h06m to 3h18m, h100-2 from 1h06m to the end, two others all day."""
    found = stated(tmp_path, POOLS)
    there = 2.2 + (3.3 - 1.1) + (12 - 1.1)
    paid = there * 56 + 2 * 12 * 24
    team_a = TeamCost("team-a", 12 * (24 * 7 + 8 * 3.0), (8 * 2 + 8 * 2 + 8 * 4) * 7.0, 0.0, 64.0)
    team_b = TeamCost("team-b", 12 * 8 * 3.0, 0.0, 0.0, 0.0)
    assert (found.cost.basis, found.cost.teams, found.cost.total.paid) == (
        "nodes", (team_a, team_b), pytest.approx(paid),
    )  # fmt: skip
    assert found.cost.no_team is not None
    assert found.cost.no_team.paid == pytest.approx(paid - 2304 - 288)
    assert sum(line.idle for line in found.cost.lines[:-1]) == pytest.approx(found.cost.total.idle)
    text = cost_text(found)
    assert "no team  -1,159.20    0.00  -1,159.20  0.00              –\n" in text
    assert "no team: quota of teams beyond the nodes that were there, for which nothing was paid" in text


def test_where_teams_need_less_apart_nothing_is_saved_and_the_statement_says_so(tmp_path: Path) -> None:
    """Alone team-a gets 31 as 24 and 7: 24 x 7 + 7 x 3 USD an hour against 24 x 7 + 16 x 3 together."""
    found = stated(tmp_path, POOLS)
    assert found.savings is not None
    assert [(need.team, need.needed) for need in found.savings.teams] == [("team-a", 31.0), ("team-b", 0.0)]
    assert found.saved_a_month() == {"mean": (7 * 3 - 16 * 3) * MONTH, "low": None, "high": None}
    assert "Sharing saves nothing: apart the teams would need 9.0 fewer (saved -9.0, exact)" in cost_text(found)
    told = (
        "Together, work waits for quota and for nodes; apart, for quota alone. What is shared is counted in quota, not "
        "in nodes."
    )
    assert told in found.savings.warnings


def test_the_lines_of_a_statement_add_up_with_what_no_team_has(tmp_path: Path) -> None:
    found = stated(tmp_path, COHORT)
    each = 12 * 4 * 3.0
    assert found.cost.lines == (
        TeamCost("team-a", each, 12 * 8 * 3.0, 0.0, 96.0),
        TeamCost("team-b", each, (6 * 2 + 4) * 3.0, 0.0, 16.0),
        TeamCost("team-zero", each, 0.0, 0.0, 0.0),
        TeamCost("no team", each, 0.0, 0.0, 0.0),
        TeamCost("total", 4 * each, 336.0, 0.0, 112.0),
    )
    assert found.savings is not None
    assert [need.needed for need in found.savings.teams] == [12.0, 6.0, 0.0]
    assert found.saved_a_month() == {"mean": (18 - 16) * 3 * MONTH, "low": None, "high": None}
    for text in (cost_text(found), cost_page(found)):
        assert "no team: quota of cohorts" in text
    assert [row["team"] for row in found.rows()] == ["team-a", "team-b", "team-zero", "no team", "total"]


def test_without_a_horizon_who_never_starts_alone_is_not_served_as_well(tmp_path: Path) -> None:
    """The run of a team whose only job fits nowhere ends at once, and so would its wait."""
    only = COHORT[: COHORT.index("workloads:")].replace("horizon: 12h\n", "") + "workloads:\n"
    found = stated(tmp_path, only + job("a1", "team-a", 8, "0s", "1h"))
    assert found.savings is not None
    assert [need.needed for need in found.savings.teams] == [8.0, 0.0, 0.0]
