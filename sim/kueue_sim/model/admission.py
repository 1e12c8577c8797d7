"""The admission Kueue writes into a workload: flavors, usage, and the places of the pods."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TopologyDomain:
    """``count`` pods in the domain with these label values (hostname only, when that is the lowest level)."""

    values: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True)
class TopologyAssignment:
    """The domains that the pods of a pod set are in; their ``values`` belong to the node labels ``levels``."""

    levels: tuple[str, ...]
    domains: tuple[TopologyDomain, ...]


@dataclass(frozen=True, slots=True)
class PodSetAssignment:
    """Where one pod set was admitted: flavor per resource, total usage per resource, number of pods (R4.80).

    ``topology_pending``: its pods are placed later, when the admission checks are ready (R20.18).
    """

    name: str
    flavors: Mapping[str, str]
    usage: Mapping[str, int]
    count: int
    topology: TopologyAssignment | None = None
    topology_pending: bool = False
