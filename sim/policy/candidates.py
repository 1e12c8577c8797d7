"""Who may be evicted, and in which order (rules 10.2, 10.4, 10.5)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sim.model import PreemptionPolicy
from sim.policy.entities import Held, Pending
from sim.policy.quota_tree import QuotaNode
from sim.policy.removal import TopologyLedger


@dataclass(frozen=True, slots=True)
class Request:
    """What a preemptor needs: the amount per slot, and the slots for which it must preempt (R10.12).

    ``placeable`` answers whether its pods have a place in the topology now; None when topology plays no part.
    """

    pending: Pending
    node: QuotaNode
    amounts: tuple[tuple[int, int], ...]
    contested: frozenset[int]
    placeable: Callable[[], bool] | None = None
    ledger: TopologyLedger | None = None


def may_evict(policy: PreemptionPolicy, pending: Pending, held: Held) -> bool:
    """Whether priority and age allow it. Implements R10.8."""
    if policy is PreemptionPolicy.ANY:
        return True
    if policy in (PreemptionPolicy.NEVER, PreemptionPolicy.UNSET):
        return False
    if pending.priority != held.priority:
        return pending.priority > held.priority
    newer = policy is PreemptionPolicy.LOWER_OR_NEWER_EQUAL_PRIORITY
    return newer and pending.timestamp_s < held.timestamp_s


def uses(held: Held, contested: frozenset[int]) -> bool:
    """Whether the workload is assigned any contested slot. Implements R10.16."""
    return not contested.isdisjoint(held.slots)


def exceeds_quota(node: QuotaNode, contested: Iterable[int]) -> bool:
    """Whether the node uses more than its quota of a contested slot (``over`` of section 10.0)."""
    return any(node.usage[slot] > node.subtree[slot] for slot in contested)


def eviction_order(
    node: QuotaNode, queue_usage: Mapping[str, Mapping[str, float]]
) -> Callable[[Held], tuple[object, ...]]:
    """Sort key: whom to evict first. Implements R10.21.

    ``queue_usage``: per ClusterQueue with usage-based admission, the usage of its LocalQueues.
    """

    def key(held: Held) -> tuple[object, ...]:
        by_queue = queue_usage.get(held.queue.name)
        used = by_queue.get(held.local_queue, 0.0) if by_queue else 0.0
        return (
            not held.evicted,
            held.queue is node,
            -used,
            held.priority,
            -held.reserved_s,
            held.uid,
        )

    return key
