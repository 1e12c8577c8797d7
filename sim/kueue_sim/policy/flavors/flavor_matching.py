"""Whether a flavor may serve a pod set at all: taints, labels and topology (R5.11–R5.13, V38, R20.13–R20.14)."""

from collections.abc import Collection, Mapping, Sequence

from kueue_sim.model import PodSet, ResourceFlavor
from kueue_sim.policy.compiled_policy import CompiledGroup, CompiledPolicy, CompiledQueue
from kueue_sim.policy.topology.request import has_levels
from kueue_sim.policy.workloads.label_matching import term_matches, untolerated_taint

_REMEMBERED = 65_536
"""Answers about flavors kept by pod set; those of many single workloads must not fill the memory."""


class FlavorMatcher:
    """Matches the flavors of one world, and remembers what it found."""

    def __init__(self, compiled: CompiledPolicy) -> None:
        self._world = compiled
        self._mismatches: dict[tuple[int, str, str], tuple[PodSet, str]] = {}

    def mismatch(self, queue: CompiledQueue, group: CompiledGroup, flavor: str, pod_sets: Sequence[PodSet]) -> str:
        """Why the flavor can never serve these pod sets, "" when it can. Implements R5.11–R5.13."""
        for pod_set in pod_sets:
            key = (id(pod_set), queue.name, flavor)
            known = self._mismatches.get(key)
            if known is None or known[0] is not pod_set:
                known = (pod_set, self._check_flavor(queue, group, flavor, pod_set))
                if len(self._mismatches) >= _REMEMBERED:
                    self._mismatches.clear()
                self._mismatches[key] = known
            if known[1]:
                return known[1]
        return ""

    def _check_flavor(self, queue: CompiledQueue, group: CompiledGroup, flavor_name: str, pod_set: PodSet) -> str:
        flavor = self._world.flavors.get(flavor_name)
        if flavor is None:
            return f"flavor {flavor_name} not found"
        if self._world.settings.gate("TopologyAwareScheduling"):
            mismatch = self._topology_mismatch(queue, group, flavor, pod_set)
            if mismatch:
                return mismatch
        taint = untolerated_taint(flavor.node_taints, (*pod_set.tolerations, *flavor.tolerations))
        if taint is not None:
            return f"untolerated taint {{{taint.key} {taint.value} {taint.effect} <nil>}} in flavor {flavor_name}"
        if not _affinity_allows(flavor.node_labels, self._label_keys(group, flavor), pod_set):
            return f"flavor {flavor_name} doesn't match node affinity"
        return ""

    def _label_keys(self, group: CompiledGroup, flavor: ResourceFlavor) -> Collection[str]:
        """The labels that a node selector is held against: the flavor's own, before of all in its group (V38)."""
        if self._world.settings.release.own_label_keys:
            return flavor.node_labels
        known = self._world.flavors
        return {key for name, _ in group.flavors if name in known for key in known[name].node_labels}

    def _topology_mismatch(
        self, queue: CompiledQueue, group: CompiledGroup, flavor: ResourceFlavor, pod_set: PodSet
    ) -> str:
        """Implements R20.14."""
        request = pod_set.topology
        explicit = request is not None and request.explicit
        implied = self._world.settings.release.topology_everywhere
        if not explicit and implied and self._world.is_topology_only(queue):
            return ""
        if explicit:
            assert request is not None
            if flavor.topology_name is None:
                if group.covered.isdisjoint(pod_set.placement_requests):
                    return ""
                return f'Flavor "{flavor.name}" does not support TopologyAwareScheduling'
            topology = self._world.topologies.get(flavor.topology_name)
            if topology is None:
                return f'Flavor "{flavor.name}" information missing in TAS cache'
            if not has_levels(request, topology.levels):
                return f'Flavor "{flavor.name}" does not contain the requested level'
            return ""
        if flavor.topology_name is not None:
            return f'Flavor "{flavor.name}" supports only TopologyAwareScheduling'
        return ""


def _affinity_allows(labels: Mapping[str, str], keys: Collection[str], pod_set: PodSet) -> bool:
    """Node selector and required affinity, as far as they ask for some of the keys. Implements R5.13."""
    if any(key in keys and labels.get(key) != value for key, value in pod_set.node_selector.items()):
        return False
    if pod_set.required_affinity is None:
        return True
    for term in pod_set.required_affinity:
        known = tuple(expression for expression in term.expressions if expression.key in keys)
        if not known:
            return True
        if term_matches(labels, type(term)(known), ""):
            return True
    return False
