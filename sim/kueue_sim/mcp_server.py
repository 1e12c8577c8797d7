"""The questions of the command line as tools of the Model Context Protocol: read-only, with typed answers.

A tool's ``scenario`` is a file, a folder, the name of an example, or the YAML text itself. What is wrong with it comes
back as the tool's error, every mistake with its place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

from kueue_sim._run import load_scenario
from kueue_sim._run import run as simulate
from kueue_sim.errors import InputError, MissingExtra, SimError
from kueue_sim.inputs.examples import examples, find_example
from kueue_sim.inputs.repository.given import Given, Text
from kueue_sim.version import __version__

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from kueue_sim.result import Result

_Question = ParamSpec("_Question")
_Answer = TypeVar("_Answer")
Scenario = Annotated[str, "File or folder, name of an example, or the YAML text of a scenario or of manifests"]
Changes = Annotated[list[str] | None, "PATH=VALUE, PATH+=AMOUNT, or 'team-a -> team-b 16' for quota that moves"]


@dataclass(frozen=True)
class Finding:
    """A mistake or a doubtful setting. ``rule`` is "input" for mistakes; the place is None where there is none."""

    rule: str
    severity: str
    message: str
    file: str | None
    line: int | None
    column: int | None


@dataclass(frozen=True)
class Checked:
    """What is wrong and what is doubtful. ``usable`` says whether the scenario can be run."""

    usable: bool
    findings: list[Finding]


@dataclass(frozen=True)
class Team:
    """One team's run. Waits are seconds from submission to first admission, None when nothing was admitted, without
    those still waiting; utilisation is a share of nominal quota, None without any."""

    name: str
    workloads: int
    finished: int
    never_admitted: int
    wait_p50_s: float | None
    wait_p95_s: float | None
    still_waiting: int
    utilisation: float | None
    preempted: int
    lost_gpu_hours: float


@dataclass(frozen=True)
class Ran:
    """A run: how long in seconds, the figures of teams and of all, what to look at, and the report in words."""

    name: str
    simulated_s: float
    teams: list[Team]
    total: Team
    unfinished: list[str]
    findings: list[str]
    warnings: list[str]
    report: str


@dataclass(frozen=True)
class Told:
    """The life of one workload in words, with the reasons and messages that Kueue gives."""

    workload: str
    story: str


@dataclass(frozen=True)
class Compared:
    """A comparison: what to do, every difference with its interval and verdict, and the report in words."""

    recommendation: str
    rows: list[dict[str, Any]]
    report: str


@dataclass(frozen=True)
class Forecasted:
    """When work starts: all that is known as values, and the report in words."""

    content: dict[str, Any]
    report: str


@dataclass(frozen=True)
class Judged:
    """Whether each job would start now: all that is known as values, times in seconds, and the report in words."""

    work: list[dict[str, Any]]
    report: str


def given(scenario: str) -> Given:
    """What ``load_scenario`` takes for a tool's ``scenario``."""
    if "\n" in scenario:
        return Text("<scenario>", scenario)
    if not Path(scenario).exists() and scenario in examples():
        return find_example(scenario).path
    return scenario


def check(scenario: Scenario) -> Checked:
    """Find mistakes and settings that do not do what they seem to."""
    from kueue_sim.policytest.lint.targets import check as checked

    try:
        done = checked([given(scenario)])
    except InputError as error:
        return Checked(False, [Finding("input", "error", one.message, *_place(one.place)) for one in error.mistakes])
    found = [Finding("input", "error", one.message, *_place(one.place)) for one in done.mistakes]
    found += [Finding(one.rule.number, one.rule.severity, one.message, *_place(one.place)) for one in done.findings]
    return Checked(not done.mistakes, found)


def run(scenario: Scenario, changes: Changes = None) -> Ran:
    """Simulate a scenario: who ran, who waited how long, who was evicted, and why."""
    from kueue_sim.report.text.terminal import text_report

    result = _result(scenario, changes)
    return Ran(
        name=result.scenario.name,
        simulated_s=result.run.end_ms / 1000,
        teams=[_team(team) for team in result.teams],
        total=_team(result.total),
        unfinished=list(result.unfinished),
        findings=list(result.findings),
        warnings=list(result.scenario.warnings),
        report=text_report(result),
    )


def explain(
    scenario: Scenario, workload: Annotated[str, "namespace/name, or the name alone"], changes: Changes = None
) -> Told:
    """Tell the life of one workload: why it waited, for whom, who evicted it and under which rule."""
    result = _result(scenario, changes)
    try:
        return Told(result.key_of(workload), result.explain(workload))
    except LookupError as error:
        raise SimError(str(error.args[0])) from None


def compare(
    scenario: Scenario,
    changes: Annotated[list[str], "The variant: PATH=VALUE, PATH+=AMOUNT, or 'team-a -> team-b 16'"],
    metrics: Annotated[list[str] | None, "Such as wait.p95, team-a.delay.mean, utilisation; first decides"] = None,
    seeds: Annotated[int | None, "Number of seeds; as many as make sense when absent"] = None,
) -> Compared:
    """Compare a scenario with a change of it: who waits longer, who shorter, and is the difference real?"""
    from kueue_sim.whatif.comparing.compare import METRICS
    from kueue_sim.whatif.execution.scenario_source import FromFile
    from kueue_sim.whatif.facade import compare as compared

    base = FromFile(given(scenario))
    found = compared(base, {"change": changes}, metrics=metrics or METRICS, seeds=seeds, executor="local")
    return Compared(found.recommendation, found.records(), str(found))


def forecast(
    scenario: Scenario,
    work: Annotated[list[str] | None, "Workloads that wait; all when absent"] = None,
    at: Annotated[str | None, "The instant to look from, such as 2d; the last submission when absent"] = None,
    seeds: Annotated[int, "Number of futures"] = 20,
) -> Forecasted:
    """Predict when pending work starts."""
    from kueue_sim.whatif.execution.scenario_source import FromFile
    from kueue_sim.whatif.facade import forecast as forecasted

    found = forecasted(FromFile(given(scenario)), work or [], at=at, seeds=seeds, executor="local")
    return Forecasted(found.content(), str(found))


def admit(
    scenario: Scenario,
    work: Annotated[list[str], "Names of what waits, or jobs such as '{team: a, requests: {nvidia.com/gpu: 8}}'"],
) -> Judged:
    """Say whether jobs would start now, which may be in an imported cluster; if not, why, what smallest change of
    quota, borrowing limit or priority would let each start, and when it starts otherwise."""
    from kueue_sim.whatif.execution.scenario_source import FromFile
    from kueue_sim.whatif.forecasting.admit import admit as admitted
    from kueue_sim.whatif.forecasting.asked import short_form
    from kueue_sim.whatif.rendering.admit_text import admit_text

    found = admitted(FromFile(given(scenario)), [short_form(text) for text in work])
    return Judged([one.content() for one in found], admit_text(found))


def _result(scenario: str, changes: list[str] | None) -> "Result":
    return simulate(load_scenario(given(scenario), changes or []))


def _place(place: Any) -> tuple[str | None, int | None, int | None]:
    return (None, None, None) if place is None else (place.file, place.line, place.column)


def _team(team: Any) -> Team:
    return Team(
        team.cluster_queue, team.workloads, team.finished, team.never_admitted, team.waits.p50_s, team.waits.p95_s,
        team.waits.open_number, team.utilisation, team.preempted, team.lost_hours,
    )  # fmt: skip


def server() -> "MCPServer":
    """The server with its tools. Raises MissingExtra without the library."""
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ImportError:
        raise MissingExtra("the Model Context Protocol", "mcp") from None

    def telling(question: Callable[_Question, _Answer]) -> Callable[_Question, _Answer]:
        """The same, with our errors as errors of the tool."""

        @wraps(question)
        def asked(*args: _Question.args, **options: _Question.kwargs) -> _Answer:
            try:
                return question(*args, **options)
            except SimError as error:
                raise ToolError(str(error)) from None

        return asked

    made = MCPServer(
        "kueue-sim", version=__version__, instructions="An exact simulator of Kubernetes Kueue; nothing is changed."
    )
    reading = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    for question in (check, run, explain, admit, compare, forecast):
        made.tool(annotations=reading, structured_output=True)(telling(question))
    return made


__all__ = ["check", "compare", "explain", "forecast", "given", "run", "server"]
