"""Which node does the next pod get? Exactly as if every node were judged for every pod (R21.9, R21.13–R21.17)."""

from collections.abc import Iterable

from kueue_sim.model import Node, Placement
from kueue_sim.policy.placement.filters import refusal, soft_counts
from kueue_sim.policy.placement.nodes import Nodes, NodeState
from kueue_sim.policy.placement.preferences import Preference, preference
from kueue_sim.policy.placement.ranking import Draw, Ranking, Suited
from kueue_sim.policy.placement.shapes import Constraint, PodShape

REMEMBERED = 512
"""Shapes whose judgements are kept; the one not asked for longest is forgotten first."""


class Placer:
    """Chooses nodes under one policy. ``draw`` decides ties where the policy leaves them to chance."""

    def __init__(self, nodes: Nodes, preference: Preference, draw: Draw) -> None:
        self.nodes = nodes
        self._preference = preference
        self._draw = draw
        self._rankings: dict[PodShape, Ranking] = {}
        self._suited: dict[Constraint, list[Suited]] = {}
        self._suited_stamp = 0

    def resize(self, states: Iterable[NodeState]) -> None:
        """From now on these are the nodes, in this order; those that stay keep their load."""
        ordered = sorted(states, key=lambda state: state.name) if self._preference.by_name else states
        self.nodes = Nodes(ordered)
        self._rankings.clear()
        self._suited.clear()

    def choose(self, shape: PodShape) -> NodeState | None:
        """The node for a pod of this shape, None when no node holds it. Nothing is bound yet."""
        return self._ranking(shape).best(self._draw)

    def explain(self, shape: PodShape) -> str:
        """Why no node takes a pod of this shape: ``0/2 nodes are available: 2 Insufficient cpu.``"""
        return self._ranking(shape).explain()

    def accepted(self, shape: PodShape) -> list[NodeState]:
        """The nodes that would take a pod of this shape if they had room."""
        return self._ranking(shape).accepted()

    def _ranking(self, shape: PodShape) -> Ranking:
        ranking = self._rankings.pop(shape, None)
        if ranking is None:
            ranking = Ranking(self.nodes, shape, self._preference, self._nodes_for(shape.constraint))
            if len(self._rankings) == REMEMBERED:
                del self._rankings[next(iter(self._rankings))]
        self._rankings[shape] = ranking
        return ranking

    def _nodes_for(self, constraint: Constraint) -> list[Suited]:
        """The nodes a constraint accepts; remembered until the spec of some node changes."""
        if self._suited_stamp != self.nodes.respecified or len(self._suited) > REMEMBERED:
            self._suited_stamp = self.nodes.respecified
            self._suited.clear()
        found = self._suited.get(constraint)
        if found is None:
            found = self._suited[constraint] = [
                (state, soft_counts(state.spec, constraint))
                for state in self.nodes.with_labels(constraint.selector)
                if refusal(state.spec, constraint) is None
            ]
        return found


def place_on(nodes: Iterable[Node], placement: Placement, draw: Draw) -> Placer:
    """The placer of a scenario: the order of its nodes matters to FirstFit alone."""
    placer = Placer(Nodes(()), preference(placement), draw)
    placer.resize(NodeState(node) for node in nodes)
    return placer
