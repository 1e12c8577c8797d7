"""Sliders: which there are, what moving one does, in the page, in a browser and in a notebook."""

import http.client
import json
import re
import shutil
import subprocess
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
    assert now["figures"][0]["data"] != more["figures"][0]["data"]
    assert [one["path"] for one in now["sliders"]] == [one.path for one in lending.sliders]


def test_what_is_wrong_is_told_in_the_page(page: int) -> None:
    assert "no such value" in moved(page, **{"clusterQueues.team-x.nvidia.com/gpu.nominalQuota": 1})["wrong"]
    assert asked(page, "/elsewhere")[0] == 404


def test_only_names_of_this_machine_are_answered(page: int) -> None:
    assert asked(page, "/run", host="evil.example:80")[0] == 403
    assert asked(page, "/run", host=f"localhost:{page}")[0] == 200


def test_in_a_notebook_the_picture_and_the_table_follow(lending: Exploration) -> None:
    pytest.importorskip("ipywidgets")
    from kueue_sim.exploring.notebook import widget

    box = widget(lending)
    sliders, (picture, table, wrong) = box.children[0].children, box.children[1].children
    before = picture.value
    sliders[1].value = 8
    assert picture.value[:4] == b"\x89PNG" and picture.value != before
    assert (re.search(r"<td>\S+ \(\S+\)</td>", table.value) is not None, wrong.value) == (True, "")


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRAWN = (
    "new Promise(done => { const look = () => document.body?.dataset.drawn === '%s' ? done(%s) : setTimeout(look, 50); "
    "look(); })"
)
SHOWN = "JSON.stringify([document.querySelector('tbody').innerText, document.querySelector('#figures').innerHTML])"
MOVE = (
    f"const slider = document.querySelector('input[data-path=\"{LENT}\"]'); slider.value = 8; "
    "slider.dispatchEvent(new Event('input'));"
)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here to open the page in")
def test_in_a_browser_a_moved_slider_changes_the_chart_without_a_console_error(
    page: int, tmp_path: Path, lending: Exploration
) -> None:
    websocket = pytest.importorskip("tornado.websocket")
    import asyncio

    async def look() -> tuple[Any, Any, Any, list[str]]:
        socket = await websocket.websocket_connect(_target(browser), max_message_size=2**26)
        wrong: list[str] = []
        number = 0

        async def command(method: str, **parameters: object) -> Any:
            nonlocal number
            number += 1
            await socket.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
            while True:
                answer = json.loads(await socket.read_message())
                if answer.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                    wrong.append(json.dumps(answer["params"]))
                if answer.get("id") == number:
                    return answer["result"]

        async def value(code: str) -> Any:
            found = await command("Runtime.evaluate", expression=code, awaitPromise=True)
            return json.loads(found["result"]["value"])

        for domain in ("Runtime", "Log", "Page"):
            await command(f"{domain}.enable")
        await command("Page.navigate", url=f"http://{HOST}:{page}/")
        await value(DRAWN % ("1", "'1'"))
        before = await value(SHOWN)
        await command("Runtime.evaluate", expression=MOVE)
        after = await value(DRAWN % ("2", SHOWN))
        told = await value("JSON.stringify(document.querySelector('#command').textContent)")
        socket.close()
        return before, after, told, wrong

    browser = subprocess.Popen(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
         f"--user-data-dir={tmp_path}", "about:blank"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        before, after, told, wrong = asyncio.run(asyncio.wait_for(look(), timeout=120))
    finally:
        browser.kill()
        browser.communicate()
    assert wrong == []
    assert told == f"--set {LENT}=8"
    assert before[0] != after[0] and before[1] != after[1] and "<svg" in after[1]
    for row in lending.rows(lending.moved({LENT: 8})):
        assert all(cell in after[0] for cell in row)


def _target(browser: "subprocess.Popen[str]") -> str:
    """Where the first tab of a browser that has just been started is spoken to."""
    assert browser.stderr is not None
    for line in browser.stderr:
        found = re.search(r"DevTools listening on ws://([\d.]+):(\d+)/", line)
        if found:
            with closing(http.client.HTTPConnection(found[1], int(found[2]), timeout=60)) as connection:
                connection.request("GET", "/json")
                tabs = json.loads(connection.getresponse().read())
            return next(str(tab["webSocketDebuggerUrl"]) for tab in tabs if tab["type"] == "page")
    raise AssertionError("the browser said nowhere where it listens")


def test_the_address_is_that_of_this_machine(lending: Exploration) -> None:
    with serving(lending) as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address(server))
