"""Plots say what they show and in which unit, for few teams and for many."""

import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from kueue_sim import run
from kueue_sim.model import Action
from kueue_sim.report import save
from kueue_sim.report.charts.plots import NAMES, own_axes
from kueue_sim.report.page.run_page import run_page
from kueue_sim.result import Result
from kueue_sim.testing import some_nodes
from tests.results.scenes import FAIR, HOUR, MINUTE, introductory_lab, job, queue, scene

LABELS = {
    "gantt": ("time since start (hours)", "workload"),
    "utilisation": ("time since start (hours)", "held nvidia.com/gpu (count)"),
    "queue_length": ("time since start (hours)", "workloads waiting"),
    "wait_cdf": ("wait to first admission (seconds)", "share of submitted workloads"),
    "borrowing": ("time since start (hours)", "borrowed nvidia.com/gpu (count)"),
    "shares": ("time since start (hours)", "weighted share (per thousand)"),
}


def fifteen_teams() -> Result:
    teams = [f"team-{n:02d}" for n in range(15)]
    jobs = [
        job(f"job-{n}", teams[n % 15], 1 + n % 3, at_ms=n * 2 * MINUTE, runtime_ms=(30 + n % 7 * 20) * MINUTE)
        for n in range(90)
    ]
    return run(scene([queue(team, 2) for team in teams], jobs, horizon_ms=6 * HOUR))


def test_every_plot_is_known() -> None:
    assert set(LABELS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_both_axes_of_a_plot_carry_a_unit(name: str) -> None:
    ax = own_axes()
    assert getattr(run(introductory_lab()).plot, name)(ax) is ax
    assert (ax.get_xlabel(), ax.get_ylabel()) == LABELS[name]


@pytest.mark.parametrize("name", ["queue_length", "borrowing", "shares"])
def test_many_teams_have_a_strip_each_with_the_unit_at_the_colour_bar(name: str) -> None:
    ax = own_axes()
    getattr(fifteen_teams().plot, name)(ax)
    figure = ax.get_figure(root=True)
    assert figure is not None
    names = [label.get_text() for label in ax.get_yticklabels()]
    bars = [other.get_ylabel() for other in figure.axes if other is not ax]
    assert (names, bars) == ([f"team-{n:02d}" for n in range(15)], [LABELS[name][1]])


def test_areas_of_many_teams_differ_in_colour_or_hatch() -> None:
    ax = own_axes()
    fifteen_teams().plot.utilisation(ax)
    looks = {(area.get_facecolor().tobytes(), area.get_hatch()) for area in ax.collections}
    assert len(looks) == 15


@pytest.mark.parametrize("teams", [15, 20, 45])
@pytest.mark.parametrize("name", ["utilisation", "wait_cdf"])
def test_names_of_many_teams_stay_in_the_picture_and_leave_room_for_the_plot(name: str, teams: int) -> None:
    names = [f"team-{n:02d}" for n in range(teams)]
    jobs = [job(f"job-{n}", team, 2, runtime_ms=9 * HOUR) for team in names for n in range(2)]
    ax = own_axes()
    getattr(run(scene([queue(team, 2) for team in names], jobs, horizon_ms=6 * HOUR)).plot, name)(ax)
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    whole, legend, axes = figure.bbox, ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert len(ax.get_legend().get_texts()) >= teams
    assert legend.y0 >= whole.y0 and legend.x1 <= whole.x1
    assert axes.height > whole.height * 0.75 and axes.width > whole.width * 0.4


def test_edges_do_not_cover_areas_that_change_often() -> None:
    """White edges around thousands of steps would look like quota that nobody uses."""
    ax = own_axes()
    fifteen_teams().plot.utilisation(ax)
    assert {float(width) for area in ax.collections for width in area.get_linewidth()} == {0.0}


def test_lines_that_lie_on_each_other_differ_in_their_dash() -> None:
    """Nobody waits in either team; and of fifteen teams no two lines look alike."""
    ax, many = own_axes(), own_axes()
    run(introductory_lab()).plot.wait_cdf(ax)
    fifteen_teams().plot.wait_cdf(many)
    one, two = ax.get_lines()
    assert (one.get_ydata()[0], one.get_linestyle()) != (two.get_ydata()[0], two.get_linestyle())
    dashes = [(line.get_color(), line._dash_pattern) for line in many.get_lines() if line.get_marker() == "None"]  # type: ignore[attr-defined]
    assert len({str(look) for look in dashes}) == 15


@pytest.mark.parametrize("others", [1, 9])
def test_an_infinite_share_stands_above_all_others(others: int) -> None:
    """A team of weight 0 borrows; lines and strips had a gap."""
    jobs = [job("borrows", "zero", 3, runtime_ms=HOUR), job("other", "team-0", 4, runtime_ms=HOUR)]
    teams = [replace(queue("zero", 2), fair_weight=0.0), *(queue(f"team-{n}", 3) for n in range(others))]
    ax = run(scene(teams, jobs, settings=FAIR)).plot.shares(own_axes())
    if others == 1:
        zero, one = (max(line.get_ydata()) for line in ax.get_lines())
        assert (zero, [text.get_text() for text in ax.texts]) == (pytest.approx(1.1 * one), ["∞"])
    else:
        shades = ax.collections[0].get_array()
        assert shades is not None and shades[0].max() > ax.collections[0].get_clim()[1] >= shades[1:].max()


def test_marks_of_many_rows_are_smaller_so_that_they_do_not_cover_each_other() -> None:
    def size(jobs: int) -> float:
        """Of the crosses, where as many jobs as there are GPUs lose theirs at once."""
        work = [job(f"low-{n}", "team-a", 1, runtime_ms=HOUR) for n in range(jobs)]
        high = job("high", "team-a", 1, at_ms=MINUTE, pods=jobs, runtime_ms=HOUR, priority=9)
        ax = run(scene([queue("team-a", jobs)], [*work, high])).plot.gantt(own_axes())
        return float(ax.collections[-1].get_sizes()[0])

    few, many = size(10), size(50)
    assert (few, many) == (36, pytest.approx(36 * (25 / 51) ** 2))


def test_a_run_without_any_work_can_be_drawn() -> None:
    idle = run(scene([queue("team-a", 2)], [], horizon_ms=HOUR))
    for name in NAMES:
        getattr(idle.plot, name)(own_axes())


def test_what_is_nothing_all_the_time_says_so_and_has_no_fractions_at_its_axis() -> None:
    """A run without length has an axis that can be read as well."""
    for idle in (run(scene([queue("team-a", 2)], [], horizon_ms=HOUR)), run(scene([queue("team-a", 2)], []))):
        for name in ("borrowing", "queue_length", "shares", "utilisation"):
            ax = own_axes()
            getattr(idle.plot, name)(ax)
            assert all(float(tick).is_integer() for tick in ax.get_yticks())
            assert ax.get_xlim()[1] >= 1.0
            assert [text.get_text() for text in ax.texts] == ([] if name == "utilisation" else ["none at any time"])


def test_the_legend_of_the_gantt_has_a_cross_only_where_something_was_preempted() -> None:
    def legend(result: Result) -> list[str]:
        found = result.plot.gantt(own_axes()).get_legend()
        return [] if found is None else [text.get_text() for text in found.get_texts()]

    calm = run(scene([queue("team-a", 2)], [job("one", "team-a", 1, runtime_ms=HOUR)]))
    assert (legend(calm), "preempted" in legend(run(introductory_lab()))) == (["team-a"], True)
    assert legend(run(scene([queue("team-a", 2)], []))) == []


def short_of_a_node(name: str = "short") -> Result:
    """Two workers on two nodes, of which one fails after an hour and comes back an hour later; they begin anew."""
    teams = [queue("team-a", 4, flavor="g")]
    fails = (Action(HOUR, "fail", "n1"), Action(2 * HOUR, "repair", "n1"))
    work = job("train", "team-a", 1, pods=2, runtime_ms=2 * HOUR)
    return run(replace(scene(teams, [work], timeline=fails, name=name), nodes=some_nodes(2, gpus=1)))


def test_admitted_work_that_does_not_run_is_drawn_as_such() -> None:
    """In the picture and on the page: a bar that is full would say that it ran."""
    ax = own_axes()
    result = short_of_a_node()
    result.plot.gantt(ax)
    _, pale = ax.collections[:2]
    spans = [(path.vertices[:, 0].min(), path.vertices[:, 0].max()) for path in pale.get_paths()]
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert (spans, legend) == ([(1.0, 2.0)], ["team-a", "admitted, does not run"])
    page = run_page(result)
    assert ('class="pale"' in page, "holds quota, does not run" in page) == (True, True)
    assert "finished after 4h, 1h of it without running" in page
    assert 'class="pale"' not in run_page(run(introductory_lab()))


def test_every_kind_of_eviction_has_its_mark_in_the_gantt() -> None:
    stopped = (Action(HOUR, "stop", "team-a", stop_policy="HoldAndDrain"),)
    work = [job("one", "team-a", 1, runtime_ms=2 * HOUR)]
    ax = run(scene([queue("team-a", 2)], work, horizon_ms=3 * HOUR, timeline=stopped)).plot.gantt(own_axes())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["team-a", "evicted"]


def test_a_team_of_which_nobody_was_admitted_has_its_line_and_its_number() -> None:
    ax = own_axes()
    jobs = [job("large", "team-a", 9, runtime_ms=HOUR), job("small", "team-b", 1, runtime_ms=HOUR)]
    run(scene([queue("team-a", 2), queue("team-b", 2)], jobs)).plot.wait_cdf(ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["team-a: 1 still waiting", "team-b"]


def test_characters_that_the_font_lacks_are_no_warning_each(tmp_path: Path) -> None:
    foreign = replace(introductory_lab(), name="\u8bd5\u9a8c \U0001f680")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(run(foreign), tmp_path, plots=True)
