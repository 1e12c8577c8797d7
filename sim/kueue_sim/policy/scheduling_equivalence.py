"""The scheduling equivalence hash: which workloads get the same answer of a ClusterQueue (R3.40).

Workloads of one class ask for the same in every respect that decides. So one that does not fit speaks for all of its
class: the others are parked with it (R3.41), and what was compiled and answered for one serves the others too.
"""

from collections import defaultdict
from collections.abc import Mapping
from itertools import count
from typing import Any

from kueue_sim.model import PodSet, Workload

_REMEMBERED = 4096
"""Pod sets recognised by identity; those of many single workloads must not fill the memory."""


class EquivalenceClasses:
    """Numbers the scheduling equivalence classes of workloads (R3.40)."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._by_identity: defaultdict[int, dict[int, int]] = defaultdict(dict)
        """Numbers by priority, then by identity of the pod sets."""
        self._recognised: list[tuple[PodSet, ...]] = []
        """Those pod sets, held so that no others get their identity."""
        self._next = count()

    def of(self, workload: Workload) -> int:
        """The number of its class; workloads that share their pod sets as one object are recognised at once."""
        if workload.reclaimable or workload.allowed_flavors:
            return self._number(workload)
        pod_sets = workload.pod_sets
        number = self._by_identity[workload.priority].get(id(pod_sets))
        if number is None:
            number = self._number(workload)
            if len(self._recognised) >= _REMEMBERED:
                self._recognised.clear()
                self._by_identity.clear()
            self._recognised.append(pod_sets)
            self._by_identity[workload.priority][id(pod_sets)] = number
        return number

    def _number(self, workload: Workload) -> int:
        done = workload.reclaimable
        shapes = tuple([_pod_set_shape(one, done.get(one.name, 0) if done else 0) for one in workload.pod_sets])
        key = (workload.priority, shapes, workload.allowed_flavors)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = next(self._next)
        return number


def _pod_set_shape(pod_set: PodSet, reclaimable: int) -> object:
    pods, requests = pod_set.count, _in_order(pod_set.requests)
    return (
        pod_set.name,
        pods - min(reclaimable, pods),
        requests,
        requests if pod_set.pod_requests is None else _in_order(pod_set.pod_requests),
        pod_set.min_count,
        _in_order(pod_set.node_selector),
        pod_set.required_affinity,
        pod_set.preferred_affinity,
        pod_set.tolerations,
        pod_set.topology,
        pod_set.further_shape,
    )


def _in_order(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The pairs of a mapping by name, mostly one or none."""
    if not values:
        return ()
    return tuple(values.items()) if len(values) == 1 else tuple(sorted(values.items()))
