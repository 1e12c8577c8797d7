"""The commands ``run`` and ``explain``: what goes to stdout, what to stderr, which exit code."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kueue_sim.cli import cli, main
from tests.scenario_text import scenario_text

LAB = scenario_text(
    {"team-a": 3},
    """\
name: lab
horizon: 4h
cluster:
  nodes:
  - {kind: Node, metadata: {name: node-1}, status: {allocatable: {nvidia.com/gpu: 2, pods: 100}}}
workloads:
- {name: first, team: team-a, runtime: 90m, requests: {nvidia.com/gpu: 2}}
- {name: second, team: team-a, submit: 30m, runtime: 1h, requests: {nvidia.com/gpu: 2}}
""",
)
DOUBT = "nominal quota of nvidia.com/gpu in flavor gpu is 3, the nodes have 2"


@pytest.fixture
def lab(tmp_path: Path) -> str:
    path = tmp_path / "lab.yaml"
    path.write_text(LAB)
    return str(path)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_run_prints_the_report_to_stdout_and_warnings_to_stderr(lab: str) -> None:
    ran = invoke("run", lab)
    assert (ran.exit_code, ran.stdout.splitlines()[0], ran.stderr) == (0, "lab", f"warning: {DOUBT}\n")


def test_run_as_json_prints_the_summary_alone(lab: str) -> None:
    figures = json.loads(invoke("run", lab, "--format", "json").stdout)
    assert (figures["scenario"], [team["finished"] for team in figures["teams"]]) == ("lab", [2])


def test_run_writes_a_folder_and_says_where(lab: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert f"written to {out}" in invoke("run", lab, "-o", str(out)).stderr
    assert json.loads((out / "manifest.json").read_text())["scenario"] == "lab"


def test_until_ends_the_run_early(lab: str) -> None:
    figures = json.loads(invoke("run", lab, "--format", "json", "--until", "1h").stdout)
    assert (figures["end_s"], figures["unfinished"]) == (3600.0, ["default/first", "default/second"])


def test_set_changes_one_value_of_the_file(lab: str) -> None:
    figures = json.loads(invoke("run", lab, "--format", "json", "--set", "name=another").stdout)
    assert figures["scenario"] == "another"


def test_a_wrong_duration_is_a_mistake_of_use(lab: str) -> None:
    ran = invoke("run", lab, "--until", "soon")
    assert (ran.exit_code, "is not a duration" in ran.stderr) == (2, True)


def test_explain_tells_one_life(lab: str) -> None:
    told = invoke("explain", lab, "second").stdout
    assert [line.split("  ")[-1] for line in told.splitlines() if "admitted" in line] == [
        "not admitted: couldn't assign flavors to pod set main: insufficient unused quota for nvidia.com/gpu "
        "in flavor gpu, 1 more needed",
        "admitted after waiting 1h: 2 nvidia.com/gpu from flavor gpu",
    ]


def test_explain_of_an_unknown_workload_offers_the_nearest_names(lab: str) -> None:
    ran = invoke("explain", lab, "secnd")
    assert (ran.exit_code, "did you mean second" in ran.stderr) == (2, True)


def test_mistakes_in_the_file_stop_the_command_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("apiVersion: kueue-sim/v1\nkind: Scenario\nhorizont: 1h\n")
    with pytest.raises(SystemExit) as left:
        main(["run", str(path)])
    seen = capsys.readouterr()
    assert (left.value.code, seen.out, f"{path}:3:1" in seen.err) == (2, "", True)


def test_ctrl_c_reports_what_was_done_and_exits_130(lab: str) -> None:
    """The signal is sent by the run itself, at its first instant, so nothing depends on time."""
    program = (
        "import os, signal, sys, kueue_sim.cli\n"
        "from kueue_sim.cli.progress import RunProgress\n"
        "call = RunProgress.__call__\n"
        "RunProgress.__call__ = lambda *a: (os.kill(os.getpid(), signal.SIGINT), call(*a))[1]\n"
        f"kueue_sim.cli.main(['run', {lab!r}, '--format', 'json'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["end_s"], "interrupted" in done.stderr) == (
        128 + signal.SIGINT,
        0.0,
        True,
    )


@pytest.mark.parametrize("command", [("--help",), ("run", "--help"), ("run",), ("explain",)])
def test_neither_pandas_nor_plotting_is_loaded(lab: str, command: tuple[str, ...]) -> None:
    arguments = {("run",): ["run", lab], ("explain",): ["explain", lab, "first"]}.get(command, list(command))
    program = (
        "import sys, kueue_sim.cli\n"
        f"try: kueue_sim.cli.main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'pandas', 'matplotlib', 'plotly', 'pydantic'} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == "[]"


def test_a_run_that_cannot_be_written_is_refused_before_it_starts(lab: str, tmp_path: Path) -> None:
    ran = invoke("run", lab, "-o", str(Path(lab) / "out"))
    assert (ran.exit_code, ran.stdout, f"{lab!r} is a file, not a folder" in ran.stderr) == (2, "", True)
    ran = invoke("run", lab, "-o", "/dev/null")
    assert (ran.exit_code, ran.stdout, "'/dev/null' is a file, not a folder" in ran.stderr) == (2, "", True)
    assert sorted(tmp_path.iterdir()) == [Path(lab)]


def test_a_folder_that_cannot_be_made_after_all_leaves_the_report_and_exit_code_2(
    lab: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, *arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(folder))

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(SystemExit) as left:
        main(["run", lab, "-o", str(tmp_path / "out")])
    seen = capsys.readouterr()
    assert (left.value.code, seen.out.splitlines()[0]) == (2, "lab")
    assert seen.err.splitlines()[-1] == f"error: {tmp_path / 'out'}: No space left on device"


@pytest.mark.parametrize("flag", ["--parquet", "--plots"])
def test_what_to_write_besides_needs_a_folder(lab: str, flag: str) -> None:
    ran = invoke("run", lab, flag)
    assert (ran.exit_code, ran.stdout, "where is said by -o" in ran.stderr) == (2, "", True)


@pytest.mark.parametrize("arguments", [("run",), ("check",), ("test",)])
def test_ctrl_c_before_there_is_anything_to_report_exits_130(
    lab: str, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kueue_sim.inputs.loading.Loading.loaded", pressed)
    ran = invoke(*arguments, lab)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (128 + signal.SIGINT, "", "interrupted\n")


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_in_a_pipe_follow_the_environment_and_the_words_stay_the_same(
    lab: str, variables: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    plain = CliRunner().invoke(cli, ["run", lab]).stdout
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(cli, ["run", lab], color=True).stdout
    assert ("\x1b[" in shown) is coloured
    words = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert [line.rstrip() for line in words.splitlines()] == [line.rstrip() for line in plain.splitlines()]


def test_stream_writes_parts_and_prints_the_figures_of_the_run(lab: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    streamed = CliRunner().invoke(cli, ["run", lab, "--stream", "-o", str(folder), "--format", "json"])
    whole = CliRunner().invoke(cli, ["run", lab, "--format", "json"])
    assert (streamed.exit_code, streamed.stderr) == (0, f"warning: {DOUBT}\nwritten to {folder}\n")
    told, expected = json.loads(streamed.stdout), json.loads(whole.stdout)
    assert told["total"] == {name: expected["total"][name] for name in told["total"]}
    assert sorted(path.name for path in folder.iterdir()) == [
        "events-00000.parquet",
        "manifest.json",
        "summary.json",
        "workloads-00000.parquet",
    ]


def test_stream_prints_a_table_of_teams(lab: str, tmp_path: Path) -> None:
    told = CliRunner().invoke(cli, ["run", lab, "--stream", "-o", str(tmp_path / "out")])
    assert told.stdout.splitlines() == [
        "lab · 4h simulated · 2 workloads · 9 events in 1 part",
        "",
        "team    workloads  finished  wait avg  p95  max  used GPU-h  of quota  preempted",
        "team-a          2         2       30m  57m   1h           5       42%          0",
        "all             2         2       30m  57m   1h           5       42%          0",
    ]


@pytest.mark.parametrize("besides", [["--plots"], ["--parquet"], ["--fail-on", "loop"]])
def test_stream_refuses_what_needs_the_whole_history(lab: str, tmp_path: Path, besides: list[str]) -> None:
    told = CliRunner().invoke(cli, ["run", lab, "--stream", "-o", str(tmp_path / "out"), *besides])
    assert told.exit_code == 2
    assert "--stream keeps no history: it goes without --parquet, --plots and --fail-on" in told.stderr
    assert not (tmp_path / "out").exists()


def test_a_character_that_the_encoding_of_a_file_lacks_is_its_code_and_no_error(tmp_path: Path) -> None:
    """What Windows takes for redirected output has no ≥."""
    text = "horizon: 1h\nworkloads:\n- {name: large, team: q, requests: {nvidia.com/gpu: 2}}\n"
    (tmp_path / "waits.yaml").write_text(scenario_text({"q": 1}, text), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "kueue_sim.cli", "run", str(tmp_path / "waits.yaml")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "\\u2265 1h" in done.stdout.decode("cp1252")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", ""),
        ("check", ""),
        ("explain", "", "w"),
        ("compare", "", "horizon=1h"),
        ("convert", ""),
        ("forecast", "LAB", "-f", ""),
        ("run", "LAB", "-o", ""),
    ],
)
def test_an_empty_name_is_not_the_current_folder(lab: str, arguments: tuple[str, ...]) -> None:
    result = invoke(*(lab if one == "LAB" else one for one in arguments))
    assert result.exit_code == 2
    assert "the name is empty; is a variable of the shell not set?" in result.stderr
