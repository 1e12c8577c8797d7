"""Which pods does an admission create? By pod set, with what the flavors and a topology assignment add to them."""

from collections.abc import Iterator, Mapping

from kueue_sim.model import PodSet, PodSetAssignment, ResourceFlavor
from kueue_sim.policy.placement import PodShape, shape_of
from kueue_sim.policy.workloads.pod_updates import updated
from kueue_sim.policy.workloads.workload_info import Reservation

Labels = tuple[tuple[str, str], ...]


class PodShapes:
    """The shapes of pods under one set of flavors. Equal pods get the same value, however many workloads have them."""

    def __init__(self, flavors: Mapping[str, ResourceFlavor]) -> None:
        self.flavors = flavors
        self._known: dict[object, PodShape] = {}

    def of(self, reservation: Reservation) -> Iterator[list[PodShape]]:
        """The pods of each pod set by rank; a topology assignment gives each its domain (R20.76)."""
        pod_sets = {item.name: item for item in reservation.workload.pod_sets}
        for assigned in reservation.assignments:
            pod_set = updated(pod_sets[assigned.name], reservation.pod_updates)
            names = tuple(dict.fromkeys(assigned.flavors.values()))
            if assigned.topology is None:
                yield [self._shape(pod_set, names, ())] * assigned.count
            else:
                domains = _domains(assigned)
                yield [shape for where, count in domains for shape in [self._shape(pod_set, names, where)] * count]

    def _shape(self, pod_set: PodSet, names: tuple[str, ...], where: Labels) -> PodShape:
        key = (
            tuple(pod_set.placement_requests.items()),
            tuple(pod_set.node_selector.items()),
            pod_set.required_affinity,
            pod_set.preferred_affinity,
            pod_set.tolerations,
            names,
            where,
        )
        shape = self._known.get(key)
        if shape is None:
            flavors = [self.flavors[name] for name in names if name in self.flavors]
            shape = self._known[key] = shape_of(pod_set, flavors, dict(where))
        return shape


def _domains(assigned: PodSetAssignment) -> Iterator[tuple[Labels, int]]:
    """Labels and pods of each assigned domain; one named by its hostname alone has just that label."""
    assert assigned.topology is not None
    for domain in assigned.topology.domains:
        levels = assigned.topology.levels[-len(domain.values) :]
        yield tuple(zip(levels, domain.values, strict=True)), domain.count
