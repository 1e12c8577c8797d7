"""One scenario, as it is and as sliders make it: the runs, and the figures that both are compared by."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kueue_sim._run import run
from kueue_sim.engine.waits import PLAYED
from kueue_sim.exploring.sliders import Slider, overrides_of, sliders_of
from kueue_sim.inputs import Loaded, load
from kueue_sim.inputs.assembled import StepOptions
from kueue_sim.inputs.text.overrides import Override
from kueue_sim.report.text.wording import team_name, wait_cells

if TYPE_CHECKING:
    from kueue_sim.inputs.repository.given import Given
    from kueue_sim.result import Result

COLUMNS = ("team", "wait, median", "wait, p95", "use of quota", "preempted", "never admitted")


class Exploration:
    """A scenario with sliders. ``given``, ``overlays`` and ``steps`` are as for ``load_scenario``; ``overrides`` hold
    for every run. Raises InputError for a scenario that is wrong.
    """

    def __init__(
        self,
        given: "Given | Sequence[Given]",
        overrides: Sequence[Override] = (),
        overlays: Sequence[str | Path] = (),
        steps: StepOptions = PLAYED,
    ) -> None:
        self._given, self._overrides, self._overlays, self._steps = given, tuple(overrides), tuple(overlays), steps
        self._loaded = self._load(())
        self.name = self._loaded.scenario.name

    @cached_property
    def base(self) -> "Result":
        """The run of the scenario as it is."""
        return run(self._loaded.scenario)

    @cached_property
    def sliders(self) -> tuple[Slider, ...]:
        """What can be moved."""
        return sliders_of(self._loaded.manifests, self.base.resource)

    def moved(self, values: Mapping[str, float]) -> "Result":
        """The run with some sliders, by path, at other values. Raises InputError for a path without a slider."""
        now = {slider.path: slider.value for slider in self.sliders}
        changed = {path: value for path, value in values.items() if now.get(path) != value}
        if not changed:
            return self.base
        return run(self._load(overrides_of(changed)).scenario)

    def rows(self, result: "Result") -> list[tuple[str, ...]]:
        """The figures of COLUMNS, a row per team and one for all, as they are shown."""
        teams = [*((team_name(team.cluster_queue), team) for team in result.teams), ("all", result.total)]
        return [
            (
                name,
                *wait_cells(team.waits, "p50", "p95")[1:3],
                "–" if team.utilisation is None else f"{team.utilisation:.0%}",
                str(team.preempted),
                str(team.never_admitted),
            )
            for name, team in teams
        ]

    def _load(self, changes: Sequence[Override]) -> Loaded:
        return load(self._given, [*self._overrides, *changes], self._overlays, steps=self._steps)


__all__ = ["COLUMNS", "Exploration"]
