"""The page: self-contained, escaped, complete, and rendered without complaints by a real browser."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from kueue_sim import run
from kueue_sim.report.page import html
from kueue_sim.report.page.plot import Across, Panel, plot
from kueue_sim.report.page.run_page import run_page
from kueue_sim.result import Result
from tests.report.browser import browser, render, tab
from tests.results.scenes import FAIR, HOUR, MINUTE, introductory_lab, job, queue, scene

HEADINGS = [
    "Summary", "Warnings", "Teams", "Timeline", "Use against quota", "Waits", "Queue length", "Weighted shares",
    "Lending and borrowing", "Preemptions and evictions", "What happened", "Inputs",
]  # fmt: skip


@pytest.fixture(scope="module")
def page() -> str:
    return run_page(run(introductory_lab()))


def many(workloads: int) -> Result:
    """Many short jobs, one after the other."""
    jobs = [job(f"job-{n}", f"team-{'ab'[n % 2]}", 1, at_ms=n * 1000, runtime_ms=MINUTE) for n in range(workloads)]
    return run(scene([queue("team-a", 40), queue("team-b", 40)], jobs, settings=FAIR))


def test_the_page_has_a_section_for_every_question(page: str) -> None:
    assert re.findall(r"<h2>(.*?)</h2>", page) == HEADINGS


def test_waits_are_of_what_was_admitted_and_who_never_was_is_counted() -> None:
    jobs = [job(f"job-{n}", "team-a", 1, runtime_ms=90 * MINUTE) for n in range(3)]
    page = run_page(run(scene([queue("team-a", 1)], jobs, horizon_ms=2 * HOUR)))
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    told = "45m* mean wait of what was admitted; 1 more wait still 1h 25m* p95 of these waits"
    assert f"{told} 1 never admitted" in text


def test_the_page_asks_nobody_for_anything(page: str) -> None:
    assert re.findall(r"""(?:src|href)=["']?(?!#|data:)[^"' >]+""", page) == []


def test_the_script_of_drawings_is_in_the_page_once_and_the_page_is_small(page: str) -> None:
    assert (page.count(html.pointing_code()), len(page.encode()) < 60_000) == (1, True)


def test_a_page_of_many_admissions_stays_below_half_a_megabyte() -> None:
    assert len(run_page(many(3000)).encode()) < 500_000


def test_lines_that_lie_on_each_other_differ_in_their_dash_and_the_legend_shows_it() -> None:
    jobs = [job(f"{team}-{n}", team, 1, runtime_ms=HOUR) for team in ("team-a", "team-b", "team-c") for n in range(2)]
    page = run_page(run(scene([queue(team, 1) for team in ("team-a", "team-b", "team-c")], jobs)))
    curves = re.findall(r'data-name="(team-.) pending"[^>]*?(?: stroke-dasharray="([^"]*)")? d="([^"]*)"', page)
    assert [(team, dash) for team, dash, _ in curves] == [("team-a", ""), ("team-b", "7 3"), ("team-c", "2 2")]
    assert len({path for _, _, path in curves}) == 1
    legend = page[page.index('id="queue-length"') :]
    assert re.findall(r'<i class="(\w+)"[^>]*></i>(team-.)', legend) == [
        ("line", "team-a"), ("dash", "team-b"), ("dots", "team-c"),
    ]  # fmt: skip


def test_the_last_step_of_waits_is_inside_the_figure() -> None:
    jobs = [job(f"job-{n}", "team-a", 1, runtime_ms=HOUR) for n in range(2)]
    page = run_page(run(scene([queue("team-a", 1)], jobs)))
    found = re.search(r'data-name="team-a admitted"[^>]* d="([^"]*)"', page)
    assert found is not None and found[1].endswith("H9804V78H10000")
    assert "Share of workloads admitted within a wait.<" in page


def test_an_infinite_share_is_drawn_at_the_upper_edge_and_said() -> None:
    """The default weight of HyperPod is 0: the figure had a gap where such a team borrows."""
    jobs = [job("borrows", "team-a", 3, at_ms=15 * MINUTE, runtime_ms=30 * MINUTE), job("stays", "team-b", 1)]
    teams = [replace(queue("team-a", 2), fair_weight=0.0), queue("team-b", 2)]
    page = run_page(run(scene(teams, jobs, settings=FAIR, horizon_ms=HOUR)))
    found = re.search(r'data-name="team-a, share in ‰"[^>]* d="([^"]*)"', page)
    assert found is not None and found[1] == "M0 4000H2500V60H7500V4000H10000"
    assert "the lowest goes first. Infinite where a team of weight 0 borrows.<" in page
    assert '<span style="top:1.5%">∞</span>' in page


def test_jobs_that_follow_each_other_at_once_do_not_look_like_one_long_job() -> None:
    """Rows are shared by jobs that do not overlap; where the bars are too short to be seen, so would be the seams."""
    teams = [queue("team-a", 1, None), queue("team-b", 1, None)]
    long = [job(f"a-{n}", "team-a", 1, runtime_ms=HOUR) for n in range(4)]
    short = [job(f"b-{n:03}", "team-b", 1, runtime_ms=MINUTE // 2) for n in range(200)]
    page = run_page(run(scene(teams, [*long, *short])))
    found = re.findall(r'<path class="seam" d="([^"]*)"', page)
    assert [re.findall(r"M(\d+)", path) for path in found] == [["2500", "5000", "7500"]]


def test_the_same_run_makes_the_same_page(page: str) -> None:
    assert run_page(run(introductory_lab())) == page


def test_a_page_without_figures_carries_no_script() -> None:
    made = html.page("Sweep", [html.table("Cells", ("cell", "value"), [("a", "1")]), html.prose("Empty")])
    assert len(made) < 20_000 and "<script>" not in made


def test_what_users_name_things_cannot_break_out_of_the_page() -> None:
    nasty = "<script>alert(1)</script>"
    made = html.page(
        nasty,
        [
            html.cards("Cards", [(nasty, nasty)]),
            html.warnings("Warnings", [nasty]),
            html.table("T", [nasty], [[nasty]]),
        ],
        nasty,
    )
    assert "<script>" not in made


def test_rows_of_a_table_too_wide_for_a_phone_are_stacked_there_with_the_names_of_columns() -> None:
    narrow, wide = (
        html.page("T", [html.table("T", heads, [("a", *["1,234,567"] * (len(heads) - 1))])])
        for heads in (("team", "used", "lost"), ("team", "used", "lost", "idle", "paid", "done"))
    )
    labels = re.findall(r'td:nth-child\((\d)\)::before{content:"(.*?)"}', wide)
    assert labels == [("2", "used "), ("3", "lost "), ("4", "idle "), ("5", "paid "), ("6", "done ")]
    assert ('class="stack ' in wide, 'class="stack ' in narrow, "::before{content" in narrow) == (True, False, False)


def test_names_of_columns_cannot_break_out_of_the_style_sheet() -> None:
    heads = ("team", *['"}</style><script>alert(1)</script>'] * 6)
    made = html.page("T", [html.table("T", heads, [("a",) * 7])])
    assert (made.count("</style>"), made.count("<script>"), made.count('content:"')) == (1, 0, 6)


def test_names_inside_figures_cannot_break_out_of_the_page() -> None:
    odd = "</script><script>alert(1)</script>"
    result = run(scene([queue(odd, 1)], [job("one", odd, 1, runtime_ms=HOUR)]))
    assert "<script>alert" not in run_page(result)


def test_more_admissions_than_can_be_drawn_become_a_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kueue_sim.report.page.timeline.MOST_BARS", 100)
    assert "101 admissions are too many to draw one by one" in run_page(many(101))


def test_long_series_are_averaged_exactly() -> None:
    from kueue_sim.results.step_functions.series import series

    steps = many(300).figures.held["team-a", "a100", "nvidia.com/gpu"]
    drawn = series([steps], 300_000, most=11)
    widths = [int(width) for width in drawn.times[1:] - drawn.times[:-1]]
    total = sum(value * width for value, width in zip(drawn.values[0].tolist(), widths, strict=False))
    assert (drawn.bin_ms, total) == (30_000, pytest.approx(steps.integral(300_000)))


def test_links_lead_to_the_sections_of_a_page_that_has_several() -> None:
    one, two = html.prose("Answer", "Yes."), html.prose("Why", "It fits.")
    assert [html.page("asked", parts).count("<nav>") for parts in ([one], [one, two])] == [0, 1]


def test_a_story_keeps_its_lines_and_what_goes_on_is_indented() -> None:
    told = html.told("In words", "b waits\n  10m  <nobody>\n")
    lines = ('<span style="--in:0ch">b waits</span>', '<span style="--in:2ch">  10m  &lt;nobody&gt;</span>')
    assert told.body == f'<pre class="told">{"".join(lines)}</pre>'


def test_nodes_are_counted_in_whole_ones() -> None:
    whole, parts = (Across("nodes", 2.0, time=False, whole=whole).ticks() for whole in (True, False))
    assert whole == [(0.0, "0"), (0.5, "1"), (1.0, "2")]
    assert [text for _, text in parts] == ["0", "0.5", "1", "1.5", "2"]


needs_browser = pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is installed to render the page")


@needs_browser
def test_a_browser_that_complains_is_heard(tmp_path: Path) -> None:
    command = browser()
    assert command is not None
    path = tmp_path / "broken.html"
    path.write_text("<!doctype html><script>missing_function()</script>")
    assert ["missing_function is not defined" in text for text in render(command, path).complaints] == [True]


@needs_browser
def test_a_browser_shows_what_is_under_the_pointer_and_zooms_into_time_without_complaint(tmp_path: Path) -> None:
    pytest.importorskip("tornado", reason="tornado is missing: pip install 'kueue-sim[explore]'")
    command = browser()
    assert command is not None
    path = tmp_path / "report.html"
    path.write_text(run_page(run(introductory_lab())), encoding="utf-8")
    area = "document.querySelector('#{} .panel > .area')"
    with tab(command, tmp_path / "profile") as shown:
        shown.go(path.as_uri())

        def spot(section: str, across: float, down: float) -> tuple[float, float]:
            shown.value(f"document.querySelector('#{section}').scrollIntoView({{block: 'center'}})")
            shown.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
            box = shown.value(
                f"(b => [b.left, b.top, b.width, b.height])({area.format(section)}.getBoundingClientRect())"
            )
            return box[0] + across * box[2], box[1] + down * box[3]

        def told(section: str, across: float, down: float) -> str:
            shown.mouse("moved", *spot(section, across, down))
            return str(shown.value("document.querySelector('.tip').innerText"))

        story, use = told("timeline", 0.02, 0.25), told("use-against-quota", 0.02, 0.5)
        for kind, across in (("pressed", 0.25), ("moved", 0.4), ("released", 0.5)):
            shown.mouse(kind, *spot("timeline", across, 0.5))
        boxes = shown.value("[...document.querySelectorAll('.time svg')].map(svg => svg.getAttribute('viewBox'))")
        shown.value("document.querySelector('.back').click()")
        ticks = shown.value("document.querySelector('#timeline .ticks').innerText")
        complaints = shown.complaints
    assert complaints == []
    assert story.split("\n")[:4] == [
        "team-a/imagenet-1 (priority 70)",
        "2 GPU of team-a",
        "admitted at 0s after waiting 0s",
        "preempted after 30m",
    ]
    assert use.split("\n") == [
        "team-a",
        "1 GPU of its own quota",
        "1 GPU borrowed",
        "1 GPU nominal",
        "time since start (hours): 0.08",
    ]
    assert {tuple(round(float(part), -2) for part in box.split()) for box in boxes} == {(2500, 0, 2500, 4000)}
    assert (len(boxes), ticks.split()) == (5, ["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4"])


@needs_browser
def test_paper_shows_commands_whole_and_no_axis_without_its_drawing(tmp_path: Path) -> None:
    pytest.importorskip("tornado", reason="tornado is missing: pip install 'kueue-sim[explore]'")
    command = browser()
    assert command is not None
    path = tmp_path / "paper.html"
    drawing = plot([Panel(80, name="team-a")], Across("time since start (hours)", 2.0))
    path.write_text(
        html.page("paper", [html.code("To apply", "kubectl patch " + "x" * 300), html.figure("Use", drawing)])
    )
    with tab(command, tmp_path / "profile") as shown:
        shown.go(path.as_uri())
        beyond = "(e => e.scrollWidth > e.clientWidth)(document.querySelector('pre'))"
        kept = "['.axis', '.label'].map(name => getComputedStyle(document.querySelector(name)).breakBefore)"
        assert shown.value(beyond) is True
        shown.command("Emulation.setEmulatedMedia", media="print")
        assert (shown.value(beyond), shown.value(kept)) == (False, ["avoid", "avoid"])
