"""Sliders: which there are, what moving one does, in the page, in a browser and in a notebook."""

import http.client
import json
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

import kueue_sim
from kueue_sim.exploring import Exploration, explore
from kueue_sim.exploring.server import HOST, address, serving
from kueue_sim.exploring.sliders import Slider
from tests.report.browser import Tab, browser, tab

LENT = "clusterQueues.team-a.nvidia.com/gpu.lendingLimit"
GOLD = "clusterQueues.team-gold.weight"


@pytest.fixture(scope="module")
def lending() -> Exploration:
    return explore(kueue_sim.example("lending-limits"))


@pytest.fixture(scope="module")
def page(lending: Exploration) -> Iterator[int]:
    with serving(lending) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def asked(port: int, path: str, host: str | None = None) -> tuple[int, str]:
    with closing(http.client.HTTPConnection(HOST, port, timeout=60)) as connection:
        connection.request("GET", path, headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def moved(port: int, **values: float) -> Any:
    return json.loads(asked(port, "/run?" + urllib.parse.urlencode(values))[1])


def test_quotas_written_limits_and_weights_have_sliders(lending: Exploration) -> None:
    assert lending.sliders == (
        Slider("clusterQueues.team-a.nvidia.com/gpu.nominalQuota", "team-a: quota", 0, 16, 1, 8),
        Slider(LENT, "team-a: lends at most", 0, 16, 1, 2),
        Slider("clusterQueues.team-b.nvidia.com/gpu.nominalQuota", "team-b: quota", 0, 16, 1, 8),
    )
    weights = [one for one in explore(kueue_sim.example("fair-sharing-weights")).sliders if one.path == GOLD]
    assert weights == [Slider(GOLD, "team-gold: weight", 0, 6, 0.5, 3)]


def test_a_moved_slider_is_the_run_with_that_value(lending: Exploration) -> None:
    scenario = kueue_sim.load_scenario(kueue_sim.example("lending-limits"), [f"{LENT}=8"])
    result = lending.moved({LENT: 8})
    assert result.scenario == scenario
    assert lending.rows(result) == lending.rows(kueue_sim.run(scenario)) != lending.rows(lending.base)
    assert lending.moved({one.path: one.value for one in lending.sliders}) is lending.base


def test_the_page_answers_with_figures_and_both_tables(page: int, lending: Exploration) -> None:
    now, more = moved(page), moved(page, **{LENT: 8})
    assert now["rows"] == now["before"] == more["before"] == [list(row) for row in lending.rows(lending.base)]
    assert more["rows"] == [list(row) for row in lending.rows(lending.moved({LENT: 8}))]
    assert now["figures"][0] != more["figures"][0]
    assert [one["path"] for one in now["sliders"]] == [one.path for one in lending.sliders]


def test_what_is_wrong_is_told_in_the_page(page: int, lending: Exploration) -> None:
    assert "no such value" in moved(page, **{"clusterQueues.team-x.nvidia.com/gpu.nominalQuota": 1})["wrong"]
    assert "is no number that a slider has" in moved(page, **{lending.sliders[0].path: float("inf")})["wrong"]
    assert asked(page, "/elsewhere")[0] == 404


def test_only_names_of_this_machine_are_answered(page: int) -> None:
    assert asked(page, "/run", host="evil.example:80")[0] == 403
    assert asked(page, "/run", host=f"localhost:{page}")[0] == 200


def test_in_a_notebook_the_picture_and_the_table_follow(lending: Exploration) -> None:
    pytest.importorskip("ipywidgets", reason="ipywidgets is missing: pip install 'kueue-sim[explore]'")
    from kueue_sim.exploring.notebook import widget

    box = widget(lending)
    sliders, (picture, table, wrong) = box.children[0].children, box.children[1].children
    before = picture.value
    sliders[1].value = 8
    assert picture.value[:4] == b"\x89PNG" and picture.value != before
    assert (re.search(r"<td>\S+ \(\S+\)</td>", table.value) is not None, wrong.value) == (True, "")


needs_browser = pytest.mark.skipif(browser() is None, reason="no Chromium or Chrome is installed to open the page in")
SHOWN = "[document.querySelector('tbody').innerText, document.querySelector('#figures').innerHTML]"


def move(to: Tab, path: str, value: float) -> None:
    """Move a slider, as the keyboard would."""
    to.value(
        f"(slider => {{ slider.value = {value}; slider.dispatchEvent(new Event('input')); }})"
        f"(document.querySelector('input[data-path=\"{path}\"]'))"
    )


@needs_browser
def test_in_a_browser_a_moved_slider_changes_the_chart_without_a_console_error(
    page: int, tmp_path: Path, lending: Exploration
) -> None:
    pytest.importorskip("tornado", reason="tornado is missing: pip install 'kueue-sim[explore]'")
    command = browser()
    assert command is not None
    with tab(command, tmp_path) as shown:
        shown.go(f"http://{HOST}:{page}/")
        shown.wait("document.body.dataset.drawn === '1'")
        before = shown.value(SHOWN)
        move(shown, LENT, 8)
        shown.wait("document.body.dataset.drawn === '2'")
        after = shown.value(SHOWN)
        told = shown.value("document.querySelector('#command').textContent")
        sideways = shown.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong = shown.complaints
    assert (wrong, told, sideways) == ([], f"--set {LENT}=8", 0)
    assert before[0] != after[0] and before[1] != after[1] and "<svg" in after[1]
    for row in lending.rows(lending.moved({LENT: 8})):
        assert all(cell in after[0] for cell in row)


def test_the_address_is_that_of_this_machine(lending: Exploration) -> None:
    with serving(lending) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address(server))
