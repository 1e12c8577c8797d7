"""Which resources matter in a run: those that work asks for and quota covers."""

from collections.abc import Iterable, Sequence

from kueue_sim.model import Policy, Scenario, Workload
from kueue_sim.results.quota.quota_over_time import GPU, accelerator, nominal_quota
from kueue_sim.units import is_accelerator

CPU = "cpu"


def counted_resources(policies: Sequence[Policy], workloads: Iterable[Workload]) -> tuple[str, ...]:
    """The resources figures are told of, the accelerator first, at least that one.

    Devices that work asks for and some policy has quota of: nvidia.com/gpu, then those with the most quota, network
    cards last. Cores where work asks for them and for no such device. Where nobody asks for anything, the accelerator
    of the first policy.
    """
    quota = _most(policies)
    shapes = {found.intersection(quota) for found in _asked(workloads)}
    devices = {name for shape in shapes for name in shape if "/" in name or is_accelerator(name)}
    found = sorted(devices, key=lambda name: (name != GPU, not is_accelerator(name), -quota[name], name))
    if any(CPU in shape and shape.isdisjoint(devices) for shape in shapes):
        found.append(CPU)
    rest = sorted(name for shape in shapes for name in shape - {CPU})
    return tuple(found or rest[:1] or (accelerator(policies[0]),))


def covered_resources(policies: Sequence[Policy], workloads: Iterable[Workload]) -> tuple[str, ...]:
    """All resources that work asks for and some policy has quota of, by name."""
    asked = frozenset[str]().union(*_asked(workloads))
    return tuple(sorted(asked.intersection(_most(policies))))


def _most(policies: Sequence[Policy]) -> dict[str, int]:
    """The most nominal quota that any of the policies has, by resource; without those that none has any of."""
    found: dict[str, int] = {}
    for policy in policies:
        for name, amount in nominal_quota(policy).items():
            found[name] = max(found.get(name, 0), amount)
    return {name: amount for name, amount in found.items() if amount > 0}


def _asked(workloads: Iterable[Workload]) -> set[frozenset[str]]:
    """The sets of resources that workloads ask for; equal ones share their pod sets, which are looked at once."""
    pod_sets = {id(one.pod_sets): one.pod_sets for one in workloads}
    return {
        frozenset(name for part in parts for name, amount in part.requests.items() if amount and part.count)
        for parts in pod_sets.values()
    }


def resource_of(scenario: Scenario) -> str:
    """The accelerator of a scenario before it is run; work that is only read while it runs is not looked at."""
    return resources_of(scenario)[0]


def resources_of(scenario: Scenario) -> tuple[str, ...]:
    """The resources that figures are told of before a scenario is run, as far as ``resource_of`` looks."""
    workloads = scenario.workloads if isinstance(scenario.workloads, Sequence) else ()
    return counted_resources([scenario.policy], workloads)


__all__ = ["counted_resources", "covered_resources", "resource_of", "resources_of"]
