"""Figures of one run. Colours are told apart by colour-blind readers; every axis has its unit. "" is no figure."""

from collections.abc import Mapping

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.report.charts.chart_style import time_unit
from kueue_sim.report.page.canvas import DASHES, Canvas
from kueue_sim.report.page.html import Marked, Section, table
from kueue_sim.report.page.plot import INK, Across, Panel, plot
from kueue_sim.report.text.wording import amount, count, resource_name, team_name
from kueue_sim.results.quota.fairness import Shares
from kueue_sim.results.step_functions.series import Series, averages, edges, series
from kueue_sim.results.step_functions.steps import Steps
from kueue_sim.units import format_duration

OWN, BORROWED, SHADE = "#56B4E9", "#D55E00", "#0072B2"
FEW = 8
"""Teams up to which lines can be told apart."""
POINTS = 7_000
"""Points of all curves of a figure together, about."""
_ZERO = Steps.constant(0)
_ROOM = 1.04
"""How much higher than its highest value a panel is."""
_ROOM_FOR_ENDLESS = 1.2
"""The same where infinity has a place above that."""


def averaged(drawn: Series) -> str:
    """How a figure's values came about, for its note; "" when every change is drawn."""
    return f" Values are averages over {format_duration(drawn.bin_ms)}." if drawn.bin_ms else ""


def use_against_quota(canvas: Canvas) -> tuple[str, str]:
    """A row per team: what it holds of its own quota, what it borrows on top, and its nominal quota."""
    teams = canvas.largest()
    if not teams:
        return "", ""
    figures, panels, note = canvas.result.figures, [], ""
    most = max(150, min(800, POINTS // (3 * len(teams))))
    for team in teams:
        held, nominal = canvas.total(figures.held, team), canvas.total(figures.nominal, team)
        drawn = series([held, nominal, held.over(nominal)], canvas.end_ms, most)
        note = note or averaged(drawn)
        x = canvas.part(drawn.times)
        have, quota, over = (values / canvas.unit for values in drawn.values)
        top = max(float(have.max()), float(quota.max()), 1.0) * _ROOM
        panel = Panel(max(44, 130 - 10 * len(teams)), top, team_name(team), whole=canvas.result.resource != "cpu")
        own = have - over
        panel.area(x, np.zeros(len(x)), own, OWN, f"{canvas.name} of its own quota")
        panel.area(x, own, have, BORROWED, f"{canvas.name} borrowed")
        panel.line(x, quota, INK, f"{canvas.name} nominal", DASHES[1][1])
        panels.append(panel)
    more = len(canvas.teams) - len(teams)
    note += f" The {len(teams)} teams that held most; {more} more are in the table." if more else ""
    legend = [("own quota", OWN, "area"), ("borrowed", BORROWED, "area"), ("nominal quota", INK, DASHES[1][0])]
    return plot(panels, canvas.time(), legend), f"{canvas.name} held by each team against its nominal quota.{note}"


def queue_lengths(canvas: Canvas) -> tuple[str, str]:
    """Workloads pending per team."""
    pending = canvas.result.history.pending
    teams = [team for team in canvas.largest() if team in pending]
    if not teams:
        return "", ""
    steps = {team: pending.get(team, _ZERO) for team in teams}
    if len(teams) > FEW:
        return _strips(canvas, steps, "workloads pending", "Workloads waiting for quota.")
    drawn = series(list(steps.values()), canvas.end_ms, POINTS // len(teams))
    top = max(*(float(values.max()) for values in drawn.values), 1.0)
    panel = Panel(260, top * _ROOM, whole=True)
    for team, values in zip(teams, drawn.values, strict=True):
        panel.line(
            canvas.part(drawn.times), values, canvas.colour(team), f"{team_name(team)} pending", canvas.dash(team)
        )
    return plot([panel], canvas.time(), canvas.legend(teams)), f"Workloads waiting for quota.{averaged(drawn)}"


def wait_curves(canvas: Canvas) -> tuple[str, str]:
    """Share of each team's workloads admitted within a wait."""
    history = canvas.result.history
    work = history.work
    longest = int(work.first_wait.max(initial=0))
    if not longest:
        return "", ""
    end = 1.02 * longest
    unit, name = time_unit(longest)
    panel, shown, still, never = Panel(260, 1.02, percent=True), [], 0, 0
    for team in canvas.largest():
        theirs = (work.queue == history.queue_numbers.get(team, len(history.queues))) & (work.submitted != NONE)
        waits = np.sort(work.first_wait[theirs & (work.admissions > 0)])
        everybody = int(np.count_nonzero(theirs))
        still += int(np.count_nonzero(theirs & (work.admissions == 0) & (work.waiting_since != NONE)))
        if not len(waits):
            continue
        never += everybody - len(waits)
        picked = np.unique(np.linspace(0, len(waits) - 1, min(len(waits), 400)).astype(int))
        x = np.concatenate(([0], waits[picked], [end])) / end
        y = np.concatenate(([0], (picked + 1) / everybody, [len(waits) / everybody]))
        panel.line(x, y, canvas.colour(team), f"{team_name(team)} admitted", canvas.dash(team))
        shown.append(team)
    note = "Share of workloads admitted within a wait"
    note += "; some were never admitted where a line ends below 100 %." if never else "."
    note += f" {count(still, 'workload')} had waited in vain when the run ended: these ends are open." if still else ""
    axis = Across(f"wait to first admission ({name})", end / unit, time=False)
    return (plot([panel], axis, canvas.legend(shown)), note) if shown else ("", "")


def ledger(canvas: Canvas) -> Section:
    """Who lent how much to whom: lenders as rows, borrowers as columns, darker for more."""
    pairs = canvas.result.figures.pairs
    ordered = [team for team in canvas.teams if any(team in pair for pair in pairs)]
    ordered += sorted({team for pair in pairs for team in pair} - set(ordered))
    lenders = [team for team in ordered if any(lender == team for lender, _ in pairs)]
    borrowers = [team for team in ordered if any(borrower == team for _, borrower in pairs)]
    most = max(pairs.values(), default=0.0) or 1.0
    rows = [
        (team_name(lender), *(_shaded(pairs.get((lender, borrower), 0.0), most) for borrower in borrowers))
        for lender in lenders
    ]
    note = (
        f"{canvas.name}-hours that the team of a row lent to the team of a column. What is borrowed comes from the "
        "nearest cohort's unused quota, in proportion to what each could lend."
    )
    return table("Lending and borrowing", ("lender", *map(team_name, borrowers)), rows, note)


def _shaded(hours: float, most: float) -> str:
    return Marked(amount(hours), f"shade{round(4 * hours / most)}") if hours else ""


def nodes(canvas: Canvas) -> tuple[str, str]:
    """How full each node was: all of them, in order, the fullest first."""
    report = canvas.result.run.nodes
    use = [node.allocated_ms / (node.allocatable * node.there_ms) for node in report.nodes
           if node.allocatable and node.there_ms] if report is not None else []  # fmt: skip
    if not use:
        return "", ""
    use.sort(reverse=True)
    unit = resource_name(report.resource) if report is not None else ""
    panel = Panel(180, 1.02, percent=True)
    x = np.arange(len(use) + 1) / len(use)
    heights = np.append(use, use[-1])
    panel.area(x, np.zeros(len(x)), heights, OWN, f"{unit} allocated")
    axis = Across("nodes, the fullest first", len(use), time=False, whole=True)
    return plot([panel], axis), f"Share of each node's {unit} that pods had, over the run; nodes.csv has their names."


def shares(canvas: Canvas) -> tuple[str, str]:
    """Weighted shares, where fair sharing decides by them."""
    if canvas.result.scenario.settings.fair_sharing is None:
        return "", ""
    found = canvas.result.weighted_shares
    note = "Borrowed ÷ lendable × 1000 ÷ weight, as Kueue compares it; the lowest goes first."
    shown = {team: found[team] for team in canvas.largest() if team in found and found[team].values.any()}
    if not shown:
        return "", ""
    endless = any(np.isposinf(share.values).any() for share in shown.values())
    if len(shown) > FEW:
        note += " Infinite, and darkest, where a team of weight 0 borrows." if endless else ""
        return _strips(canvas, shown, "weighted share (‰)", note)
    note += " Infinite where a team of weight 0 borrows." if endless else ""
    top = max(float(np.max(share.values[np.isfinite(share.values)], initial=1.0)) for share in shown.values())
    panel = Panel(240, top * (_ROOM_FOR_ENDLESS if endless else _ROOM), endless=endless)
    for team, share in shown.items():
        x, y = np.append(canvas.part(share.times), 1.0), np.append(share.values, share.values[-1])
        picked = np.unique(np.linspace(0, len(x) - 1, min(len(x), POINTS // len(shown))).astype(int))
        panel.line(x[picked], y[picked], canvas.colour(team), f"{team_name(team)}, share in ‰", canvas.dash(team))
    return plot([panel], canvas.time(), canvas.legend([*shown])), note


def _strips(canvas: Canvas, steps: Mapping[str, Steps | Shares], label: str, note: str) -> tuple[str, str]:
    """A strip of colour per team, for more teams than lines can tell apart."""
    limits = edges(canvas.end_ms, 300)
    grid = [averages(one.times, one.values, limits) for one in steps.values()]
    return strips(
        canvas, [*steps], limits, grid, label, f"{note} Values are averages over {format_duration(int(limits[1]))}."
    )


def strips(
    canvas: Canvas, teams: list[str], limits: object, grid: list[np.ndarray], label: str, note: str
) -> tuple[str, str]:
    """Strips of given values between ``limits`` (milliseconds), all on one scale."""
    finite = [row[np.isfinite(row)] for row in grid]
    top = max(*(float(row.max(initial=0)) for row in finite), 1e-9)
    panels = []
    for team, row in zip(teams, grid, strict=True):
        panel = Panel(24, top, team_name(team), bare=True)
        panel.strip(canvas.part(limits), row, SHADE, label)
        panels.append(panel)
    return plot(panels, canvas.time(), [(f"darkest: {amount(top)} {label}", SHADE, "area")]), note
