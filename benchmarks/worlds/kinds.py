"""Which kinds of worlds are there, and what is asked of each?

A kind is a recipe for the cluster, how much work a world has, and the checks its runs must pass. Most faults show in
small worlds, so most kinds are small; how often each is drawn is its ``families``.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.worlds import checks
from benchmarks.worlds.checks import Check
from kueue_sim.policytest.random_worlds.worlds import Limits, seeded_world

Document = dict[str, Any]
GPU = "nvidia.com/gpu"
RELEASES = ("0.10", "0.11", "0.12", "0.13", "0.14", "0.15", "0.16", "0.17", "0.18")
RACK, HOST = "example.com/rack", "kubernetes.io/hostname"
POOL_OF = 24
"""So many workloads of each family are read; a world has some of them, at other times and with other priorities."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``alter`` makes of a plain random world one of this kind. ``fewest`` and ``most``: workloads of a world.
    ``endless``: the chance that a workload runs for ever."""

    name: str
    families: int
    limits: Limits
    checks: tuple[Check, ...]
    alter: Callable[[Document, Random], None]
    fewest: int = 2
    most: int = 6
    endless: float = 0.1

    def document(self, seed: str) -> Document:
        """The family of this seed, with all of its work."""
        document, random = seeded_world(seed, self.limits), Random(seed)
        document["workloads"] = [_again(document["workloads"], number, random) for number in range(POOL_OF)]
        self.alter(document, random)
        return document


def _again(workloads: list[Document], number: int, random: Random) -> Document:
    """The workload of this number, or, where a world has fewer, another one like one of them."""
    like = workloads[number] if number < len(workloads) else random.choice(workloads)
    return {**like, "name": f"w{number}"}


def objects(document: Document, kind: str) -> list[Document]:
    """The specs of its objects of a kind."""
    return [one for one in document["policy"]["objects"] if one["kind"] == kind]


def plain(document: Document, random: Random) -> None:
    """As it is."""


def fair(document: Document, random: Random) -> None:
    """Fair sharing, with one of Kueue's lists of strategies and weights here and there."""
    strategies = random.choice((["LessThanOrEqualToFinalShare", "LessThanInitialShare"], ["LessThanInitialShare"]))
    document["kueue"] = {"configuration": {"fairSharing": {"preemptionStrategies": strategies}}}
    for one in objects(document, "ClusterQueue"):
        if "cohortName" in one["spec"] and random.random() < 0.5:
            one["spec"]["fairSharing"] = {"weight": random.choice(("2", "0.5", "0"))}


def thrashing(document: Document, random: Random) -> None:
    """One crowded cohort without limits in which everybody may evict, and nothing else happens for long."""
    fairly = random.random() < 0.7
    document["horizon"] = "5m"
    document.pop("timing", None)
    document.pop("kueue", None)
    for one in objects(document, "ClusterQueue"):
        spec = one["spec"]
        spec |= {"cohortName": "all", "queueingStrategy": "BestEffortFIFO"}
        spec.pop("fairSharing", None)
        within = random.choice(("LowerPriority", "LowerOrNewerEqualPriority"))
        spec["preemption"] = {"withinClusterQueue": within, "reclaimWithinCohort": "Any"}
        if not fairly:
            spec["preemption"]["borrowWithinCohort"] = {"policy": "LowerPriority"}
        for quota in (quota for group in spec["resourceGroups"] for quota in group["flavors"][0]["resources"]):
            quota.pop("borrowingLimit", None)
            quota.pop("lendingLimit", None)
            quota["nominalQuota"] = random.randint(2, 6)
    if fairly:
        fair(document, random)
    for workload in document["workloads"]:
        workload |= {"pods": random.randint(1, 5), "requests": {GPU: 1}}
        workload.pop("podSets", None)
        workload.pop("minPods", None)


def changing(document: Document, random: Random) -> None:
    """Queues get other quotas, limits, parents and preemption, are stopped and go on, while work waits and runs."""
    timeline: list[Document] = []
    for _ in range(random.randint(1, 3)):
        one, at = deepcopy(random.choice(objects(document, "ClusterQueue"))), random.randint(1, 12)
        name = one["metadata"]["name"]
        if random.random() < 0.3:
            stop = random.choice(("Hold", "HoldAndDrain"))
            timeline.append({"at": f"{at}s", "do": "stop", "clusterQueue": name, "stopPolicy": stop})
            on = {"at": f"{at + random.randint(1, 9)}s", "do": "stop", "clusterQueue": name, "stopPolicy": "None"}
            timeline.append(on)
            continue
        _redraw(one["spec"], random)
        timeline.append({"at": f"{at}s", "do": "apply", "objects": [one]})
    document["timeline"] = sorted(timeline, key=lambda action: int(action["at"][:-1]))


def _redraw(spec: Document, random: Random) -> None:
    for group in spec["resourceGroups"]:
        for flavor in group["flavors"]:
            for quota in flavor["resources"]:
                quota["nominalQuota"] = random.randint(0, 6)
                quota.pop("lendingLimit", None)
                if "borrowingLimit" in quota and random.random() < 0.5:
                    quota["borrowingLimit"] = random.randint(0, 4)
    if random.random() < 0.5:
        spec["preemption"] = {"withinClusterQueue": "LowerPriority", "reclaimWithinCohort": "Any"}


def older(document: Document, random: Random) -> None:
    """An earlier release of Kueue."""
    document.setdefault("kueue", {})["version"] = random.choice(RELEASES)
    document["validation"] = "accept"


def autoscaled(document: Document, random: Random) -> None:
    """Few nodes at first; more come when pods find none, or before admission where a check asks for them."""
    pools = []
    for number, flavor in enumerate(objects(document, "ResourceFlavor")):
        flavor["spec"] = {"nodeLabels": {"pool": f"p{number}"}}
        fewest = random.randint(0, 1)
        scale = {"min": fewest, "max": fewest + random.randint(1, 3), "delay": f"{random.randint(1, 5)}s", "idle": "4s"}
        pools.append(_pool(f"p{number}", autoscale=scale))
    document["cluster"] = {"nodePools": pools}
    if random.random() < 0.5:
        controller = {"controllerName": "kueue.x-k8s.io/provisioning-request"}
        check = {"kind": "AdmissionCheck", "metadata": {"name": "nodes"}, "spec": controller}
        document["policy"]["objects"].append(check)
        for one in objects(document, "ClusterQueue"):
            one["spec"]["admissionChecksStrategy"] = {"admissionChecks": [{"name": "nodes"}]}


def topological(document: Document, random: Random) -> None:
    """Two racks of two nodes for each flavor; jobs require or prefer a rack or a host, or do not say."""
    levels = [{"nodeLabel": RACK}, {"nodeLabel": HOST}]
    document["policy"]["objects"].append(
        {"kind": "Topology", "metadata": {"name": "racks"}, "spec": {"levels": levels}}
    )
    pools = []
    for number, flavor in enumerate(objects(document, "ResourceFlavor")):
        flavor["spec"] = {"nodeLabels": {"pool": f"p{number}"}, "topologyName": "racks"}
        pools.append(_pool(f"p{number}", count=4, topology=[{"label": RACK, "nodes": 2}]))
    document["cluster"] = {"nodePools": pools}
    for one in document["workloads"]:
        wish = random.choice((None, {"required": RACK}, {"preferred": RACK}, {"required": HOST}, {"preferred": HOST}))
        if wish is not None:
            one["topology"] = wish


def _pool(name: str, **more: object) -> Document:
    return {"name": name, "labels": {"pool": name}, "resources": {GPU: 3, "cpu": 4}, **more}


_SMALL = Limits(queues=3, workloads=POOL_OF, cohorts=2, seconds=6)
_TREE = Limits(queues=4, workloads=POOL_OF, cohorts=3, seconds=6)
_LARGE = Limits(queues=6, workloads=POOL_OF, cohorts=3, seconds=12)
_CROWD = Limits(queues=4, workloads=POOL_OF, flavors=1, resources=1, cohorts=0, seconds=4, slow_evictions=False)
_NODES = Limits(queues=2, workloads=POOL_OF, cohorts=1, seconds=8, slow_evictions=False, several_pod_sets=False)

KINDS: tuple[Kind, ...] = (
    Kind("small", 12, _SMALL, checks.POLICY, plain),
    Kind("tree", 10, _TREE, checks.POLICY, plain, 2, 5),
    Kind("fair", 6, _TREE, checks.POLICY, fair),
    Kind("large", 1, _LARGE, checks.POLICY, plain, 15, POOL_OF),
    Kind("thrash", 3, _CROWD, (*checks.POLICY, checks.decides_the_same_the_long_way), thrashing, 4, 6, endless=0.8),
    Kind("changes", 4, _SMALL, checks.CHANGES, changing),
    Kind("adoption", 3, _SMALL, (*checks.POLICY, checks.goes_on_after_a_stop), plain, 2, 5),
    Kind("releases", 4, _TREE, checks.POLICY, older, 2, 5),
    Kind("shortcuts", 3, _TREE, (*checks.POLICY, checks.decides_the_same_the_long_way), plain, 2, 5),
    Kind("autoscaling", 2, _NODES, checks.AUTOSCALED, autoscaled, 2, 4),
    Kind("topology", 2, _NODES, checks.TOPOLOGY, topological, 2, 4),
)
_MOST = max(kind.families for kind in KINDS)
ROUND: tuple[Kind, ...] = tuple(kind for turn in range(_MOST) for kind in KINDS if turn < kind.families)
"""One family after the other is of these kinds, again and again; all of them come early."""
BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
