"""Balanced placement (gate TASBalancedPlacement): spread slices evenly over as few domains as possible (20.7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log2

from kueue_sim.policy.topology.counts import Counts
from kueue_sim.policy.topology.request import Parameters
from kueue_sim.policy.topology.selection import Room, domain_order, leader_order


@dataclass(frozen=True, slots=True)
class Balanced:
    """Domains of one level with the slices each is to get; ``counts`` holds what pruning left below them."""

    counts: Counts
    level: int
    domains: list[int]
    room: Room


@dataclass(frozen=True, slots=True)
class _Walk:
    """A greedy walk that covers the request: how many domains it used, the leader's host, and the last domain."""

    used: int
    host: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Sibling domains of the requested level, pruned to those that can hold ``threshold`` slices each."""

    counts: Counts
    domains: list[int]
    threshold: int
    used: int


def select(counts: Counts, parameters: Parameters, need: int, leaders: int) -> Balanced | None:
    """A balanced choice for ``need`` slices, None when the normal algorithm has to do. Implements R20.40–R20.45."""
    if need == 0 and not leaders:
        return None
    best: _Candidate | None = None
    for siblings in _sibling_sets(counts, parameters.level):
        found = _evaluate(counts, parameters, siblings, need, leaders, best.threshold if best is not None else 0)
        if found is None or found.threshold <= 0:
            continue
        if best is None or (found.threshold, -found.used) > (best.threshold, -best.used):
            best = found
    return None if best is None else _apply(best, parameters, need, leaders)


def _sibling_sets(counts: Counts, level: int) -> list[range]:
    tree = counts.tree
    if level == 0:
        return [range(len(tree.paths[0]))]
    return [tree.children(level - 1, domain) for domain in range(len(tree.paths[level - 1]))]


def _balanced_level(parameters: Parameters) -> int:
    return parameters.level + 1 if parameters.level < parameters.grouping.level else parameters.level


def _below(counts: Counts, level: int, domains: Iterable[int]) -> list[int]:
    return [child for domain in domains for child in counts.tree.children(level, domain)]


def _walk(counts: Counts, level: int, domains: Iterable[int], need: int, leaders: int) -> _Walk | None:
    """Cover the request greedily, the largest domains first. Implements R20.41."""
    rest, used, host, last = need, 0, None, None
    slices = counts.slices[level]
    if leaders:
        ordered = leader_order(counts, level, domains, False)
        if not ordered or not counts.leads[level][ordered[0]]:
            return None
        host, used = ordered[0], 1
        rest -= counts.slices_with_leader[level][host]
        domains = ordered[1:]
    for domain in domain_order(counts, level, domains, False):
        if rest <= 0 or slices[domain] <= 0:
            break
        used, last = used + 1, domain
        rest -= slices[domain]
    return None if rest > 0 else _Walk(used, host, last)


def _evaluate(
    counts: Counts, parameters: Parameters, siblings: range, need: int, leaders: int, least: int
) -> _Candidate | None:
    """How evenly one set of siblings can take the request. Implements R20.41–R20.42."""
    balanced = _balanced_level(parameters)
    domains = list(siblings) if balanced == parameters.level else _below(counts, parameters.level, siblings)
    walk = _walk(counts, balanced, domains, need, leaders)
    if walk is None:
        return None
    threshold = need // walk.used
    with_leader = counts.slices_with_leader[balanced]
    if walk.host is not None:
        threshold = min(threshold, with_leader[walk.host])
    reserved = threshold
    if walk.last is not None:
        threshold = min(threshold, counts.slices[balanced][walk.last])
        reserved = min(threshold, with_leader[walk.last]) if leaders else threshold
    if threshold < least:
        return None
    found = _pruned(counts, parameters, siblings, need, leaders, threshold)
    if found is None and max(least, 1) <= reserved < threshold:
        found = _pruned(counts, parameters, siblings, need, leaders, reserved)
    return found


def _pruned(
    counts: Counts, parameters: Parameters, siblings: range, need: int, leaders: int, threshold: int
) -> _Candidate | None:
    """Drop what cannot hold the threshold; None when the rest no longer covers the request."""
    level, counts = parameters.level, counts.copy()
    for domain in siblings:
        if level < counts.tree.lowest:
            for child in counts.tree.children(level, domain):
                _prune(counts, level + 1, child, threshold)
        _recount(counts, level, domain)
        _prune(counts, level, domain, threshold)
    walk = _walk(counts, level, siblings, need, leaders)
    return None if walk is None else _Candidate(counts, list(siblings), threshold, walk.used)


def _prune(counts: Counts, level: int, domain: int, threshold: int) -> None:
    if counts.slices[level][domain] < threshold:
        _clear(counts, level, domain, (counts.pods, counts.slices))
    elif not counts.leads[level][domain] or counts.slices_with_leader[level][domain] >= threshold:
        return
    _clear(counts, level, domain, (counts.pods_with_leader, counts.slices_with_leader, counts.leads))


def _clear(counts: Counts, level: int, domain: int, numbers: Sequence[list[list[int]]]) -> None:
    domains = range(domain, domain + 1)
    while domains:
        for levels in numbers:
            for one in domains:
                levels[level][one] = 0
        if level == counts.tree.lowest:
            return
        starts = counts.tree.first_child[level]
        domains, level = range(starts[domains.start], starts[domains.stop]), level + 1


def _recount(counts: Counts, level: int, domain: int) -> None:
    if level < counts.tree.lowest:
        for child in counts.tree.children(level, domain):
            _recount(counts, level + 1, child)
        counts.sum_up(level, domain, rounded=False)


def _apply(best: _Candidate, parameters: Parameters, need: int, leaders: int) -> Balanced | None:
    """Give every member of the best subset the threshold, and hand out what is left over. Implements R20.43."""
    counts, threshold, size = best.counts, best.threshold, parameters.grouping.size
    level, domains = parameters.level, best.domains
    if level < parameters.grouping.level:
        chosen = _optimal_subset(counts, level, _by_evenness(counts, level, domains), need, leaders, size)
        if chosen is None:
            return None
        domains, level = _below(counts, level, chosen), level + 1
    subset = _optimal_subset(counts, level, sorted(domains), need, leaders, size)
    if subset is None or need < len(subset) * threshold:
        return None
    ordered = leader_order(counts, level, subset, False)
    extra = need - len(subset) * threshold
    amounts: dict[int, int] = {}
    leads = dict.fromkeys(ordered, 0)
    for domain in ordered:
        more = 0
        if leaders:
            more = min(counts.slices_with_leader[level][domain] - threshold, extra)
            leads[domain] = 1
            leaders -= 1
        elif extra > 0:
            more = min(counts.slices[level][domain] - threshold, extra)
        amounts[domain] = threshold + more
        extra -= more
    if extra > 0 or leaders:
        return None
    scores = None if counts.scores is None else counts.scores[level]
    return Balanced(counts, level, ordered, Room(amounts, amounts, leads, scores))


def _by_evenness(counts: Counts, level: int, domains: Iterable[int]) -> list[int]:
    """Domains whose children are most alike first (R20.44)."""
    leads, slices = counts.leads[level], counts.slices_with_leader[level]
    return sorted(domains, key=lambda d: (-leads[d], -slices[d], -_entropy(counts, level, d), d))


def _entropy(counts: Counts, level: int, domain: int) -> float:
    pods = [counts.pods[level + 1][child] for child in counts.tree.children(level, domain)]
    total = sum(pods)
    return sum(-(count / total) * log2(count / total) for count in pods if count > 0)


def _optimal_subset(
    counts: Counts, level: int, ordered: Sequence[int], need: int, leaders: int, size: int
) -> tuple[int, ...] | None:
    """As few domains as the greedy walk needs, with as little room as possible. Implements R20.44.

    ``reached[i]`` maps (leaders left, pods left) to the first choice of ``i`` domains found that leaves so much.
    """
    walk = _walk(counts, level, ordered, need, leaders)
    if walk is None:
        return None
    reached: list[dict[tuple[int, int], tuple[int, ...]]] = [{} for _ in range(walk.used + 1)]
    reached[0][leaders, need * size] = ()
    for domain in ordered:
        lead = counts.leads[level][domain]
        for used in range(walk.used, 0, -1):
            for leaders_left, pods_left in sorted(reached[used - 1]):
                if leaders_left <= 0 and pods_left <= 0:
                    continue
                choice = (*reached[used - 1][leaders_left, pods_left], domain)
                if leaders_left > 0 and lead > 0:
                    left = pods_left - counts.pods_with_leader[level][domain]
                    reached[used].setdefault((leaders_left - lead, left), choice)
                if counts.slices[level][domain] > 0:
                    left = pods_left - counts.pods[level][domain]
                    reached[used].setdefault((leaders_left, left), choice)
    nearest = max((pods for lead, pods in reached[walk.used] if lead == 0 and pods <= 0), default=None)
    return None if nearest is None else reached[walk.used][0, nearest]
