"""What was so when the simulation began, in words: the facts that say it are no decisions of the run."""

import numpy as np

from kueue_sim.engine.facts import NONE, Fact
from kueue_sim.model import Workload
from kueue_sim.report.text.wording import count
from kueue_sim.results.history.history import History
from kueue_sim.units import format_duration


class BeforeTheStart:
    """Takes the facts in their order and knows those that tell of the time before: the first of their kind that a
    workload has which was there."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def words(self, workload: Workload, fact: Fact) -> str:
        """What the fact says of the time before; "" where it happened in the run."""
        status = workload.status
        if status is None or fact.at_ms > 0 or (fact.workload, fact.type) in self._known:
            return ""
        self._known.add((fact.workload, fact.type))
        if fact.type == "Submitted":
            return _waiting(workload)
        if fact.type == "Deactivated" and not workload.active:
            return "is inactive, and in no queue until it is activated"
        if fact.type == "Evicted" and status.ends and status.eviction is not None:
            return f"was evicted {_at(status.eviction.at_ms)} ({fact.reason}); its pods still end"
        holds = "QuotaReserved" if status.admission is None or status.admission.admitted_ms is None else "Admitted"
        return held_before(workload) if fact.type == holds else ""


def held_before(workload: Workload) -> str:
    """Since when it has had its quota, where it had that when the simulation began; else ""."""
    admission = None if workload.status is None else workload.status.admission
    if admission is None:
        return ""
    if admission.admitted_ms is None:
        return f"got its quota {_at(admission.reserved_ms)} and waits for its admission checks"
    return f"was admitted {_at(admission.admitted_ms)}"


def work_in_words(history: History) -> list[str]:
    """How many workloads were submitted, and how many more held quota when the simulation began."""
    work = history.work
    submitted = int(np.count_nonzero(work.submitted != NONE))
    held = int(np.count_nonzero(work.there)) - submitted
    return [count(submitted, "workload"), *([f"{held:,} more held quota at the start"] if held else [])]


def _waiting(workload: Workload) -> str:
    queue = workload.queue_name or "no queue"
    if not workload.active:
        return f"was submitted to {queue} {_at(workload.created_ms)}"
    status, waited_ms = workload.status, -workload.waits_from_ms
    words = f"has waited in {queue} for {format_duration(waited_ms)} already" if waited_ms > 0 else f"waits in {queue}"
    if status is not None and status.eviction is not None:
        words += f", since it was evicted ({status.eviction.reason})"
    if status is not None and status.requeue_at_ms is not None and status.requeue_at_ms > 0:
        words += f"; its backoff ends in {format_duration(status.requeue_at_ms)}"
    return words


def _at(ms: int) -> str:
    return f"{format_duration(-ms)} before the start" if ms < 0 else "at the start"


__all__ = ["BeforeTheStart", "held_before", "work_in_words"]
