"""How does HyperPod name what it makes for a team, and what do people call it? (HyperPod facts, section 4.1)"""

import re
from collections.abc import Iterable

PREFIX = "hyperpod-ns-"
"""Namespaces and queues of teams begin so; the team's name follows."""
IDLE_POOL = f"{PREFIX}idle-resource-sharing-cq-1"
"""ClusterQueue of the capacity that no team owns."""
_QUEUE = "-clusterqueue"
_TEAM = r"hyperpod-ns-([a-z0-9](?:[a-z0-9-]*?[a-z0-9])?)"
_MADE = re.compile(
    rf"(?<![\w-])(?:{_TEAM}{_QUEUE}|(?:{_TEAM}/)?{_TEAM}-localqueue|hyperpod-ns-(idle-resource-sharing-cq-1))(?![\w-])"
    rf"|(?<![\w/.-]){_TEAM}(?=/)(?!/\S*\.(?:ya?ml|json|sh)\b)"
)
"""The names of a team's queues anywhere in a text, and its namespace before the name of a workload; not in file
names."""

_taken: set[str] = set()


def tell_apart(names: Iterable[str]) -> None:
    """From now on nothing is called by one of these names but what has it: a team keeps the long name of its queue
    where its short one is that of another queue or namespace. Each scenario that is loaded says what it has."""
    _taken.clear()
    _taken.update(names)


def queue_of(team: str) -> str:
    """The ClusterQueue that HyperPod makes for a team."""
    return f"{PREFIX}{team}{_QUEUE}"


def team_of(cluster_queue: str) -> str:
    """The team that HyperPod made a ClusterQueue for; the name of any other queue stands for itself."""
    if cluster_queue == IDLE_POOL:
        return cluster_queue.removeprefix(PREFIX)
    team = cluster_queue.removeprefix(PREFIX).removesuffix(_QUEUE)
    return team if team and cluster_queue == queue_of(team) else cluster_queue


def short_name(cluster_queue: str) -> str:
    """What people call a ClusterQueue: by its team, unless that name is taken."""
    team = team_of(cluster_queue)
    return cluster_queue if team in _taken else team


def with_teams(text: str) -> str:
    """A text in which the queues that HyperPod made, and namespaces before the names of workloads, are called as the
    teams they are for, unless that name is taken."""
    return _MADE.sub(_shortened, text) if PREFIX in text else text


def _shortened(found: re.Match[str]) -> str:
    team = found[found.lastindex or 0]
    return found[0] if team in _taken else team
