"""Which workloads does a job trace submit? CSV with a column mapping, SWF, and presets for known traces.

A trace is gone over row by row: when the scenario is loaded, to count and report the rows that cannot be used, and
again by every iteration. The shapes of its workloads are kept in memory, and its rows unless there are very many.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from kueue_sim.inputs.kubernetes.pods import Amounts, both_requests
from kueue_sim.inputs.kueue.queues import Queue
from kueue_sim.inputs.traces.rows import Job, Rows, WrongRow
from kueue_sim.model import PodSet, Settings, Workload
from kueue_sim.units import exact_quantity

Shape = tuple[int, int | None, tuple[tuple[str, str], ...]]
"""GPUs, pods and requests of a row."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of the trace is played, on the trace's clock. ``zero_ms`` becomes time zero."""

    zero_ms: int = 0
    from_ms: int | None = None
    until_ms: int | None = None
    limit: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether a row submitted then is played."""
        return (self.from_ms is None or at_ms >= self.from_ms) and (self.until_ms is None or at_ms < self.until_ms)


@dataclass(frozen=True, slots=True)
class PodShapes:
    """The pod sets of rows. Rows of one shape share one tuple.

    ``model`` gives everything but counts and requests; ``plain`` is the request of each pod beside the row's,
    ``scales`` the factor of each resource that has a column of its own.
    """

    model: PodSet
    settings: Settings
    plain: Amounts
    gpu_resource: str
    gpus_per_pod: int
    pods: int | None
    scales: Mapping[str, Fraction]
    known: dict[Shape, tuple[PodSet, ...]] = field(default_factory=dict, compare=False)

    def of(self, shape: Shape) -> tuple[PodSet, ...]:
        """The pod sets of a shape. Raises ValueError for an amount that is none."""
        found = self.known.get(shape)
        if found is None:
            found = self.known[shape] = self._make(*shape)
        return found

    def _make(self, gpus: int, pods: int | None, requests: tuple[tuple[str, str], ...]) -> tuple[PodSet, ...]:
        pods = self.pods if pods is None else pods
        own = {resource: exact_quantity(text or "0") * self.scales[resource] for resource, text in requests}
        if pods is not None:
            if pods == 0 or gpus % pods:
                raise ValueError(f"{gpus} GPUs cannot be shared equally by {pods} pods")
            return (self._pod_set("main", pods, gpus // pods, own),)
        full, rest = divmod(gpus, self.gpus_per_pod)
        if not full or not rest:
            return (self._pod_set("main", full or 1, self.gpus_per_pod if full else rest, own),)
        return self._pod_set("main", full, self.gpus_per_pod, own), self._pod_set("rest", 1, rest, own)

    def _pod_set(self, name: str, count: int, gpus: int, own: Amounts) -> PodSet:
        amounts = {**self.plain, **own}
        if gpus:
            amounts[self.gpu_resource] = Fraction(gpus)
        if not any(amount > 0 for amount in amounts.values()):
            raise ValueError("the job asks for nothing")
        if any(amount < 0 for amount in amounts.values()):
            raise ValueError("a request is negative; requests start at 0")
        requests, pod_requests = both_requests(amounts, self.settings)
        return replace(self.model, name=name, count=count, requests=requests, pod_requests=pod_requests)


@dataclass(frozen=True, slots=True)
class Trace:
    """The workloads of a trace in order of submission; every iteration makes them anew.

    ``model`` gives what rows do not say, ``teams`` the queue of each team (None: all rows go to the model's
    queue), ``repeated`` the places of jobs whose name was there before. Ties in the second of submission keep
    the order of the file: uids count the rows.
    """

    rows: Rows
    window: Window
    shapes: PodShapes
    model: Workload
    prefix: str
    teams: Mapping[str, Queue] | None
    in_order: bool = True
    repeated: frozenset[tuple[int, int]] = frozenset()

    def __iter__(self) -> Iterator[Workload]:
        for outcome in self.outcomes():
            if isinstance(outcome, Workload):
                yield outcome

    def outcomes(self) -> Iterator[Workload | WrongRow]:
        """What becomes of every row inside the window."""
        for _, outcome in self._played():
            yield outcome

    def starts(self) -> Iterator[tuple[Workload, int | None]]:
        """The workloads, and when each really started, in milliseconds from time zero; None: not known."""
        for row, outcome in self._played():
            if isinstance(outcome, Workload) and isinstance(row, Job):
                started = row.started_ms
                yield outcome, None if started is None else started - self.window.zero_ms

    def _played(self) -> Iterator[tuple[Job | WrongRow, Workload | WrongRow]]:
        last = count = 0
        for row in self.rows if self.in_order else _sorted(self.rows):
            if isinstance(row, WrongRow):
                yield row, row
            elif self.window.holds(row.submit_ms):
                outcome = self._outcome(row, last, count)
                if isinstance(outcome, Workload):
                    last = row.submit_ms
                    count += 1
                yield row, outcome
                if count == self.window.limit:
                    return

    def _outcome(self, row: Job, last: int, count: int) -> Workload | WrongRow:
        if row.submit_ms < self.window.zero_ms:
            return WrongRow(row.line, row.column, "submitted around 1970, most others at an instant of our time")
        if row.submit_ms < last:
            return WrongRow(
                row.line, row.column, "submitted before the row above; `sort: true` reads rows in any order"
            )
        if (row.line, row.column) in self.repeated:
            again = f"job {row.name!r} was put back, and another row tells how it ran again"
            return WrongRow(row.line, row.column, again if row.put_back else f"a second job named {row.name!r}")
        model = self.model
        queue = (model.namespace, model.queue_name) if self.teams is None else self.teams.get(row.team)
        if queue is None:
            return WrongRow(row.line, row.column, f"there is no team {row.team!r}")
        try:
            pod_sets = self.shapes.of((row.gpus, row.pods, row.requests))
        except ValueError as error:
            return WrongRow(row.line, row.column, str(error))
        return model._replace(
            name=self.name_of(row),
            namespace=queue[0],
            queue_name=queue[1],
            pod_sets=pod_sets,
            uid=f"{self.prefix}{count:09d}",
            created_ms=row.submit_ms - self.window.zero_ms,
            priority=model.priority if row.priority is None else row.priority,
            runtime_ms=row.runtime_ms,
        )

    def name_of(self, row: Job) -> str:
        """The name of a row's workload: the trace's prefix, then the job's own name or its line."""
        return f"{self.prefix}{row.name or row.line}"


def _sorted(rows: Rows) -> list[Job | WrongRow]:
    """All rows by submission, equal ones in the order of the file; wrong ones first."""
    return sorted(rows, key=lambda row: -1 if isinstance(row, WrongRow) else row.submit_ms)
