"""Placement of an elastic workload's new slice around the pods of the old one (R20.59).

Only with gate ElasticJobsViaWorkloadSlicesWithTAS; without it a replacement is placed from scratch.
"""

from dataclasses import dataclass, replace

from kueue_sim.model import TopologyAssignment
from kueue_sim.policy.topology.flavor_topology import Demand, FlavorTopology


@dataclass(frozen=True, slots=True)
class Resized:
    """New assignments of workers and leader, and what of them is charged beside the old slice's pods."""

    workers: TopologyAssignment
    leader: TopologyAssignment | None


def resize(flavor: FlavorTopology, workers: Demand, leader: Demand | None, unused: bool) -> Resized | str | None:
    """Keep the old pods where they are and place only what is new; None when there is nothing to go by."""
    old, host = workers.previous, leader.previous if leader is not None else None
    if old is None or flavor.missing(old) is not None or (host is not None and flavor.missing(host) is not None):
        return None
    before = sum(domain.count for domain in old.domains)
    if workers.count <= before:
        return Resized(_shortened(old, workers.count), host)
    return _grow(flavor, workers, leader, old, workers.count - before, unused)


def _grow(
    flavor: FlavorTopology, workers: Demand, leader: Demand | None, old: TopologyAssignment, more: int, unused: bool
) -> Resized | str:
    host = leader.previous if leader is not None else None
    kept = [(workers, old)] + ([(leader, host)] if leader is not None and host is not None else [])
    for demand, assignment in kept:
        flavor.charge_assignment(demand, assignment, +1, unused)
    fresh = replace(workers, count=more, previous=None)
    placed = flavor.find(fresh, leader if host is None else None, unused)
    for demand, assignment in kept:
        flavor.charge_assignment(demand, assignment, -1, unused)
    if isinstance(placed, str):
        return placed
    if leader is not None and host is None:
        host = flavor.assignment(placed.leader)
    return Resized(flavor.merged(flavor.assignment(placed.workers), old), host)


def _shortened(old: TopologyAssignment, count: int) -> TopologyAssignment:
    """The first ``count`` pods of an assignment."""
    domains = []
    for domain in old.domains:
        if count <= 0:
            break
        domains.append(replace(domain, count=min(count, domain.count)))
        count -= domain.count
    return replace(old, domains=tuple(domains))
