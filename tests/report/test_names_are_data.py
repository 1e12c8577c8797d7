"""Names of others are data: neither terminals, spreadsheets, drawings nor pages obey what stands in them."""

import csv
import io
import re
from html import unescape
from pathlib import Path

import pytest

from kueue_sim import report, run
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.report.exports.run_folder import as_csv
from kueue_sim.report.page.plot import Across, Panel, plot
from kueue_sim.report.text.terminal import text_report
from kueue_sim.results.run_result import RunResult

HOSTILE = "=cmd|'/c calc'!A0 \x1b[31m<b>%{y}</b>"


@pytest.fixture(scope="module")
def result() -> RunResult:
    flavor = {"name": "gpu", "resources": [{"name": "nvidia.com/gpu", "nominalQuota": 4}]}
    group = {"coveredResources": ["nvidia.com/gpu"], "flavors": [flavor]}
    queue = {"kind": "ClusterQueue", "metadata": {"name": "a"}, "spec": {"resourceGroups": [group]}}
    work = {"name": HOSTILE, "team": "a", "runtime": "1h", "requests": {"nvidia.com/gpu": 1}}
    objects = [{"kind": "ResourceFlavor", "metadata": {"name": "gpu"}}, queue]
    scenario = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}, "workloads": [work]}
    return run(scenario_from_dict(scenario))


def test_a_terminal_is_not_steered(result: RunResult) -> None:
    text = text_report(result)
    assert ("\x1b" in text, "\\u001b[31m" in text) == (False, True)


def test_a_spreadsheet_computes_nothing() -> None:
    rows = list(csv.reader(io.StringIO(as_csv({"name": ["=1+1", "+1", "-1", "@x", "\tx", "a=1"], "value": [-1] * 6}))))
    assert rows == [["name", "value"], *([text, "-1"] for text in ("'=1+1", "'+1", "'-1", "'@x", "'\tx", "a=1"))]


def test_markup_and_control_characters_in_names_are_shown_by_drawings() -> None:
    name = '<a href="x">y</a>\x1b'
    panel = Panel(90, 1.0, name, rows=[(0.5, name)])
    panel.line([0, 1], [1, 1], "currentColor", name)
    panel.area([0, 1], [0, 0], [1, 1], "currentColor", name)
    panel.strip([0, 1], [1], "currentColor", name)
    drawn = plot([panel], Across(name, 1.0), [(name, "currentColor", "line")])
    shown = unescape(drawn).count('<a href="x">y</a>\\u001b')
    assert ("<a" in drawn, "\x1b" in drawn, 'data-name="<' in drawn, shown) == (False, False, False, 9)


def test_a_page_holds_no_markup_of_a_name(result: RunResult, tmp_path: Path) -> None:
    report.save(result, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"(?:<|\\u003c)b(?:>|\\u003e)%{y}", page) == []
