"""A fit as generators to paste into a scenario, as a table of how well each family does, and as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml

from kueue_sim.report.charts.chart_style import PALETTE, time_unit
from kueue_sim.report.text.wording import count
from kueue_sim.whatif.fitting.fit import Fit, FittedQueue

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def fit_yaml(fit: Fit) -> str:
    """The ``workloads`` of a scenario, with a comment per family that was tried."""
    lines = [f"# {note}" for note in fit.notes]
    lines.append("workloads:")
    for queue in fit.queues:
        tried = "; ".join(f"{one.name} {one.distance:.1%}" for one in queue.families)
        lines.append(f"# {queue.namespace}/{queue.queue}, {count(queue.jobs, 'job')}; largest distance: {tried}")
        text = yaml.safe_dump([{"generate": _generator(queue, fit.resource)}], sort_keys=False, default_flow_style=None)
        lines += text.rstrip().splitlines()
    return "\n".join(lines) + "\n"


def fit_content(fit: Fit) -> dict[str, object]:
    """Everything as plain values: the generators, and per queue how well each family does."""
    return {
        "notes": list(fit.notes),
        "workloads": [{"generate": _generator(queue, fit.resource)} for queue in fit.queues],
        "families": fit_rows(fit),
    }


def fit_rows(fit: Fit) -> list[dict[str, object]]:
    """A row for each queue and family that was tried, the best first; the distance is a share from 0 to 1."""
    return [
        {
            "namespace": queue.namespace,
            "queue": queue.queue,
            "jobs": queue.jobs,
            "every_s": queue.every_ms / 1000,
            "family": one.name,
            "aic": one.aic,
            "distance": one.distance,
            "taken": queue.best is not None and one.name == queue.best.name,
        }
        for queue in fit.queues
        for one in queue.families
    ]


def _generator(queue: FittedQueue, resource: str) -> dict[str, object]:
    arrivals: dict[str, object] = {"every": _seconds(queue.every_ms / 1000)}
    rhythm = {"hours": queue.hours, "weekdays": queue.weekdays}
    told = {name: [round(weight, 3) for weight in weights] for name, weights in rhythm.items() if weights is not None}
    arrivals |= {"rhythm": told} if told else {}
    sizes, jobs = ([pair[index] for pair in queue.sizes] for index in (0, 1))
    return {
        "name": queue.queue,
        "namespace": queue.namespace,
        "queue": queue.queue,
        "requests": {resource: 1},
        "pods": {"distribution": "choice", "values": sizes, "weights": jobs} if len(sizes) > 1 else sizes[0],
        "arrivals": arrivals,
        "runtime": _runtime(queue),
    }


def _runtime(queue: FittedQueue) -> dict[str, object]:
    best = queue.best
    if best is None:
        return {"distribution": "empirical", "file": file_of(queue), "column": "runtime"}
    plain = ("shape", "sigma")
    told = {
        name: float(f"{value:.4g}") if name in plain else _seconds(value) for name, value in best.parameters.items()
    }
    return {"distribution": best.name, **told}


def _seconds(value: float) -> str:
    return f"{max(1, round(value))}s"


def file_of(queue: FittedQueue) -> str:
    """The name of the file with the recorded run times of a queue."""
    return f"{queue.namespace}-{queue.queue}.csv"


def save_fit(fit: Fit, folder: Path) -> Path:
    """Writes generators, recorded run times where they are drawn themselves, and a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "workloads.yaml").write_text(fit_yaml(fit), encoding="utf-8")
    for queue in fit.queues:
        if queue.best is None:
            rows = [f"{value:g}s" for value in queue.runtimes_s]
            (folder / file_of(queue)).write_text("\n".join(["runtime", *rows]) + "\n", encoding="utf-8")
    fit_figure(fit).savefig(folder / "fit.png", dpi=120, metadata={"Software": None})
    return folder


def fit_figure(fit: Fit) -> "Figure":
    """Per queue the share of jobs that are shorter, recorded and as each family has it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.2 * len(fit.queues)), layout="constrained")
    axes = figure.subplots(len(fit.queues), 1, squeeze=False)[:, 0]
    for queue, drawn in zip(fit.queues, axes, strict=True):
        size, unit = time_unit(1000 * float(np.median(queue.runtimes_s)))
        runtimes = queue.runtimes_s
        shares = np.arange(1, len(runtimes) + 1) / len(runtimes)
        drawn.step(runtimes * 1000 / size, shares, where="post", color="black", linewidth=2, label="recorded")
        grid = np.geomspace(max(runtimes[0], 1e-3), max(runtimes[-1], 2e-3), 300)
        for number, family in enumerate(queue.families[:3]):
            label = f"{family.name}, {family.distance:.1%} off"
            drawn.plot(grid * 1000 / size, family.below(grid), "--", color=PALETTE[number], linewidth=1.2, label=label)
        drawn.set_xscale("log")
        drawn.set_title(f"{queue.namespace}/{queue.queue}: {count(queue.jobs, 'job')}", fontsize="medium")
        drawn.set_xlabel(f"run time ({unit})")
        drawn.set_ylabel("share of jobs that are shorter")
        drawn.spines[["top", "right"]].set_visible(False)
        drawn.legend(frameon=False, fontsize="small")
    return figure
