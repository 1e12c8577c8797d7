"""The fair-sharing tournament: which entry of a cycle is processed next (R11.16–R11.23).

Each Cohort holds a match between its children: every ClusterQueue enters with its entry, every Cohort below with its
own winner. Whoever would have the smallest dominant resource share after its admission wins; equals are told apart by
priority, then age. The winner of the root is processed, usage changes on its path, and the match is held again among
those who are left. (Kueue: the fair sharing iterator.)

Worked number: a Cohort lends 8 GPUs. Queue ``a`` uses 4 beyond its quota and asks for 1: (4 + 1) / 8, a share of 625.
Queue ``b`` uses 2 beyond and asks for 2: (2 + 2) / 8, a share of 500, so ``b`` goes first. With weight 2 the share of
``a`` would be 312.5, and ``a`` would go first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kueue_sim.model import Settings
from kueue_sim.policy.compiled_policy import CompiledPolicy
from kueue_sim.policy.entry_order import Entry
from kueue_sim.policy.quota.dominant_resource_share import ShareCalculator
from kueue_sim.policy.quota.quota_tree import QuotaNode, Usage
from kueue_sim.policy.quota.share import Share


@dataclass(frozen=True, slots=True)
class Measures:
    """What entries are measured by beside their share: whether whoever borrows nothing goes first, whether branches
    borrow or entries do (V37), whether priority counts, and whether preemptors go first."""

    non_borrowing_first: bool
    branches_borrow: bool
    by_priority: bool
    preemptors_first: bool


def measures(settings: Settings) -> Measures:
    """What entries are measured by under these settings."""
    return Measures(
        settings.gate("FairSharingPrioritizeNonBorrowing"),
        settings.release.branches_borrow,
        settings.gate("PrioritySortingWithinCohort"),
        settings.gate("PrioritizePreemptorWorkloads"),
    )


def tournament(entries: Sequence[Entry], compiled: CompiledPolicy, by: Measures) -> Iterator[Entry]:
    """Entries one at a time, each the winner on the usage at that moment. Implements R4.20, R11.16–R11.17.

    Between two of them only usage on the path of the one that was given out may change.
    """
    trees: dict[QuotaNode, list[Entry]] = {}
    last_of_queue = {entry.queue.node: entry for entry in entries}
    for node, entry in last_of_queue.items():
        trees.setdefault(node.root, []).append(entry)
    orders: dict[QuotaNode, Iterator[Entry]] = {}
    out: set[Entry] = set()
    nodes = list(last_of_queue)
    if len(trees) > 1:
        nodes.sort(key=lambda node: (node.root.name, node.name))
    for node in nodes:
        root, last = node.root, last_of_queue[node]
        while last not in out:
            order = orders.get(root)
            if order is None:
                order = orders[root] = _order(root, trees[root], compiled.shares, by)
            entry = next(order)
            out.add(entry)
            yield entry


_Rank = tuple[object, ...]


def _order(root: QuotaNode, entries: Sequence[Entry], shares: ShareCalculator, by: Measures) -> Iterator[Entry]:
    """The entries of one tree in the order in which they win."""
    if root.child_cohorts:
        return _matches(root, entries, shares, by)
    return iter(_in_turn(entries, shares, by))


def order_of_shares(entries: Sequence[Entry], compiled: CompiledPolicy, by: Measures) -> list[Entry] | None:
    """The order of the tournament where it is known before anybody is processed; None: it has to be played.

    Where no Cohort is below the root, only the queue of an entry itself counts, which nothing is charged to before the
    entry was given out: then all of them stand in order from the beginning.
    """
    root = entries[0].queue.node.root
    if root.child_cohorts:
        return None
    queues = {entry.queue.node: None for entry in entries if entry.queue.node.root is root}
    return _in_turn(entries, compiled.shares, by) if len(queues) == len(entries) else None


def _in_turn(entries: Sequence[Entry], shares: ShareCalculator, by: Measures) -> list[Entry]:
    """Entries of different queues that lie in one Cohort, by what they are measured by in their own queues."""
    ranked = []
    for entry in entries:
        node = entry.queue.node
        ranked.append((_rank(entry, node, shares, by), node.place, entry))
    ranked.sort()
    return [entry for _, _, entry in ranked]


def _matches(root: QuotaNode, entries: Sequence[Entry], shares: ShareCalculator, by: Measures) -> Iterator[Entry]:
    bracket = _Bracket(entries, shares, by)
    for _ in entries:
        entry = bracket.winner(root)
        yield entry
        bracket.leave(entry)


def _rank(entry: Entry, branch: QuotaNode, shares: ShareCalculator, by: Measures) -> _Rank:
    """What an entry is measured by in a branch, which is its queue or above it; the smallest wins."""
    pending, usage = entry.pending, entry.usage
    share = shares.share_with(branch, entry.queue.node, usage)
    borrows = by.non_borrowing_first and _borrows(entry, usage, share, by)
    priority = -pending.priority if by.by_priority else 0
    later = by.preemptors_first and not pending.is_preemptor
    return (later, borrows, share.rank, priority, pending.timestamp_ms)


def _borrows(entry: Entry, usage: Usage, share: Share, by: Measures) -> bool:
    """Whether a branch with this share borrows what the entry asks for (R11.20); before, whether the entry does
    (V37)."""
    if not by.branches_borrow:
        return entry.assignment.borrowing > 0
    for slot, amount in usage:
        if amount > 0 and slot in share.borrowed_slots:
            return True
    return False


class _Bracket:
    """The tournament in a tree with Cohorts below its root. Implements R11.18–R11.23.

    What an entry is measured by follows from usage on its own path (R11.17), so it stands until usage of a Cohort below
    the root changes above it; the champion of a Cohort stands until one of its contenders leaves or is measured anew.
    """

    def __init__(self, entries: Sequence[Entry], shares: ShareCalculator, by: Measures) -> None:
        self._shares = shares
        self._by = by
        self._ranks: dict[tuple[Entry, QuotaNode], _Rank] = {}
        self._below: dict[QuotaNode, list[Entry]] = {}
        self._usage: dict[QuotaNode, list[int]] = {}
        self._champions: dict[QuotaNode, Entry | None] = {}
        self._in_order: dict[QuotaNode, list[tuple[_Rank, int, Entry]]] = {}
        for entry in entries:
            above = entry.queue.node.parent
            while above is not None:
                below = self._below.get(above)
                if below is None:
                    self._below[above], self._usage[above] = [entry], above.usage.copy()
                else:
                    below.append(entry)
                above = above.parent
            self._measure(entry)

    def _measure(self, entry: Entry) -> None:
        branch = entry.queue.node
        while branch.parent is not None:
            self._ranks[entry, branch] = _rank(entry, branch, self._shares, self._by)
            branch = branch.parent

    def winner(self, root: QuotaNode) -> Entry:
        """Whoever is next in the tree."""
        champion = self._champion(root)
        assert champion is not None
        return champion

    def leave(self, entry: Entry) -> None:
        """The entry was processed, and usage on its path may have changed."""
        above = entry.queue.node.parent
        if above is not None:
            ordered = self._in_order[above]
            if ordered[-1][2] is entry:
                ordered.pop()
            else:
                del self._in_order[above]
        while above is not None:
            self._below[above].remove(entry)
            self._champions.pop(above, None)
            if above.parent is not None and above.usage != self._usage[above]:
                self._usage[above] = above.usage.copy()
                for other in self._below[above]:
                    self._measure(other)
                    self._forget(other.queue.node)
            above = above.parent

    def _forget(self, queue: QuotaNode) -> None:
        """Who leads above a queue that was measured anew."""
        above = queue.parent
        if above is not None:
            self._in_order.pop(above, None)
        while above is not None:
            self._champions.pop(above, None)
            above = above.parent

    def _champion(self, cohort: QuotaNode) -> Entry | None:
        if cohort in self._champions:
            return self._champions[cohort]
        best: tuple[_Rank, Entry] | None = None
        for child in cohort.child_cohorts:
            champion = self._champion(child) if child in self._below else None
            if champion is not None and (best is None or self._ranks[champion, child] < best[0]):
                best = self._ranks[champion, child], champion
        ordered = self._in_order.get(cohort)
        if ordered is None:
            ordered = self._in_order[cohort] = self._contenders(cohort)
        if ordered and (best is None or ordered[-1][0] < best[0]):
            best = ordered[-1][0], ordered[-1][2]
        self._champions[cohort] = None if best is None else best[1]
        return self._champions[cohort]

    def _contenders(self, cohort: QuotaNode) -> list[tuple[_Rank, int, Entry]]:
        """The entries of its own queues, the first one last; among equals in the order of the queues."""
        found = [(entry, entry.queue.node) for entry in self._below[cohort] if entry.queue.node.parent is cohort]
        return sorted([(self._ranks[entry, queue], queue.place, entry) for entry, queue in found], reverse=True)
