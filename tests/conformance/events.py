"""The Kubernetes events that Kueue emits in a cycle, told from our facts, and compared as sets."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kueue_sim.engine.event_handlers import EventHandlers
from kueue_sim.engine.facts import Fact
from kueue_sim.model import Workload
from kueue_sim.policy.workloads.workload_info import Reservation
from tests.conformance.difference import Difference

Event = tuple[str, str, str]
"""Workload, type, reason."""


def compare_events(
    expected: Sequence[Mapping[str, Any]], state: EventHandlers, before: Mapping[str, Reservation]
) -> Difference | None:
    """None when the same events happen, with the same messages where those are recorded."""
    ours = list(_events(state, before))
    want = Counter((event["workload"], event["type"], event["reason"]) for event in expected)
    got = Counter(event for event, _ in ours)
    if got != want:
        return Difference("events", str(sorted((want - got).elements())), str(sorted((got - want).elements())))
    for event in expected:
        key = event["workload"], event["type"], event["reason"]
        messages = [message for one, message in ours if one == key]
        if "message" in event and not any(_matches(event["message"], message) for message in messages):
            return Difference(f"event {key}", event["message"], str(messages))
    return None


def _matches(kueue: str, ours: str) -> bool:
    """The waiting time and the flavors considered before an admission are not part of our facts."""
    return kueue == ours or (kueue.startswith("Quota reserved in") and kueue.startswith(f"{ours}, wait time"))


def _events(state: EventHandlers, before: Mapping[str, Reservation]) -> Iterator[tuple[Event, str]]:
    workloads = {workload.key: workload for workload in state.facts.workloads}
    for fact in state.facts:
        yield from _of_fact(fact, workloads, before)
    for key, (reason, message) in state.answers().items():
        evicted = key in state.holding and state.holding[key].evicted
        if reason and not evicted:
            yield (key, "Warning", reason), message


def _of_fact(
    fact: Fact, workloads: Mapping[str, Workload], before: Mapping[str, Reservation]
) -> Iterator[tuple[Event, str]]:
    key = fact.workload
    if fact.type in ("QuotaReserved", "Admitted") and key not in before:
        yield (key, "Normal", "QuotaReserved"), f"Quota reserved in ClusterQueue {fact.cluster_queue}"
    if fact.type == "Admitted":
        yield (
            (key, "Normal", "Admitted"),
            f"Admitted by ClusterQueue {fact.cluster_queue}, wait time since reservation was 0s",
        )
    elif fact.type == "Preempted":
        priorities = f"{_priority('preemptor', workloads[fact.by])}; {_priority('preemptee', workloads[key])}"
        uid = workloads[key].uid
        yield (key, "Normal", "EvictedDueToPreempted"), fact.message
        yield (key, "Normal", "Preempted"), f"{fact.message}; {priorities}"
        told = f"Preempted workload {key} (UID: {uid}) in ClusterQueue {fact.cluster_queue}; {priorities}"
        yield (fact.by, "Normal", "PreemptedWorkload"), told
    elif fact.type == "Evicted":
        yield (key, "Normal", f"EvictedDueTo{fact.reason}"), fact.message
    elif fact.reason == "WorkloadSliceReplaced":
        yield (key, "Normal", fact.reason), ""


def _priority(who: str, workload: Workload) -> str:
    base = workload.priority - workload.priority_boost
    return f"{who} effective priority: {workload.priority} (base: {base}, boost: {workload.priority_boost})"
