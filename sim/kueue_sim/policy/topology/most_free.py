"""Placement of 0.10: the domain with most room first, at every level (V30)."""

from kueue_sim.policy.topology.counts import Counts
from kueue_sim.policy.topology.descent import Placement, Shortage
from kueue_sim.policy.topology.request import Parameters


def place_by_room(counts: Counts, parameters: Parameters, count: int) -> Placement | Shortage:
    """A place for ``count`` pods, or how many fit. Levels are gone up until all fit into one domain, if that may be."""
    level = parameters.level
    while True:
        pods = counts.pods[level]
        ordered = _by_room(counts, level, range(len(pods)))
        if pods[ordered[0]] >= count:
            chosen = ordered[:1]
            break
        if parameters.strict:
            return Shortage(level, pods[ordered[0]])
        if level == 0:
            chosen = ordered
            fitting = sum(pods)
            if fitting < count:
                return Shortage(level, fitting)
            break
        level -= 1
    shares = _handed_out(counts, level, chosen, count)
    while level + 1 < len(counts.pods):
        starts = counts.tree.first_child[level]
        below = [child for domain, _ in shares for child in range(starts[domain], starts[domain + 1])]
        level += 1
        shares = _handed_out(counts, level, _by_room(counts, level, below), count)
    return Placement(tuple(sorted(shares)))


def _by_room(counts: Counts, level: int, domains: list[int] | range) -> list[int]:
    pods = counts.pods[level]
    return sorted(domains, key=lambda domain: (-pods[domain], domain))


def _handed_out(counts: Counts, level: int, domains: list[int], count: int) -> list[tuple[int, int]]:
    """Pods per domain, each filled up before the next."""
    shares: list[tuple[int, int]] = []
    for domain in domains:
        taken = min(count, counts.pods[level][domain])
        if taken:
            shares.append((domain, taken))
        count -= taken
        if not count:
            break
    return shares
