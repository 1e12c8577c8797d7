"""What one pod asks of a node: its requests, and the labels and taints of the nodes it may go to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kueue_sim.model import AffinityTerm, PodSet, PreferredTerm, ResourceFlavor, Toleration

COUNTED_WITHOUT_REQUEST: Mapping[str, int] = {"cpu": 100, "memory": 200 * 2**20}
"""What a pod without request counts in the NodeResourcesFit score, never in the fit itself (R21.15)."""
_NETWORK = ("vpc.amazonaws.com/", "rdma/")


@dataclass(frozen=True, slots=True)
class Constraint:
    """Which nodes a pod accepts whatever their load (R21.9); ``affinity`` None is no required term."""

    selector: tuple[tuple[str, str], ...] = ()
    affinity: tuple[AffinityTerm, ...] | None = None
    preferred: tuple[PreferredTerm, ...] = ()
    tolerations: tuple[Toleration, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class PodShape:
    """Pods with equal shape are alike to every node. ``requests`` is sorted by resource, without zeros,
    with ``pods: 1``; ``counted`` is what the pod adds to a node in the NodeResourcesFit score (R21.15)."""

    requests: tuple[tuple[str, int], ...]
    constraint: Constraint = Constraint()
    counted: Mapping[str, int] = field(init=False, repr=False)
    _amounts: Mapping[str, int] = field(init=False, repr=False)
    _hash: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        amounts = dict(self.requests)
        counted = {name: amounts.get(name, 0) or least for name, least in COUNTED_WITHOUT_REQUEST.items()}
        object.__setattr__(self, "counted", counted)
        object.__setattr__(self, "_amounts", amounts)
        object.__setattr__(self, "_hash", hash((self.requests, self.constraint)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, PodShape) and self.requests == other.requests and self.constraint == other.constraint
        )

    @classmethod
    def of(cls, requests: Mapping[str, int], constraint: Constraint = Constraint()) -> "PodShape":
        """The shape of a pod with these requests in canonical units."""
        amounts = {resource: amount for resource, amount in requests.items() if amount > 0}
        return cls(tuple(sorted({**amounts, "pods": 1}.items())), constraint)

    def request(self, resource: str) -> int:
        """Amount requested of a resource, 0 when none is."""
        return self._amounts.get(resource, 0)

    @property
    def accelerator(self) -> str:
        """The resource GPU policies look at: nvidia.com/gpu, else the first other device, else cpu (21.10)."""
        names = [name for name, _ in self.requests if "/" in name and not name.startswith(_NETWORK)]
        return "nvidia.com/gpu" if "nvidia.com/gpu" in names else next(iter(names), "cpu")


def shape_of(
    pod_set: PodSet, flavors: Iterable[ResourceFlavor] = (), domain: Mapping[str, str] | None = None
) -> PodShape:
    """The shape of a pod set's pods once admitted: the assigned flavors add their node labels and tolerations
    (R21.2), an assigned topology domain its labels (R21.3)."""
    labels = dict(pod_set.node_selector)
    tolerations = dict.fromkeys(pod_set.tolerations)
    for flavor in flavors:
        labels |= flavor.node_labels
        tolerations |= dict.fromkeys(flavor.tolerations)
    labels |= domain or {}
    constraint = Constraint(
        tuple(sorted(labels.items())), pod_set.required_affinity, pod_set.preferred_affinity, tuple(tolerations)
    )
    return PodShape.of(pod_set.placement_requests, constraint)
