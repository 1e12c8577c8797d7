"""How does HyperPod name what it makes? (HyperPod facts, section 4.1)"""

PREFIX = "hyperpod-ns-"
"""Namespaces and queues of teams begin so; the team's name follows."""
IDLE_POOL = f"{PREFIX}idle-resource-sharing-cq-1"
"""ClusterQueue of the capacity that no team owns."""
