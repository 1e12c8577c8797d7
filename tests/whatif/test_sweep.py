"""Sweeps: the points of a grid, one table whoever makes the runs, and what is left after a failure."""

import gc
import os
import signal
import warnings
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from kueue_sim.cli import cli
from kueue_sim.errors import InputError
from kueue_sim.whatif.execution.execution import Progress
from kueue_sim.whatif.execution.executors import Crew, dask, in_process, processes
from kueue_sim.whatif.execution.runs import Runs
from kueue_sim.whatif.facade import advise, compare, sweep
from kueue_sim.whatif.rendering.sweep_page import sweep_page
from kueue_sim.whatif.rendering.sweep_plots import undominated
from kueue_sim.whatif.rendering.sweep_text import sweep_text
from kueue_sim.whatif.sweeping.grid import Axis, names_of, points, read_axis, read_case
from kueue_sim.whatif.sweeping.sweep import Sweep
from tests.whatif.worlds import FILE, file

NOMINAL = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"


def forty_runs(base: Path, folder: Path, crew: Crew, progress: Progress | None = None) -> bytes:
    """Eight quotas under five seeds; the table as written."""
    runs = Runs(seeds=5, executor=crew, folder=folder, progress=progress)
    found = sweep(base, {NOMINAL: range(1, 9)}, metrics=["delay.mean"], runs=runs)
    return (found.save(folder) / "sweep.csv").read_bytes()


def test_axes_are_lists_and_ranges() -> None:
    assert [read_axis(text) for text in ("a.b=1,2,4", "x=8..24:8", "w=0.5..1:0.25", "s=None,Hold")] == [
        Axis("a.b", ("1", "2", "4")),
        Axis("x", ("8", "16", "24")),
        Axis("w", ("0.5", "0.75", "1")),
        Axis("s", ("None", "Hold")),
    ]


@pytest.mark.parametrize("text", ["a.b", "=1", "a=", "a=1,1", "a=1,,2", "a=4..1", "a=1..4:0", "a=0..100000"])
def test_wrong_axes_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_axis(text)


def test_points_are_all_combinations_the_last_axis_fastest_and_each_case_with_them() -> None:
    axes = [Axis("a", ("1", "2")), Axis("b", ("x",))]
    assert points(axes, [read_case("c=3; d=4"), read_case("c=5")]) == [
        (("c", "3"), ("d", "4"), ("a", "1"), ("b", "x")),
        (("c", "3"), ("d", "4"), ("a", "2"), ("b", "x")),
        (("c", "5"), ("a", "1"), ("b", "x")),
        (("c", "5"), ("a", "2"), ("b", "x")),
    ]


def test_quota_that_moves_is_an_axis_and_part_of_a_case() -> None:
    wanted = Axis("team-b -> team-a", ("0", "2", "4"))
    assert [read_axis(text) for text in ("team-b -> team-a 0..4:2", "team-b -> team-a=0,2,4")] == [wanted, wanted]
    assert read_case("team-b -> team-a 2; seed=3") == (("team-b -> team-a", "2"), ("seed", "3"))


def test_names_of_paths_are_short_where_that_says_enough() -> None:
    paths = ["clusterQueues.a.h100.gpu.nominalQuota", "clusterQueues.a.a100.gpu.nominalQuota", "clusterQueues.b.weight"]
    assert names_of(["horizon", paths[0]]) == {"horizon": "horizon", paths[0]: "a.nominalQuota"}
    assert list(names_of(paths).values()) == ["a.h100.gpu.nominalQuota", "a.a100.gpu.nominalQuota", "b.weight"]


def test_one_row_per_run_with_its_settings(tmp_path: Path) -> None:
    found = sweep(file(tmp_path), {NOMINAL: [2, 8]}, seeds=2, metrics=["total.delay.mean"])
    table = found.table
    measured = ["total.delay.mean", "in_loops", "open_ends"]
    assert list(table.columns) == [NOMINAL, "seed", "status", "stage", "reason", *measured]
    assert list(table[NOMINAL].items()) == [(0, 2), (1, 2), (2, 8), (3, 8)]
    assert list(table["seed"]) == [0, 1, 0, 1]
    assert all(table["total.delay.mean"][:2] > table["total.delay.mean"][2:].to_numpy())


def test_a_run_that_fails_is_a_row_and_the_exit_code_is_1(tmp_path: Path) -> None:
    arguments = [str(file(tmp_path)), "--grid", f"{NOMINAL}=2,-1,4", "--metric", "total.finished", "--format", "csv"]
    ended = CliRunner().invoke(cli, ["sweep", *arguments, "--executor", "local"])
    rows = ended.stdout.splitlines()
    assert (ended.exit_code, len(rows), rows[1].split(",")[1:4]) == (1, 4, ["0", "ok", ""])
    assert rows[2].startswith("-1,0,failed,load,") and rows[2].endswith(",")


def test_processes_and_a_dask_cluster_that_loses_a_worker_write_the_same_bytes(tmp_path: Path) -> None:
    from distributed import LocalCluster

    base = file(tmp_path)
    by_processes = forty_runs(base, tmp_path / "processes", processes(2))
    killed: list[int] = []
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        workers = [worker.process.pid for worker in cluster.workers.values()]

        def kill_one_half_way(done: int, total: int) -> None:
            if done >= total // 2 and not killed:
                killed.append(workers[0])
                os.kill(workers[0], signal.SIGKILL)

        by_dask = forty_runs(base, tmp_path / "dask", dask(cluster.scheduler_address), progress=kill_one_half_way)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # the connections to the worker that was killed are not closed by Dask
    kept = len(list((tmp_path / "dask" / "cells").iterdir()))
    assert (by_dask == by_processes, len(killed), kept, by_dask.count(b",ok,")) == (True, 1, 40, 40)


def test_a_sweep_goes_on_where_it_stopped(tmp_path: Path) -> None:
    base, heard = file(tmp_path), []
    want = forty_runs(base, tmp_path / "whole", in_process())

    def interrupt(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forty_runs(base, tmp_path / "parts", in_process(), progress=interrupt)
    got = forty_runs(base, tmp_path / "parts", in_process(), progress=lambda done, total: heard.append(done))
    assert (got == want, heard[0], heard[-1]) == (True, 20, 40)


def test_a_changed_scenario_is_not_answered_from_what_was_kept(tmp_path: Path) -> None:
    before = forty_runs(file(tmp_path), tmp_path / "out", in_process())
    after = forty_runs(file(tmp_path, FILE.replace("mean: 1h", "mean: 2h")), tmp_path / "out", in_process())
    assert before != after


def grid_of(path: Path) -> Sweep:
    return sweep(path, {NOMINAL: [2, 4], "horizon": ["6h", "1d"]}, metrics=["delay.mean", "utilisation"])


def test_plots_say_what_their_axes_are(tmp_path: Path) -> None:
    found = grid_of(file(tmp_path))
    heat, pareto = found.plot.metric("delay.mean"), found.plot.pareto("delay.mean", "utilisation")
    line = sweep(file(tmp_path), {NOMINAL: [2, 4]}, metrics=["delay.mean"]).plot.metric("delay.mean")
    assert (heat.get_xlabel(), heat.get_ylabel()) == ("horizon", "team-a.nominalQuota")
    assert (pareto.get_xlabel(), pareto.get_ylabel()) == ("delay.mean (hours)", "utilisation (%)")
    assert (line.get_xlabel(), line.get_ylabel()) == ("team-a.nominalQuota", "delay.mean (hours)")


def test_a_heat_map_of_one_value_has_no_colours_for_less_than_nothing(tmp_path: Path) -> None:
    """Nothing is preempted anywhere: the bar of colours begins at 0. Numbers of few points are large."""
    heat = sweep(file(tmp_path), {NOMINAL: [64, 65], "horizon": ["1h", "2h"]}, metrics=["preemptions"]).plot.metric(
        "preemptions"
    )
    assert ([text.get_text() for text in heat.texts], heat.images[0].get_clim()) == (["0"] * 4, (0.0, 1.0))
    assert {text.get_fontsize() for text in heat.texts} == {10.0}


def test_ticks_stand_at_the_settings_that_were_tried(tmp_path: Path) -> None:
    def ticks(path: str, values: list[object]) -> list[str]:
        found = sweep(file(tmp_path), {path: values}, metrics=["delay.mean", "team-a.delay.mean"])
        return [label.get_text() for label in found.plot.teams(found.paths[0]).get_xticklabels()]

    assert ticks(NOMINAL, [2, 4]) == ["2", "4"]
    words = "clusterQueues.team-a.queueingStrategy"
    assert ticks(words, ["StrictFIFO", "BestEffortFIFO"]) == ["StrictFIFO", "BestEffortFIFO"]
    assert ticks(NOMINAL, [2, 3, 64]) != ["2", "3", "64"]


def test_what_somebody_asked_for_by_name_is_told_beside_totals(tmp_path: Path) -> None:
    asked = ["preemptions", "team-a.delay.mean"]
    found = sweep(file(tmp_path), {NOMINAL: [2, 4]}, metrics=asked)
    assert [path.text for path in found.told] == asked
    assert "team-a.delay.mean" in sweep_text(found) and "team-a.preemptions" in found.columns()
    folder = found.save(tmp_path / "out", plots=True)
    assert sorted(one.stem for one in folder.glob("*.png")) == asked
    both = sweep(file(tmp_path), {NOMINAL: [2, 4]}, metrics=["total.delay.mean", "team-a.delay.mean"])
    assert [path.text for path in both.told] == ["total.delay.mean", "team-a.delay.mean"]


def test_the_folder_has_csv_parquet_and_pictures_on_demand(tmp_path: Path) -> None:
    folder = grid_of(file(tmp_path)).save(tmp_path / "out", parquet=True, plots=True)
    assert sorted(path.name for path in folder.iterdir()) == [
        "delay.mean.png", "manifest.json", "report.html", "sweep.csv", "sweep.parquet", "utilisation.png",
    ]  # fmt: skip
    pd.testing.assert_frame_equal(
        pd.read_parquet(folder / "sweep.parquet")[["seed", "delay.mean"]],
        pd.read_csv(folder / "sweep.csv")[["seed", "delay.mean"]],
    )


def test_the_page_calls_no_share_of_a_quota_that_varies_the_best(tmp_path: Path) -> None:
    base = file(tmp_path)
    metrics = ["total.utilisation", "total.delay.mean"]
    grids: list[dict[str, list[object]]] = [{NOMINAL: [1, 2]}, {"horizon": ["12h", "1d"]}]
    quotas, lengths = (sweep_page(sweep(base, grid, metrics=metrics)) for grid in grids)
    assert ("highest total.utilisation" in quotas, "best total.delay.mean" in quotas) == (True, True)
    assert ("best total.utilisation" in lengths, "highest" in lengths) == (True, False)


def test_the_front_is_what_nothing_else_beats() -> None:
    assert undominated([(1, 5), (2, 4), (2, 3), (0, 6), (0, 5)]) == [0, 1, 3]


def test_the_seed_is_no_setting_to_sweep_compare_or_advise(tmp_path: Path) -> None:
    """Every run sets its own seed: what a point said of it made no difference, and rows were alike."""
    path = file(tmp_path)
    for asked in (
        lambda: sweep(path, {"seed": [1, 2]}),
        lambda: sweep(path, {"seed+": [1, 2]}),
        lambda: sweep(path, cases=[{NOMINAL: 2, "seed": 1}]),
        lambda: compare(path, {"other": ["seed=1"]}),
        lambda: compare(path, {"other": [("seed", 1)]}),
        lambda: advise(path, ["delay.mean <= 0s"], {"seed": [1, 2]}),
    ):
        with pytest.raises(InputError, match="seed is no setting: every point and variant is run under the same seeds"):
            asked()
