"""Phase 2 of a placement: choose domains at one level, then go down to the leaves (sections 20.5 and 20.6)."""

from dataclasses import dataclass

from kueue_sim.policy.topology import balanced_placement
from kueue_sim.policy.topology.counts import Counts
from kueue_sim.policy.topology.request import Parameters
from kueue_sim.policy.topology.selection import (
    Share,
    distribute,
    domain_order,
    leader_order,
    leader_to_front,
    pod_room,
    slice_room,
    tight_fit,
    tightest,
)


@dataclass(frozen=True, slots=True)
class Profile:
    """``least_free``: fill small gaps first (only for *free* requests); ``balanced``: gate TASBalancedPlacement.
    ``explains``: a failure tells which nodes are out of the question (V27). ``best_fit``: domains are filled tightly
    (V30)."""

    least_free: bool
    balanced: bool
    explains: bool = True
    best_fit: bool = True


MIXED = Profile(least_free=True, balanced=False)
"""Kueue's default: LeastFree for free requests, BestFit for all others."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Pods per leaf, in path order; ``leader`` is empty when there is none."""

    workers: tuple[tuple[int, int], ...]
    leader: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    level: int
    domains: list[int]


@dataclass(frozen=True, slots=True)
class Shortage:
    """Nothing suitable; ``fitting`` is the number of slices to be reported."""

    level: int
    fitting: int


def place(counts: Counts, parameters: Parameters, count: int, profile: Profile) -> Placement | Shortage:
    """A place for ``count`` pods and the leader of the counts' shape, if there is one. There must be domains."""
    leaders = int(counts.shape.leader is not None)
    size = parameters.grouping.size
    if profile.balanced and not parameters.strict and not parameters.free:
        found = balanced_placement.select(counts, parameters, count // size, leaders)
        if found is not None:
            total = count // size
            shares = distribute(found.domains, total, leaders, found.room, size, False)
            return _result(_descend(found.counts, found.level, shares, parameters, total, leaders, False, True))
    least_free = parameters.free and profile.least_free
    chosen = select(counts, parameters, count // size, leaders, least_free)
    if isinstance(chosen, Shortage):
        return chosen
    room = slice_room(counts, chosen.level)
    shares = distribute(chosen.domains, count // size, leaders, room, size, least_free)
    shares = _descend(counts, chosen.level, shares, parameters, count // size, leaders, least_free, False)
    return _result(shares)


def _result(shares: list[Share]) -> Placement:
    workers = sorted((share.domain, share.pods) for share in shares if share.pods > 0)
    return Placement(tuple(workers), tuple(sorted((share.domain, share.leads) for share in shares if share.leads > 0)))


def select(counts: Counts, parameters: Parameters, need: int, leaders: int, least_free: bool) -> Selection | Shortage:
    """Domains that together hold ``need`` slices and the leader. Implements R20.29–R20.30."""
    level = parameters.level
    while True:
        single, fitting = _single(counts, level, need, leaders, least_free, parameters.strict)
        if single is not None:
            return Selection(level, [single])
        if parameters.strict:
            return Shortage(level, fitting)
        if level == 0 or parameters.free:
            return _several(counts, level, need, leaders, least_free)
        level -= 1


def _single(
    counts: Counts, level: int, need: int, leaders: int, least_free: bool, strict: bool
) -> tuple[int | None, int]:
    """A domain that holds everything, or None and the number of slices that a single domain holds at best."""
    slices, pods = counts.slices[level], counts.pods[level]
    if not leaders and counts.scores is None:
        alone = tightest(counts, level, range(len(slices)), need)
        if alone is not None:
            return alone, need
        if not least_free:
            return None, max(slices)
    ordered = leader_order(counts, level, range(len(slices)), least_free)
    room = slice_room(counts, level)
    for index, domain in enumerate(ordered):
        if room.with_leader[domain] >= need and (not leaders or room.leads[domain]):
            return domain if least_free else tight_fit(ordered[index:], need, room, leaders), need
        if not least_free and not (strict and counts.scores is not None):
            break
    return None, pods[ordered[-1]] if least_free else slices[ordered[0]]


def _several(counts: Counts, level: int, need: int, leaders: int, least_free: bool) -> Selection | Shortage:
    """The leader's domain first, then as few others as it takes. Implements R20.29.4."""
    room = slice_room(counts, level)
    ordered = leader_order(counts, level, range(len(counts.slices[level])), least_free)
    ordered = leader_to_front(ordered, need, room, leaders)
    chosen: list[int] = []
    rest = need
    if leaders:
        host, *ordered = ordered
        if not room.leads[host]:
            return Shortage(level, 0)
        if not least_free and room.with_leader[host] >= rest:
            host = tight_fit([host, *ordered], rest, room, leaders)
        chosen.append(host)
        rest -= room.with_leader[host]
        ordered = domain_order(counts, level, ordered, least_free)
    for index, domain in enumerate(ordered):
        if rest <= 0:
            break
        if not least_free and room.plain[domain] >= rest:
            domain = tight_fit(ordered[index:], rest, room, 0)
        chosen.append(domain)
        rest -= room.plain[domain]
    return Shortage(level, need - rest) if rest > 0 else Selection(level, chosen)


def _descend(
    counts: Counts,
    level: int,
    shares: list[Share],
    parameters: Parameters,
    total: int,
    leaders: int,
    least_free: bool,
    balanced: bool,
) -> list[Share]:
    """From the chosen domains down to the leaves. Implements R20.32–R20.33, R20.45."""
    tree, grouping = counts.tree, parameters.grouping
    inner = dict(grouping.inner)
    while level < tree.lowest:
        if level < grouping.level and not balanced:
            pool = [child for share in shares for child in tree.children(level, share.domain)]
            level += 1
            alone = None if leaders or least_free or counts.scores is not None else tightest(counts, level, pool, total)
            if alone is not None:
                shares = [Share(alone, total * grouping.size, 0)]
                continue
            pool = domain_order(counts, level, pool, least_free)
            shares = distribute(pool, total, leaders, slice_room(counts, level), grouping.size, least_free)
            continue
        unit = grouping.size if level < grouping.level else inner.get(level + 1, 1)
        room = pod_room(counts, level + 1, unit)
        below: list[Share] = []
        for share in shares:
            if share.pods or share.leads:
                children = domain_order(counts, level + 1, tree.children(level, share.domain), least_free)
                below += distribute(children, share.pods // unit, share.leads, room, unit, least_free)
        shares = below
        level += 1
    return shares
