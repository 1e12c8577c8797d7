"""How pods find their nodes once their workload is admitted: kube-scheduler's profile, or a named alternative."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

PlacementPolicy = Literal[
    "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio", "GpuSpread", "GpuPack", "FirstFit", "Random", "none"
]
PLACEMENT_POLICIES: tuple[PlacementPolicy, ...] = get_args(PlacementPolicy)


@dataclass(frozen=True, slots=True)
class Placement:
    """Which of the feasible nodes a pod gets (R21.37). It has no effect without nodes. With ``none`` pods are not
    placed: whatever is admitted runs, and nodes are only what a topology counts on.

    ``weights`` (the three scoring policies) say which resources count how much; empty means cpu and memory alike
    for LeastAllocated, the pod's accelerator alone otherwise. ``curve`` (RequestedToCapacityRatio) holds
    (used percent, score 0–10) with rising percent. ``balanced`` is the formula of the balance score (R21.16).
    Equal nodes are told apart by name, or at random. ``alternating`` queues the pods of workloads that start at
    one instant in turns, as controllers working side by side do (R21.6), instead of one workload after the other.
    """

    policy: PlacementPolicy = "LeastAllocated"
    weights: Mapping[str, int] = field(default_factory=dict)
    curve: tuple[tuple[int, int], ...] = ((0, 0), (100, 10))
    balanced: Literal["1.36", "classic"] = "1.36"
    random_ties: bool = False
    alternating: bool = False
