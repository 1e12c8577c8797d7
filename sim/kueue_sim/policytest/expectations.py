"""What a policy test expects of a run: decisions, order, bounds, a recording. Plain values with their place.

How they are written is in docs/policy-tests.md, how they are read in ``reading``, how they are judged in ``checking``.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kueue_sim.errors import Place
from kueue_sim.results.metrics.conditions import Bound

DecisionKind = Literal["admitted", "started", "preempted", "evicted", "waits", "finished"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that happens, or must not happen, to every workload that ``workloads`` names.

    ``workloads`` are names, ``namespace/name`` or patterns with ``*``. ``at_ms``: how things stand once that instant
    has settled (for preempted and evicted: it happens at that instant); ``within_ms``: it happens no later than that;
    both None: ever, for ``waits`` at the end of the run. Empty texts and None mean that it does not matter.
    """

    kind: DecisionKind
    workloads: tuple[str, ...]
    place: Place | None = None
    never: bool = False
    at_ms: int | None = None
    within_ms: int | None = None
    flavors: tuple[tuple[str, str], ...] = ()
    """Resource and flavor; an empty resource means all of them."""
    pods: int | None = None
    nodes: tuple[tuple[str, int], ...] = ()
    """All its pods per domain of the topology's lowest level, by the domain's last label; empty: they do not matter."""
    by: str = ""
    reason: str = ""
    message: str = ""
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """Each of ``workloads`` is admitted for the first time (or finishes) no later than the next one."""

    workloads: tuple[str, ...]
    place: Place | None = None
    of: Literal["admitted", "finished"] = "admitted"


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric keeps within a bound.

    With ``seeds`` above 1 the scenario is run so often, with its seed and the following ones, and both ends of the
    interval of ``confidence`` around the mean must keep within it.
    """

    bound: Bound
    place: Place | None = None
    seeds: int = 1
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class ClassRange:
    """One line of Kueue's range file: mean time to admission or usage of a class of workloads or queues.

    Names of the members begin with, or contain between dashes, the name of the class. ``limit`` is seconds at most
    (workloads) or a share of nominal quota at least (ClusterQueues).
    """

    of: Literal["workloads", "cluster_queues"]
    name: str
    limit: float
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Endless:
    """An instant repeats itself: these workloads (all of them, if any are named) would evict each other for ever."""

    workloads: tuple[str, ...] = ()
    place: Place | None = None
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class NoLoop:
    """No work is evicted and admitted again in rounds."""

    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """All decisions of the run as ``kueue-sim test --update`` recorded them in ``file``; None: nothing yet."""

    file: Path
    lines: tuple[str, ...] | None
    place: Place | None = None


Expectation = Decision | Order | Measured | ClassRange | Endless | NoLoop | Recording
