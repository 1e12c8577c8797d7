"""When work begins: with a fact that says so, or so long after its admission as its pods take to be ready."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.model import Workload
from kueue_sim.results.history.by_workload import ByWorkload
from kueue_sim.results.step_functions.steps import Ints


@dataclass(frozen=True, slots=True)
class Beginnings:
    """``fact`` is the type of the facts that begin work, ``begins`` milliseconds by position, −1 where its pods are
    never ready; None where all work begins with the fact itself."""

    fact: str
    times: Ints
    begins: Ints | None = None

    @property
    def delayed(self) -> bool:
        """Whether work may begin later than its fact."""
        return self.begins is not None

    def at(self, positions: Ints) -> Ints:
        """Milliseconds at which work begins whose fact is at each position; −1 for −1 and for never."""
        found: Ints = np.append(self.times if self.begins is None else self.begins, NONE)[positions]
        return found


def beginnings(by_workload: ByWorkload, workloads: Sequence[Workload], pod_start_ms: int) -> Beginnings:
    """How work begins in a run. Where pods are followed there are facts that say so."""
    if by_workload.of("Started", "Unschedulable").any():
        return Beginnings("Started", by_workload.at)
    told = [number for number, workload in enumerate(workloads) if workload.ready_after_ms]
    if not pod_start_ms and not told:
        return Beginnings("Admitted", by_workload.at)
    admitted = np.flatnonzero(by_workload.of("Admitted"))
    owners = by_workload.workload[admitted]
    begins = by_workload.at.copy()
    begins[admitted] += pod_start_ms
    first = np.searchsorted(owners, np.arange(len(workloads) + 1))
    for number in told:
        times = workloads[number].ready_after_ms
        for turn, position in enumerate(admitted[first[number] : first[number + 1]].tolist()):
            delay = times[min(turn, len(times) - 1)]
            begins[position] = NONE if delay is None else by_workload.at[position] + delay
    for position in admitted[first[:-1][first[:-1] < first[1:]]].tolist():
        begins[position] = _taken_over(workloads[by_workload.workload[position]], int(begins[position]))
    return Beginnings("Admitted", by_workload.at, begins)


def _taken_over(workload: Workload, begins_ms: int) -> int:
    """Work that ran already when the simulation began goes on at once; its pods may have been on their way."""
    admission = None if workload.status is None else workload.status.admission
    if admission is None or begins_ms == NONE:
        return begins_ms
    if admission.ran_ms is not None:
        return 0
    return begins_ms if admission.admitted_ms is None else max(0, begins_ms + min(0, admission.admitted_ms))


__all__ = ["Beginnings", "beginnings"]
