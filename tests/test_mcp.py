"""The tools of the Model Context Protocol, asked by a client in memory."""

import asyncio
from typing import Any

import pytest

import kueue_sim

pytest.importorskip("mcp", reason="mcp is missing: pip install 'kueue-sim[mcp]'")

from mcp import Client

from kueue_sim.mcp_server import server


def asked(tool: str, **arguments: object) -> Any:
    async def ask() -> Any:
        async with Client(server()) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(ask())


def test_all_tools_only_read_and_say_what_they_answer() -> None:
    async def ask() -> Any:
        async with Client(server()) as client:
            return (await client.list_tools()).tools

    tools = asyncio.run(ask())
    assert [tool.name for tool in tools] == ["check", "run", "explain", "admit", "compare", "forecast"]
    assert [tool.name for tool in tools if not tool.annotations.read_only_hint or not tool.output_schema] == []
    run = next(tool for tool in tools if tool.name == "run")
    assert set(run.output_schema["properties"]) >= {"teams", "total", "unfinished", "findings", "warnings"}


def test_run_answers_with_the_figures_of_the_run() -> None:
    answer = asked("run", scenario="lab-option-1").structured_content
    result = kueue_sim.run(kueue_sim.load_scenario(kueue_sim.example("lab-option-1")))
    assert [(team["name"], team["preempted"], team["utilisation"]) for team in answer["teams"]] == [
        (team.cluster_queue, team.preempted, team.utilisation) for team in result.teams
    ]
    assert (answer["simulated_s"], answer["findings"]) == (result.run.end_ms / 1000, list(result.findings))


def test_changes_are_laid_over_the_scenario_and_stories_are_told() -> None:
    text = kueue_sim.example("lending-limits").read_text("utf-8")
    path = "clusterQueues.team-a.nvidia.com/gpu.lendingLimit"
    told = asked("explain", scenario=text, workload="b-2", changes=[f"{path}=8"]).structured_content
    scenario = kueue_sim.load_scenario(kueue_sim.example("lending-limits"), [f"{path}=8"])
    assert told["story"] == kueue_sim.run(scenario).explain("b-2")


def test_check_finds_mistakes_with_their_places() -> None:
    text = "apiVersion: kueue-sim/v1\nkind: Scenario\nhorizont: 1h\n"
    answer = asked("check", scenario=text).structured_content
    assert answer["usable"] is False
    assert [(one["rule"], one["line"], one["column"]) for one in answer["findings"]] == [("input", 3, 1)]
    doubts = asked("check", scenario="lending-limits").structured_content
    assert (doubts["usable"], [(one["rule"], one["line"]) for one in doubts["findings"]]) == (
        True, [("KS007", 17), ("KS007", 26)],
    )  # fmt: skip


def test_wrong_input_is_the_error_of_the_tool_with_every_mistake() -> None:
    answer = asked("run", scenario="apiVersion: kueue-sim/v1\nkind: Scenario\nhorizont: 1h\nsed: 1\n")
    assert answer.is_error
    assert "'horizon'" in answer.content[0].text and "'seed'" in answer.content[0].text


def test_compare_and_forecast_answer_with_values_and_words() -> None:
    path = "clusterQueues.team-a.nvidia.com/gpu.lendingLimit"
    compared = asked("compare", scenario="lending-limits", changes=[f"{path}=8"]).structured_content
    delays = {row["team"]: row["difference"] for row in compared["rows"] if row["metric"] == "delay.mean"}
    assert delays == {"total": -420.0, "team-a": 5400.0, "team-b": -2360.0}
    assert compared["recommendation"].startswith("Take change: delay.mean over everybody falls by 7m (exact).")
    forecast = asked("forecast", scenario="two-busy-teams", at="1d", seeds=2).structured_content
    assert forecast["content"]["futures"] == {"played": 2, "asked": 2, "cut": 0}
    assert forecast["content"]["work"][0]["workload"] == "default/a-1"
    assert "default/a-1" in forecast["report"]


def test_admit_answers_why_a_job_would_wait_and_what_would_let_it_start() -> None:
    job = "{team: team-a, requests: {nvidia.com/gpu: 2}}"
    answer = asked("admit", scenario="lab-option-1", work=[job]).structured_content
    [told] = answer["work"]
    quota = "clusterQueues.hyperpod-ns-team-a-clusterqueue.ml.g5.8xlarge.nvidia.com/gpu.nominalQuota 1 -> 3"
    quota += ", though some of its pods fit on no node"
    assert (told["startsNow"], told["changes"][0], "2 more needed" in told["message"]) == (False, quota, True)
    assert f"would get quota now with {quota.replace('hyperpod-ns-team-a-clusterqueue', 'team-a')}" in answer["report"]
