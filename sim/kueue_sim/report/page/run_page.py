"""The HTML report of one run: summary first, then who ran when, use against quota, waits, the ledger, the inputs."""

from typing import TYPE_CHECKING

from kueue_sim.report.page import html
from kueue_sim.report.page.canvas import Canvas
from kueue_sim.report.page.figures import ledger, nodes, queue_lengths, shares, use_against_quota, wait_curves
from kueue_sim.report.page.timeline import timeline
from kueue_sim.report.text.before_the_start import work_in_words
from kueue_sim.report.text.findings import findings
from kueue_sim.report.text.story import story, waiting
from kueue_sim.report.text.wording import (
    amount,
    are_late,
    drain_in_words,
    over_the_run,
    resource_name,
    rule_in_words,
    share,
    simulated,
    team_name,
    wait,
    wait_cells,
)
from kueue_sim.results.quota.quota_over_time import quotas
from kueue_sim.results.tables.nodes import NodeFigures
from kueue_sim.units import format_duration, format_moments, format_quantity

if TYPE_CHECKING:
    from kueue_sim.results import RunResult, TeamSummary

STORY_LINES = 200
STORY_FACTS = 2_000


def run_page(result: "RunResult") -> str:
    """The page as one text."""
    canvas = Canvas(result)
    sections = [
        _summary(result),
        html.warnings("Warnings", (*result.scenario.warnings, *findings(result))),
        _teams(result),
        *(_use_of(result, resource) for resource in result.resources[1:]),
        html.figure("Timeline", *timeline(canvas)),
        html.figure("Use against quota", *use_against_quota(canvas)),
        _waits(result, canvas),
        html.figure("Queue length", *queue_lengths(canvas)),
        html.figure("Weighted shares", *shares(canvas)),
        ledger(canvas),
        html.figure("Nodes", *nodes(canvas)),
        _drain(result),
        _evictions(result),
        _still_waiting(result),
        _story(result),
        _inputs(result),
    ]
    return html.page(result.scenario.name, sections, _what_was_run(result))


def _what_was_run(result: "RunResult") -> str:
    scenario = result.scenario
    fair = "fair sharing" if scenario.settings.fair_sharing is not None else "classical preemption"
    parts = [simulated(result.run), *work_in_words(result.history)]
    parts += [f"Kueue {scenario.settings.version}", fair, f"seed {scenario.seed}"]
    parts += [f"inputs {scenario.digest[:19]}"] if scenario.digest else []
    parts += ["stopped early"] if result.run.interrupted else []
    return " · ".join(parts)


def _summary(result: "RunResult") -> html.Section:
    total, unit = result.total, resource_name(result.resource)
    mean, p95, _ = wait_cells(total.waits, "p95")
    still = f"; {total.waits.open_number:,} more wait still" if total.waits.open_number else ""
    figures = [
        (f"{total.finished + total.deleted:,}", f"of {total.workloads:,} workloads done"),
        (share(total.utilisation), f"utilisation of {unit} quota"),
        (mean, f"mean wait of what was admitted{still}"),
        (p95, "p95 of these waits"),
        (f"{total.preempted:,}", "preemptions"),
        (amount(total.lost_hours, result.resource), f"{unit}-hours lost"),
        (amount(total.borrowed_hours, result.resource), f"{unit}-hours borrowed"),
    ]
    if total.never_admitted:
        figures.insert(4, (f"{total.never_admitted:,}", "never admitted"))
    if result.run.nodes is not None:
        use = NodeFigures.of(result.run.nodes)
        figures.append((share(use.allocation), f"of the nodes' {unit} allocated"))
        figures.append((share(use.fragmentation), f"of free {unit} unusable"))
    if result.jain is not None and len(result.teams) > 1:
        figures.append((f"{result.jain:.2f}", "Jain's fairness index, 1 is even"))
    return html.cards("Summary", figures)


def _teams(result: "RunResult") -> html.Section:
    unit = resource_name(result.resource)
    heads = (
        "team", "quota", "used", "of quota", "running", "borrowed h", "lent h", "goodput h", "lost h", "done",
        "preempted", "preempts",
    )  # fmt: skip
    rows = [_team(team, result.run.measured_ms) for team in (*result.teams, result.total)]
    note = f"{unit} ({result.resource}), averages over {over_the_run(result.run)}; h are {unit}-hours."
    return html.table("Teams", heads, rows, note, total=True)


def _use_of(result: "RunResult", resource: str) -> html.Section:
    """What teams had and used of a resource besides the accelerator."""
    figures, unit = result.figures_by_resource[resource], resource_name(resource)
    heads = ("team", "quota", "used", "of quota", "running", "borrowed h", "lent h", "goodput h", "lost h")
    teams = [team for team in figures.teams if team.nominal or team.held_hours]
    rows = [_use(team, result.run.measured_ms) for team in (*teams, figures.total)]
    note = f"{unit}, averages over {over_the_run(result.run)}; h are {unit}-hours."
    return html.table(f"Quota and use of {resource}", heads, rows, note, total=True)


def _use(team: "TeamSummary", end_ms: int) -> tuple[str, ...]:
    used = team.held_hours * 3_600_000 / end_ms if end_ms else 0.0
    hours = (team.borrowed_hours, team.lent_hours, team.goodput_hours, team.lost_hours)
    return (
        team_name(team.cluster_queue) or "all",
        amount(team.nominal, team.resource),
        amount(used, team.resource),
        share(team.allocation),
        share(team.utilisation),
        *(amount(value, team.resource) for value in hours),
    )


def _team(team: "TeamSummary", end_ms: int) -> tuple[str, ...]:
    return (
        *_use(team, end_ms),
        f"{team.finished + team.deleted:,}/{team.workloads:,}",
        f"{team.preempted:,}",
        f"{team.preempting:,}",
    )


def _waits(result: "RunResult", canvas: Canvas) -> html.Section:
    heads = ["team", "admitted", "mean", "p50", "p90", "p95", "p99", "max", "still wait", "again: mean", "again: max"]
    late = are_late(result.total.to_start)
    heads += ["to start: mean", "to start: max"] if late else []
    rows = []
    for team in (*result.teams, result.total):
        first, again = team.waits, team.again
        cells = wait_cells(first, "p50", "p90", "p95", "p99")
        still = f"{first.open_number:,}" if first.open_number else "–"
        starts = wait_cells(team.to_start) if late else []
        name = team_name(team.cluster_queue) or "all"
        rows.append((name, f"{first.number:,}", *cells, still, *wait_cells(again), *starts))
    note = (
        "From submission to first admission, over those admitted; *: without those that wait still; ≥: the longest "
        "wait goes on; again: waits after an eviction."
    )
    note += " To start: from each admission until its pods run." if late else ""
    return html.together(
        "Waits", html.table("Waits", heads, rows, note, total=True), html.figure("Waits", *wait_curves(canvas))
    )


def _drain(result: "RunResult") -> html.Section:
    drain = result.drain
    if drain is None:
        return html.Section("Drain", "")
    span = f"From {format_duration(drain.from_ms)} to {format_duration(drain.to_ms)}"
    note = f"{span} nothing more was submitted. Waits go on to their end there; averages and sums do not count it."
    return html.prose("Drain", note, drain_in_words(drain, result.resource))


def _evictions(result: "RunResult") -> html.Section:
    heads = ("team", "by", "reason", "number", "lost h", "for nothing")
    rows = [
        (
            team_name(group.team), team_name(group.by), f"{group.reason}: {rule_in_words(group.reason)}",
            f"{group.number:,}", amount(group.hours, result.resource), f"{group.idle:,}",
        )
        for group in result.evictions.groups
    ]  # fmt: skip
    note = "For nothing: the victim was admitted again before the preemptor."
    return html.table("Preemptions and evictions", heads, rows, note, text_columns=3)


def _still_waiting(result: "RunResult") -> html.Section:
    rows = [
        (team or "no ClusterQueue", example, message, f"{number:,}", wait(longest))
        for team, number, longest, example, message in waiting(result)[:50]
    ]
    heads = ("team", "such as", "Kueue's message", "workloads", "longest wait")
    return html.table("Still waiting at the end", heads, rows, text_columns=3)


def _story(result: "RunResult") -> html.Section:
    if len(result.run.facts) > STORY_FACTS:
        return html.Section("What happened", "")
    lines = list(story(result))
    shown = lines[:STORY_LINES]
    times = format_moments(line.at_ms for line in shown)
    rows = [(times[line.at_ms], line.team, line.workload, line.text) for line in shown]
    more = len(lines) - len(rows)
    note = f"The first {len(rows)} decisions; {more} more are in events.csv." if more else ""
    return html.table("What happened", ("when", "team", "workload", "what"), rows, note, text_columns=4)


def _inputs(result: "RunResult") -> html.Section:
    scenario = result.scenario
    rows = []
    for queue in scenario.policy.cluster_queues:
        for flavor, resource, quota in quotas(queue):
            amounts = (quota.nominal, quota.borrowing_limit, quota.lending_limit)
            cells = ("no limit" if cell is None else format_quantity(cell, resource) for cell in amounts)
            rows.append((queue.name, queue.cohort or "", flavor, resource, *cells, f"{queue.fair_weight:g}"))
    heads = ("ClusterQueue", "cohort", "flavor", "resource", "nominal", "may borrow", "may lend", "weight")
    gates = ", ".join(f"{name}={str(on).lower()}" for name, on in sorted(scenario.settings.gates.items()))
    facts = [f"Start {scenario.start}, seed {scenario.seed}, Kueue {scenario.settings.version}"]
    facts += [f"feature gates {gates}"] if gates else []
    facts += [f"{len(scenario.nodes):,} nodes"] if scenario.nodes else []
    facts += [f"digest of all inputs {scenario.digest}"] if scenario.digest else []
    note = f"{'; '.join(facts)}. Quota at the start of the run."
    return html.table("Inputs", heads, rows, note, text_columns=4)
