"""What became of workloads as parallel arrays: their times of holding quota, the parts of those, and the workloads."""

from dataclasses import dataclass

import numpy as np

from kueue_sim.engine.facts import NONE
from kueue_sim.results.history.by_workload import Mask
from kueue_sim.results.step_functions.steps import Ints


@dataclass(frozen=True, slots=True)
class Admissions:
    """One row per time a workload held quota, by workload and then time. Milliseconds; −1: it did not happen (yet).

    ``stopped`` is the end of its run, ``released`` of its quota, ``ending`` the code of the fact that stopped it.
    ``queue``, ``text`` and ``admission`` are numbers of ``History.queues``, ``facts.texts`` and ``.admissions``;
    ``amount`` counts the accelerator.
    """

    workload: Ints
    queue: Ints
    reserved: Ints
    admitted: Ints
    waited: Ints
    started: Ints
    stopped: Ints
    released: Ints
    ending: Ints
    text: Ints
    admission: Ints
    amount: Ints

    def __len__(self) -> int:
        return len(self.workload)


@dataclass(frozen=True, slots=True)
class Work:
    """One row per workload the run knows, in order of submission. Milliseconds; −1: it did not happen.

    ``first_stay`` has one entry more: the stays of workload i are ``first_stay[i]`` to ``first_stay[i + 1]``.
    ``created`` is ``submitted``, but negative for what waited when the simulation began, whatever that is.
    ``waited`` includes a wait still open at the end; ``lost_amount`` and ``unplaced`` are accelerator-milliseconds, and
    so is ``spoilt_amount``: of what was lost that which had run since the simulation began.
    """

    queue: Ints
    submitted: Ints
    created: Ints
    ended: Ints
    finished: Mask
    waiting_since: Ints
    waited: Ints
    first_stay: Ints
    admissions: Ints
    first_wait: Ints
    answers: Ints
    preempted: Ints
    evicted: Ints
    preempting: Ints
    lost: Ints
    lost_amount: Ints
    spoilt_amount: Ints
    unplaced: Ints

    @property
    def there(self) -> Mask:
        """Which workloads the run had: those that were submitted, and those that held quota when it began."""
        had: Mask = (self.submitted != NONE) | (np.diff(self.first_stay) > 0)
        return had


@dataclass(frozen=True, slots=True)
class Suffered:
    """Evictions per workload, and the accelerator-milliseconds of run time they and failed nodes threw away;
    ``spoilt_amount`` as in ``Work``."""

    preempted: Ints
    evicted: Ints
    preempting: Ints
    lost_amount: Ints
    spoilt_amount: Ints


@dataclass(frozen=True, slots=True)
class Parts:
    """Stays cut where a workload came to hold something else; most stays are one part.

    ``begins`` are positions in ``History.by_workload``, ``released`` is the end of the part's quota (−1: still held).
    """

    begins: Ints
    workload: Ints
    queue: Ints
    reserved: Ints
    released: Ints
    admission: Ints
    amount: Ints
