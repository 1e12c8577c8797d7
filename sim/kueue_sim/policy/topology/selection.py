"""Phase 2 of a placement, its two tools: the order of domains, and handing out pods over a list of them (20.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kueue_sim.policy.topology.counts import Counts

Numbers = Sequence[int] | Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Room:
    """How much each domain of one level holds, alone and beside the leader, whether it can host the leader, and its
    affinity score where scores count (R20.48)."""

    plain: Numbers
    with_leader: Numbers
    leads: Numbers
    scores: Numbers | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What one domain got: ``pods`` workers, and ``leads`` leaders (0 or 1)."""

    domain: int
    pods: int
    leads: int


def slice_room(counts: Counts, level: int) -> Room:
    scores = None if counts.scores is None else counts.scores[level]
    return Room(counts.slices[level], counts.slices_with_leader[level], counts.leads[level], scores)


def pod_room(counts: Counts, level: int, unit: int) -> Room:
    """Room in groups of ``unit`` pods; single pods when that is 1."""
    scores = None if counts.scores is None else counts.scores[level]
    pods, with_leader = counts.pods[level], counts.pods_with_leader[level]
    if unit > 1:
        return Room([n // unit for n in pods], [n // unit for n in with_leader], counts.leads[level], scores)
    return Room(pods, with_leader, counts.leads[level], scores)


def domain_order(counts: Counts, level: int, domains: Iterable[int], least_free: bool) -> list[int]:
    """Which domain is filled first when no leader is to be placed. Implements R20.26."""
    slices, pods, scores = counts.slices[level], counts.pods[level], counts.scores
    if scores is not None:
        score = scores[level]
        sign = 1 if least_free else -1
        return sorted(domains, key=lambda d: (-score[d], sign * slices[d], pods[d], d))
    if least_free:
        return sorted(domains, key=lambda d: (slices[d], pods[d], d))
    return sorted(domains, key=lambda d: (-slices[d], pods[d], d))


def leader_order(counts: Counts, level: int, domains: Iterable[int], least_free: bool) -> list[int]:
    """Which domain is tried first when a leader may have to be placed. Implements R20.26."""
    if counts.shape.leader is None:
        return domain_order(counts, level, domains, least_free)
    slices, pods = counts.slices_with_leader[level], counts.pods_with_leader[level]
    leads, scores = counts.leads[level], None if counts.scores is None else counts.scores[level]
    sign = 1 if least_free else -1
    return sorted(domains, key=lambda d: (-leads[d], -(scores[d] if scores else 0), sign * slices[d], pods[d], d))


def tight_fit(domains: Sequence[int], need: int, room: Room, leaders: int) -> int:
    """The first domain with the smallest capacity that suffices, else the first of all. Implements R20.27, R20.48."""
    capacity = room.with_leader if leaders else room.plain
    best, least = domains[0], -1
    score = None if room.scores is None else room.scores[best]
    for domain in domains:
        if score is not None and room.scores is not None and room.scores[domain] != score:
            break
        size = capacity[domain]
        if size >= need and (least < 0 or size < least) and (not leaders or room.leads[domain] >= leaders):
            best, least = domain, size
    return best


def tightest(counts: Counts, level: int, domains: Iterable[int], need: int) -> int | None:
    """The tight fit of domains in domain order, without sorting them; None when no domain suffices (R20.27).

    Only where there is no leader and no affinity score: then both profiles agree (R20.29.2).
    """
    slices, pods = counts.slices[level], counts.pods[level]
    fitting = [(slices[domain], pods[domain], domain) for domain in domains if slices[domain] >= need]
    return min(fitting)[2] if fitting else None


def leader_to_front(domains: list[int], need: int, room: Room, leaders: int) -> list[int]:
    """Put first the domain whose loss by the leader the others make up for. Implements R20.28."""
    if not leaders or len(domains) < 2:
        return domains
    total = sum(room.plain[domain] for domain in domains)
    for index, domain in enumerate(domains):
        loss = room.plain[domain] - room.with_leader[domain]
        if room.leads[domain] >= leaders and total - loss >= need:
            return [domain, *domains[:index], *domains[index + 1 :]]
    return domains


def distribute(domains: list[int], total: int, leaders: int, room: Room, unit: int, least_free: bool) -> list[Share]:
    """Hand out ``total`` units of ``unit`` pods, and the leader. Implements R20.31.

    Domains not reached are left out. Empty when the list cannot hold everything (R20.46).
    """
    domains = leader_to_front(domains, total, room, leaders)
    shares: list[Share] = []
    rest = total
    for index, domain in enumerate(domains):
        capacity = room.with_leader if leaders else room.plain
        enough = capacity[domain] >= rest and (not leaders or room.leads[domain] >= leaders)
        if enough:
            if not least_free:
                domain = tight_fit(domains[index:], rest, room, leaders)
            shares.append(Share(domain, rest * unit, leaders))
            return shares
        taken = min(rest, capacity[domain])
        leads = min(leaders, room.leads[domain]) if leaders else 0
        shares.append(Share(domain, taken * unit, leads))
        rest -= taken
        leaders -= leads
    return []
