"""What kube-scheduler decides: which node a pod of an admitted workload gets (R21.9–R21.17).

Kueue admits by quota and leaves the nodes to kube-scheduler, so this stands beside the rest of the policy.
It is as pure: chance comes in as a function.
"""

from kueue_sim.policy.placement.nodes import Nodes, NodeState
from kueue_sim.policy.placement.placer import Placer, place_on
from kueue_sim.policy.placement.pod_queue import Order, Pod, PodQueue
from kueue_sim.policy.placement.preferences import Preference
from kueue_sim.policy.placement.shapes import Constraint, PodShape, shape_of

__all__ = [
    "Constraint",
    "NodeState",
    "Nodes",
    "Order",
    "Placer",
    "Pod",
    "PodQueue",
    "PodShape",
    "Preference",
    "place_on",
    "shape_of",
]
