"""Who may be evicted, and in which order (rules 10.2, 10.4, 10.5)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, Final

from kueue_sim.model import PreemptionPolicy
from kueue_sim.policy.preemption.simulated_removal import TopologyLedger
from kueue_sim.policy.quota.quota_tree import QuotaNode
from kueue_sim.policy.workloads.reservations import Ranked
from kueue_sim.policy.workloads.workload_info import Pending, Reservation


@dataclass(slots=True, eq=False)
class Request:
    """What a preemptor needs: the amount per slot, and the slots for which it must preempt (R10.12).

    ``placeable`` answers whether its pods have a place in the topology now; None when topology plays no part.
    Equals must be newer by more than ``buffer_ms`` to be evicted.
    """

    pending: Pending
    node: QuotaNode
    amounts: tuple[tuple[int, int], ...]
    contested: frozenset[int]
    placeable: Callable[[], bool] | None = None
    ledger: TopologyLedger | None = None
    buffer_ms: int = 0


ANY: Final = PreemptionPolicy.ANY
NEVER: Final = PreemptionPolicy.NEVER
LOWER_PRIORITY: Final = PreemptionPolicy.LOWER_PRIORITY
"""Members of an enumeration are slow to look up, and searches ask for these many times."""

BUFFER_MS = 300_000
"""By how much an equal must be newer to be evicted, with a gate of 0.19 (R10.8)."""


def may_evict(policy: PreemptionPolicy, request: "Request", reservation: Reservation) -> bool:
    """Whether priority and age allow it. Implements R10.8."""
    pending = request.pending
    if policy is ANY:
        return True
    if policy in (PreemptionPolicy.NEVER, PreemptionPolicy.UNSET):
        return False
    if pending.priority != reservation.priority:
        return pending.priority > reservation.priority
    newer = policy is PreemptionPolicy.LOWER_OR_NEWER_EQUAL_PRIORITY
    return newer and pending.timestamp_ms + request.buffer_ms < reservation.timestamp_ms


def allowed(request: Request, rule: PreemptionPolicy, entries: Iterable[Ranked]) -> Iterator[Reservation]:
    """Those of a sequence in order of eviction which the rule lets the request evict, lowest priority first.

    They are assigned a contested slot, whatever the amount. Implements R10.8 and R10.16.
    """
    contested, own = request.contested, request.pending.priority
    lower_only = rule is LOWER_PRIORITY
    anybody = rule is ANY
    for priority, _, _, _, reservation in entries:
        if not anybody:
            if priority > own or (lower_only and priority == own):
                return
            if not lower_only and not may_evict(rule, request, reservation):
                continue
        if not contested.isdisjoint(reservation.slots):
            yield reservation


def bound_of_priority(policy: PreemptionPolicy, pending: Pending) -> int | None:
    """Only workloads below this priority may be evicted; None: whatever their priority is."""
    if policy is ANY:
        return None
    return pending.priority if policy is LOWER_PRIORITY else pending.priority + 1


def exceeds_quota(node: QuotaNode, contested: Iterable[int]) -> bool:
    """Whether the node uses more than its quota of a contested slot (*over* in R10.18)."""
    usage, subtree_quota = node.usage, node.subtree_quota
    for slot in contested:
        if usage[slot] > subtree_quota[slot]:
            return True
    return False


QueueUsage = Mapping[str, Mapping[tuple[str, str], float]]
"""Per ClusterQueue with usage-based admission, the usage of its LocalQueues by namespace and name."""


def eviction_order(node: QuotaNode, queue_usage: QueueUsage) -> Callable[[Reservation], Any]:
    """Sort key: whom to evict first. Implements R10.21.

    The usage of LocalQueues only tells apart workloads of one ClusterQueue, so with it there is no key that
    stands for itself, and the order may be cyclic (R10.23).
    """

    def key(reservation: Reservation) -> tuple[object, ...]:
        return (
            not reservation.evicted,
            reservation.queue is node,
            reservation.priority,
            -reservation.reserved_s,
            reservation.uid,
        )

    def compare(a: Reservation, b: Reservation) -> int:
        one, other = key(a), key(b)
        if one[:2] == other[:2] and a.queue is b.queue and a.local_queue != b.local_queue:
            used = queue_usage.get(a.queue.name, {})
            mine = used.get((a.workload.namespace, a.local_queue), 0.0)
            theirs = used.get((b.workload.namespace, b.local_queue), 0.0)
            if mine != theirs:
                return -1 if mine > theirs else 1
        return (one > other) - (one < other)

    return cmp_to_key(compare) if queue_usage else key
