"""Interactive figures of one run. Colours are told apart by colour-blind readers; every axis has its unit."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from kueue_sim.engine.facts import NONE
from kueue_sim.report.charts.chart_style import time_unit
from kueue_sim.report.page.canvas import Canvas, drawn_name, literal
from kueue_sim.report.page.html import INK
from kueue_sim.report.text.wording import amount, resource_name, team_name
from kueue_sim.results.quota.fairness import Shares
from kueue_sim.results.step_functions.series import Series, averages, edges, series
from kueue_sim.results.step_functions.steps import Steps
from kueue_sim.units import format_duration

OWN, BORROWED = "#56B4E9", "#D55E00"
FEW = 8
"""Teams up to which lines can be told apart."""
_ZERO = Steps.constant(0)


def averaged(drawn: Series) -> str:
    """How a figure's values came about, for its note; "" when every change is drawn."""
    return f" Values are averages over {format_duration(drawn.bin_ms)}." if drawn.bin_ms else ""


def use_against_quota(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """A row per team: what it holds of its own quota, what it borrows on top, and its nominal quota."""
    teams = canvas.largest()
    if not teams:
        return None, ""
    figures = canvas.result.figures
    figure = make_subplots(rows=len(teams), cols=1, shared_xaxes=True, vertical_spacing=min(0.03, 0.3 / len(teams)))
    note = ""
    for row, team in enumerate(teams, start=1):
        held, nominal = canvas.total(figures.held, team), canvas.total(figures.nominal, team)
        drawn = series([held, nominal, held.over(nominal)], canvas.end_ms, most=800)
        note = note or averaged(drawn)
        x = canvas.hours(drawn.times)
        have, quota, over = (values / canvas.unit for values in drawn.values)
        own = have - over
        for values, colour, label in ((own, OWN, "own quota"), (over, BORROWED, "borrowed")):
            figure.add_scatter(
                x=x, y=values, name=label, legendgroup=label, showlegend=row == 1, stackgroup=f"team{row}",
                mode="lines", line={"width": 0, "shape": "hv", "color": colour}, fillcolor=colour, row=row, col=1,
                hovertemplate=f"{drawn_name(team)}: %{{y:.2~f}} {canvas.name} {label}<extra></extra>",
            )  # fmt: skip
        figure.add_scatter(
            x=x, y=quota, name="nominal quota", legendgroup="nominal", showlegend=row == 1, row=row, col=1,
            mode="lines", line={"color": INK, "width": 1.5, "dash": "dash", "shape": "hv"},
            hovertemplate=f"{drawn_name(team)}: %{{y:.2~f}} {canvas.name} nominal<extra></extra>",
        )  # fmt: skip
        figure.update_yaxes(rangemode="tozero", nticks=4, row=row, col=1)
        figure.add_annotation(
            text=_short(team), x=0, xref="paper", xanchor="right", xshift=-34, y=0.5, yanchor="middle",
            yref=f"y{row if row > 1 else ''} domain", showarrow=False,
        )  # fmt: skip
    canvas.finish(figure, 110 + max(70, 150 - 12 * len(teams)) * len(teams))
    figure.update_layout(margin={"l": 150})
    canvas.time_axis(figure, row=len(teams), col=1)
    more = len(canvas.teams) - len(teams)
    note += f" The {len(teams)} teams that held most; {more} more are in the table." if more else ""
    return figure, f"{canvas.name} held by each team against its nominal quota.{note}"


def queue_lengths(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """Workloads pending per team."""
    pending = canvas.result.history.pending
    teams = [team for team in canvas.largest() if team in pending]
    if not teams:
        return None, ""
    if len(teams) > FEW:
        steps = {team: pending.get(team, _ZERO) for team in teams}
        return _strips(canvas, steps, "workloads pending", "Workloads waiting for quota.")
    drawn = series([pending.get(team, _ZERO) for team in teams], canvas.end_ms)
    figure = go.Figure()
    for team, values in zip(teams, drawn.values, strict=True):
        figure.add_scatter(
            x=canvas.hours(drawn.times), y=values, name=drawn_name(team), mode="lines",
            line={"color": canvas.colour(team), "dash": canvas.dash(team), "shape": "hv", "width": 1.6},
            hovertemplate=f"{drawn_name(team)}: %{{y:.1~f}} pending<extra></extra>",
        )  # fmt: skip
    canvas.time_axis(figure)
    canvas.finish(figure, 380, "workloads pending")
    if max(values.max() for values in drawn.values) < 6:
        figure.update_yaxes(dtick=1)
    return _legend_beside(figure), f"Workloads waiting for quota.{averaged(drawn)}"


def wait_curves(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """Share of each team's workloads admitted within a wait."""
    history = canvas.result.history
    work = history.work
    figure = go.Figure()
    longest = int(work.first_wait.max(initial=0))
    if not longest:
        return None, ""
    unit, name = time_unit(longest)
    for team in canvas.largest():
        theirs = work.queue == history.queue_numbers.get(team, len(history.queues))
        waits = np.sort(work.first_wait[theirs & (work.admissions > 0)])
        everybody = int(np.count_nonzero(theirs & (work.submitted != NONE)))
        if not len(waits):
            continue
        picked = np.unique(np.linspace(0, len(waits) - 1, min(len(waits), 400)).astype(int))
        x = np.concatenate(([0], waits[picked], [longest])) / unit
        y = np.concatenate(([0], (picked + 1) / everybody, [len(waits) / everybody]))
        figure.add_scatter(
            x=x, y=y, name=drawn_name(team), mode="lines",
            line={"color": canvas.colour(team), "dash": canvas.dash(team), "shape": "hv", "width": 1.6},
            hovertemplate=f"{drawn_name(team)}: %{{y:.0%}} admitted within %{{x:.2~f}} {name}<extra></extra>",
        )  # fmt: skip
    if not figure.data:
        return None, ""
    figure.update_xaxes(title_text=f"wait to first admission ({name})", rangemode="tozero")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    note = "Workloads admitted within a wait; some were never admitted where a line ends below 100 %."
    return _legend_beside(canvas.finish(figure, 380, "share of submitted workloads")), note


def ledger(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """Who lent how much to whom."""
    pairs = canvas.result.figures.pairs
    if not pairs:
        return None, ""
    lenders = list(dict.fromkeys(lender for lender, _ in pairs))
    borrowers = list(dict.fromkeys(borrower for _, borrower in pairs))
    grid = [[pairs.get((lender, borrower)) for borrower in borrowers] for lender in lenders]
    texts = [[amount(cell) if cell else "" for cell in row] for row in grid]
    figure = go.Figure(
        go.Heatmap(
            z=grid, x=[*map(drawn_name, borrowers)], y=[*map(drawn_name, lenders)],
            colorscale="Blues", text=texts, texttemplate="%{text}", xgap=2, ygap=2,
            colorbar={"title": {"text": f"{canvas.name}-hours"}, "thickness": 12},
            hovertemplate=f"%{{y}} lent %{{x}} %{{z:.2~f}} {canvas.name}-hours<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(title_text="borrower", side="bottom")
    figure.update_yaxes(title_text="lender", autorange="reversed")
    canvas.finish(figure, 150 + 34 * len(lenders))
    figure.update_layout(margin={"l": 140})
    return (
        figure,
        "What is borrowed comes from the nearest cohort's unused quota, in proportion to what each could lend.",
    )


def nodes(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """How full each node was: all of them, in order, the fullest first."""
    report = canvas.result.run.nodes
    use = [(node.name, node.allocated_ms / (node.allocatable * node.there_ms)) for node in report.nodes
           if node.allocatable and node.there_ms] if report is not None else []  # fmt: skip
    if not use:
        return None, ""
    use.sort(key=lambda item: (-item[1], item[0]))
    figure = go.Figure(
        go.Bar(
            x=list(range(1, len(use) + 1)), y=[part for _, part in use], hovertext=[literal(name) for name, _ in use],
            marker={"color": OWN, "line": {"width": 0}}, hovertemplate="%{hovertext}: %{y:.0%}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(bargap=0.1 if len(use) < 100 else 0)
    figure.update_xaxes(title_text="nodes, the fullest first")
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    unit = resource_name(report.resource) if report is not None else ""
    return canvas.finish(figure, 260, f"{unit} allocated"), f"Share of each node's {unit} that pods had, over the run."


def shares(canvas: Canvas) -> tuple[go.Figure | None, str]:
    """Weighted shares, where fair sharing decides by them."""
    if canvas.result.scenario.settings.fair_sharing is None:
        return None, ""
    figure = go.Figure()
    found = canvas.result.weighted_shares
    note = "Borrowed ÷ lendable × 1000 ÷ weight, as Kueue compares it; the lowest goes first."
    shown = {team: found[team] for team in canvas.largest() if team in found and found[team].values.any()}
    if len(shown) > FEW:
        return _strips(canvas, shown, "weighted share (‰)", note)
    for team, share in shown.items():
        finite = np.where(np.isfinite(share.values), share.values, np.nan)
        x = np.append(canvas.hours(share.times), canvas.end_ms / canvas.unit_ms)
        y = np.append(finite, finite[-1])
        picked = np.unique(np.linspace(0, len(x) - 1, min(len(x), 3000)).astype(int))
        figure.add_scatter(
            x=x[picked], y=y[picked], name=drawn_name(team), mode="lines",
            line={"color": canvas.colour(team), "dash": canvas.dash(team), "shape": "hv", "width": 1.6},
            hovertemplate=f"{drawn_name(team)}: share %{{y:.0f}}<extra></extra>",
        )  # fmt: skip
    if not figure.data:
        return None, ""
    canvas.time_axis(figure)
    return _legend_beside(canvas.finish(figure, 340, "weighted share (‰)")), note


def _strips(canvas: Canvas, table: Mapping[str, Steps | Shares], label: str, note: str) -> tuple[go.Figure, str]:
    """A strip of colour per team, for more teams than lines can tell apart."""
    limits = edges(canvas.end_ms, 400)
    grid = [averages(steps.times, steps.values, limits) for steps in table.values()]
    names = [*map(drawn_name, table)]
    figure = go.Figure(
        go.Heatmap(
            z=[np.where(np.isfinite(row), row, np.nan) for row in grid], x=canvas.hours(limits), y=names, zmin=0,
            zmax=max(float(np.nanmax(grid)), 1.0), colorscale="Blues",
            colorbar={"title": {"text": label}, "thickness": 12},
            hovertemplate=f"%{{y}}: %{{z:.1~f}} {label}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    canvas.time_axis(figure)
    canvas.finish(figure, 140 + 26 * len(names))
    figure.update_layout(margin={"l": 150})
    return figure, f"{note} Values are averages over {format_duration(int(limits[1]))}."


def _legend_beside(figure: go.Figure) -> go.Figure:
    """The legend at the right, where it has room for many teams."""
    figure.update_layout(legend={"orientation": "v", "x": 1.01, "y": 1, "xanchor": "left", "yanchor": "top"})
    return figure


def _short(team: str) -> str:
    name = team_name(team)
    return literal(name if len(name) <= 18 else f"{name[:17]}…")
