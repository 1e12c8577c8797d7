"""What admission checks that are ready add to pods: node selectors and tolerations (R20.20, R20.60)."""

from collections.abc import Iterable
from dataclasses import replace

from kueue_sim.model import PodSet, PodSetUpdate


def updated(pod_set: PodSet, updates: Iterable[PodSetUpdate]) -> PodSet:
    """The pod set as its pods are created; where a selector says two things of a label the pod set's own stays."""
    for update in updates:
        if update.pod_set in ("", pod_set.name):
            tolerations = dict.fromkeys((*pod_set.tolerations, *update.tolerations))
            selector = {**update.node_selector, **pod_set.node_selector}
            pod_set = replace(pod_set, node_selector=selector, tolerations=tuple(tolerations))
    return pod_set


def conflict(pod_set: PodSet, updates: Iterable[PodSetUpdate]) -> str:
    """Why the updates cannot be made, "" when they can: a node label would have to have two values."""
    selector = dict(pod_set.node_selector)
    for update in updates:
        for key, value in update.node_selector.items() if update.pod_set in ("", pod_set.name) else ():
            if selector.setdefault(key, value) != value:
                return (
                    f"invalid podSetUpdate for PodSet {pod_set.name}, error: invalid admission check PodSetUpdate: "
                    f"conflict for nodeSelector: conflict for key={key}, value1={selector[key]}, value2={value}"
                )
    return ""
