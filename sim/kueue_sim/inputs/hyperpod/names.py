"""How does HyperPod name what it makes? (HyperPod facts, section 4.1)"""

import hashlib

PREFIX = "hyperpod-ns-"
"""Namespaces and queues of teams begin so; the team's name follows."""
IDLE_POOL = f"{PREFIX}idle-resource-sharing-cq-1"
"""ClusterQueue of the capacity that no team owns."""


def made_up_id(name: str) -> str:
    """The id that stands for the one the service would give to a quota of this name."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
