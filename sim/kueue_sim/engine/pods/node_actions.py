"""What may happen to a node during a run, and what is it afterwards?"""

from dataclasses import replace

from kueue_sim.model import Action, Node, Scenario, Taint

NODE_ACTIONS = frozenset(("cordon", "uncordon", "drain", "taint", "fail", "repair", "add-nodes", "remove-node"))


def has_nodes(scenario: Scenario) -> bool:
    """Whether pods are placed at all; without nodes every admitted workload starts at once (R21.31)."""
    return bool(scenario.nodes or scenario.node_pools) or any(action.do == "add-nodes" for action in scenario.timeline)


def changed(node: Node, action: Action) -> Node:
    """The node after an action on it."""
    if action.do == "taint":
        return replace(node, taints=action.taints)
    if action.do in ("fail", "repair"):
        return replace(node, ready=action.do == "repair")
    return replace(node, unschedulable=action.do != "uncordon")


def driving_off(action: Action, node: Node) -> list[Taint]:
    """The taints with NoExecute that the node gets; pods that were there under others have shown that they stay."""
    return [one for one in action.taints if one.effect == "NoExecute" and one not in node.taints]
