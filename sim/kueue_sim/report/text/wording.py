"""Kueue's reasons and our figures in words a reader who does not know Kueue understands."""

from collections.abc import Sequence

from kueue_sim.engine.facts import Run
from kueue_sim.model import PodSetAssignment, Workload
from kueue_sim.model.team_names import short_name
from kueue_sim.results.metrics.conditions import marked
from kueue_sim.results.tables.drain import Drain
from kueue_sim.results.tables.waits import Waits
from kueue_sim.units import format_duration, is_bytes

_BINARY = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
"""Suffixes of bytes, each 1024 times the one before."""
_RULES = {
    "InClusterQueue": "higher priority in the same ClusterQueue (withinClusterQueue)",
    "InCohortReclamation": "the owner takes back quota that it had lent (reclaimWithinCohort)",
    "InCohortFairSharing": "the evicted team is further above its fair share (fair sharing)",
    "InCohortReclaimWhileBorrowing": "the owner takes quota back while borrowing itself (borrowWithinCohort)",
    "ClusterQueueStopped": "its ClusterQueue was stopped and drained",
    "LocalQueueStopped": "its LocalQueue was stopped and drained",
    "PodsReadyTimeout": "its pods were not ready in time (waitForPodsReady)",
    "NodeFailures": "a node it ran on failed",
    "Deactivated": "it was deactivated",
    "MaximumExecutionTimeExceeded": "it ran longer than it may (maximumExecutionTime)",
    "AdmissionCheck": "one of its admission checks says no (Retry or Rejected)",
    "RequeuingLimitExceeded": "its pods were not ready in time too often (backoffLimitCount)",
    "FlavorMigration": "a variant of it in a more favorable flavor takes its place",
}


def rule_in_words(reason: str) -> str:
    """What an eviction reason means; an unknown reason stands for itself."""
    return _RULES.get(reason) or _RULES.get(reason.rpartition("DueTo")[2], reason)


def count(number: int | float, noun: str) -> str:
    """``1 workload``, ``2 workloads``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def fewer_pods(workload: Workload, pod_sets: Sequence[PodSetAssignment]) -> str:
    """``4 of 16 pods`` of an admission with fewer pods than asked for; "" where it has them all. Pods that need no
    quota any more are not asked for."""
    asked = sum(one.count - workload.reclaimable.get(one.name, 0) for one in workload.pod_sets)
    given = sum(one.count for one in pod_sets)
    partial = any(one.min_count is not None for one in workload.pod_sets)
    return f"{given} of {count(asked, 'pod')}" if partial and given < asked else ""


def simulated(run: Run) -> str:
    """``2d simulated``, with the end of a drain after it."""
    time = f"{format_duration(run.measured_ms)} simulated"
    return time if run.drained_from_ms is None else f"{time}, drained until {format_duration(run.end_ms)}"


def over_the_run(run: Run) -> str:
    """What averages are over."""
    return "the run" if run.drained_from_ms is None else f"the {format_duration(run.measured_ms)} before the drain"


def drain_in_words(drain: Drain, resource: str) -> str:
    """What happened in the drain, in one line."""
    waited = f"{count(drain.waiting, 'workload')} waited"
    left = f"{drain.left:,} never start" if drain.left else "none waits any more"
    unit = resource_name(resource)
    parts = [waited, left, f"{drain.finished:,} finished", count(drain.preempted, "preemption")]
    parts += [count(drain.evicted, "eviction")] if drain.evicted else []
    ran, lost = (amount(hours, resource) for hours in (drain.running_hours, drain.lost_hours))
    parts.append(f"{ran} {unit}-h of work, {lost} lost")
    return " · ".join(parts)


def share(value: float | None) -> str:
    """A share of nominal quota as percent; a dash when there is no quota."""
    return "–" if value is None else f"{_unsigned(value, 2):.0%}"


def wait(seconds: float | None) -> str:
    """Seconds as a duration, whole seconds from one second on; a dash when nobody waited to the end."""
    if seconds is None:
        return "–"
    return format_duration(seconds * 1000 if seconds < 1 else round(seconds) * 1000)


def wait_cells(waits: Waits, *percents: str) -> list[str]:
    """Mean, percentiles and maximum, marked with * where they leave out who waits still, and ≥ where that wait is the
    longest."""
    values = [waits.mean_s, *(getattr(waits, f"{one}_s") for one in percents)]
    cells = [marked(wait(value), waits.open_number > 0 and value is not None) for value in values]
    longest, still = waits.max_s, waits.open_max_s
    least = longest if still is None else max(still, longest or 0.0)
    return [*cells, marked(wait(least), still is not None, lower_bound=True)]


def are_late(starts: Waits) -> bool:
    """Whether any work began after its admission, or has not begun."""
    return bool(starts.max_s or starts.open_number)


def amount(number: float, resource: str = "") -> str:
    """A number of hours or units at a width that fits tables: 0, 0.25, 12.5, 1,234; of bytes 512Mi, 3.26Ti."""
    if is_bytes(resource):
        power = max(0, min(len(_BINARY) - 1, (int(abs(number)).bit_length() - 1) // 10))
        return f"{amount(number / 1024**power)}{_BINARY[power]}"
    digits = 2 if abs(number) < 10 else 1 if abs(number) < 1000 else 0
    text = f"{_unsigned(number, digits):,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def _unsigned(number: float, digits: int) -> float:
    """The number as it is shown; what rounds to nothing has no sign."""
    return round(number, digits) + 0.0


def resource_name(resource: str) -> str:
    """What people call a resource: GPU for any vendor's ``…/gpu``, CPU for cores."""
    short = resource.rpartition("/")[2]
    return {"gpu": "GPU", "cpu": "CPU"}.get(short, short)


def told_apart(names: Sequence[str], most: int) -> list[str]:
    """Names of at most so many letters: of long ones what tells them apart is left, between ellipses."""
    long = [name for name in names if len(name) > most]
    start, end = _alike(long), _alike([name[::-1] for name in long])
    return [name if len(name) <= most else _cut(name, start, end, most) for name in names]


def _alike(names: Sequence[str]) -> int:
    """How many letters several names all begin with."""
    if len(names) < 2:
        return 0
    columns = enumerate(zip(*names, strict=False))
    return next((place for place, letters in columns if len(set(letters)) > 1), min(map(len, names)))


def _cut(name: str, start: int, end: int, most: int) -> str:
    """A long name without as much of its first ``start`` and last ``end`` letters, which others have as well, as its
    length takes."""
    spare = most - 2 - max(0, len(name) - start - end)
    first = max(0, start - max(0, spare) // 2)
    last = min(len(name), first + most - 2)
    first = max(0, min(first, last - most + 2))
    return f"{'…' if first else ''}{name[first:last]}{'…' if last < len(name) else ''}"


def team_name(cluster_queue: str) -> str:
    """What people call a ClusterQueue: HyperPod's ``hyperpod-ns-team-a-clusterqueue`` is ``team-a``, unless another
    queue or namespace has that name."""
    return short_name(cluster_queue)
