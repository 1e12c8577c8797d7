"""The feasible nodes for one shape of pods, best first, kept up to date at little cost.

Placing a pod changes one node. So instead of judging every node for every pod, each shape remembers its judgement
of all nodes and judges anew only those that changed since it was last asked. The answer is the same.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable

from kueue_sim.policy.placement.filters import Refusals, refusal, soft_counts
from kueue_sim.policy.placement.nodes import Nodes, NodeState
from kueue_sim.policy.placement.preferences import Preference
from kueue_sim.policy.placement.shapes import PodShape

Draw = Callable[[int], int]
"""A random number from 0 to below the given one, from the stream of node ties."""


class Buckets:
    """Nodes (by rank) with equal keys lie in one bucket, in order."""

    __slots__ = ("_key_of", "_keys", "_ranks")

    def __init__(self) -> None:
        self._key_of: dict[int, int] = {}
        self._ranks: dict[int, list[int]] = {}
        self._keys: list[int] = []

    def put(self, rank: int, key: int | None) -> None:
        """Move a node to the bucket of its key; None takes it out."""
        old = self._key_of.get(rank)
        if old == key:
            return
        if old is not None:
            self._remove(rank, old)
        if key is None:
            del self._key_of[rank]
            return
        self._key_of[rank] = key
        ranks = self._ranks.get(key)
        if ranks is None:
            self._ranks[key] = [rank]
            insort(self._keys, key)
        else:
            insort(ranks, rank)

    def _remove(self, rank: int, key: int) -> None:
        ranks = self._ranks[key]
        if len(ranks) == 1:
            del self._ranks[key]
            del self._keys[bisect_left(self._keys, key)]
        else:
            del ranks[bisect_left(ranks, rank)]

    @property
    def least(self) -> int | None:
        """The least key, None without any node."""
        return self._keys[0] if self._keys else None

    def best(self) -> list[int]:
        """The nodes with the least key, in order."""
        return self._ranks[self._keys[0]] if self._keys else []


Suited = tuple[NodeState, tuple[int, int]]
"""A node that a constraint accepts, with the soft counts that divide such nodes into groups."""


class Ranking:
    """Answers again and again which node a pod of this shape gets. It begins with the nodes that are ``suited`` now."""

    def __init__(self, nodes: Nodes, shape: PodShape, preference: Preference, suited: Iterable[Suited]) -> None:
        self._nodes = nodes
        self._shape = shape
        self._scoring = preference.scoring
        self._random_ties = preference.random_ties
        self._key = preference.key(shape)
        self._groups: dict[tuple[int, int], Buckets] = {}
        self._group_of: dict[int, Buckets] = {}
        self._accepted: list[NodeState] = []
        self._refusals: Refusals | None = None
        for state, group in suited:
            self._include(state, group)
        self._seen = nodes.stamp

    def best(self, draw: Draw) -> NodeState | None:
        """The node the policy takes, None when the pod fits nowhere."""
        self._refresh()
        ties = self._ties()
        if not ties:
            return None
        pick = draw(len(ties)) if self._random_ties and len(ties) > 1 else 0
        return self._nodes.states[ties[pick]]

    def explain(self) -> str:
        """Why no node takes a pod of the shape, in kube-scheduler's words."""
        if self._refusals is None:
            self._refusals = Refusals(self._nodes, self._shape)
        return self._refusals.text()

    def accepted(self) -> list[NodeState]:
        """The nodes the shape accepts whatever their load."""
        self._refresh()
        return self._accepted

    def _refresh(self) -> None:
        seen, nodes = self._seen, self._nodes
        if nodes.stamp == seen:
            return
        self._seen = nodes.stamp
        if nodes.respecified <= seen and nodes.stamp - seen > len(self._accepted):
            for state in self._accepted:
                if state.changed > seen:
                    self._judge(state)
            return
        for state in nodes.changed_since(seen):
            if state.respecified > seen:
                self._accept(state)
            elif state.rank in self._group_of:
                self._judge(state)

    def _accept(self, state: NodeState) -> None:
        """Sort a node into its group by what does not depend on load, or out of all groups."""
        old = self._group_of.pop(state.rank, None)
        if old is not None:
            old.put(state.rank, None)
            self._accepted.remove(state)
        if refusal(state.spec, self._shape.constraint) is None:
            self._include(state, soft_counts(state.spec, self._shape.constraint))

    def _include(self, state: NodeState, group: tuple[int, int]) -> None:
        key = group if self._scoring else (0, 0)
        buckets = self._groups.get(key)
        if buckets is None:
            buckets = self._groups[key] = Buckets()
        self._group_of[state.rank] = buckets
        self._accepted.append(state)
        self._judge(state)

    def _judge(self, state: NodeState) -> None:
        feasible = state.fits(self._shape.requests)
        self._group_of[state.rank].put(state.rank, self._key(state) if feasible else None)

    def _ties(self) -> list[int]:
        """The best nodes, equal to each other, in order."""
        if len(self._groups) == 1:
            return next(iter(self._groups.values())).best()
        best: int | None = None
        ties: list[int] = []
        for score, buckets in self._totals():
            if best is None or score > best:
                best, ties = score, []
            if score == best:
                ties = sorted(ties + buckets.best())
        return ties

    def _totals(self) -> list[tuple[int, Buckets]]:
        """The best total score of each group with a feasible node: soft taints count 3, preferred affinity 2,
        both relative to the extreme among the feasible nodes (R21.13)."""
        feasible = [
            (disliked, liked, -buckets.least, buckets)
            for (disliked, liked), buckets in self._groups.items()
            if buckets.least is not None
        ]
        most_disliked = max((item[0] for item in feasible), default=0)
        most_liked = max((item[1] for item in feasible), default=0)
        return [
            (3 * (100 - _percent(disliked, most_disliked)) + 2 * _percent(liked, most_liked) + score, buckets)
            for disliked, liked, score, buckets in feasible
        ]


def _percent(part: int, whole: int) -> int:
    return 100 * part // whole if whole else 0
