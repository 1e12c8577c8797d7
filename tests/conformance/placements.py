"""Kueue's own tests of topology placement: one flavor, some nodes, the pod sets of one workload."""

from collections.abc import Mapping
from typing import Any

from kueue_sim.inputs.kubernetes.selectors import preferred_affinity, required_affinity, tolerations
from kueue_sim.inputs.kueue.manifests import load_objects
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.model import (
    PodSet,
    Policy,
    ResourceFlavor,
    Settings,
    SliceLayer,
    Topology,
    TopologyAssignment,
    TopologyDomain,
    TopologyRequest,
)
from kueue_sim.policy.topology.flavor_topology import Demand
from kueue_sim.policy.topology.snapshot import Repair, Topologies
from tests.conformance.difference import Difference
from tests.conformance.encoding import decoded

HOST = ("kubernetes.io/hostname",)
Domains = tuple[tuple[str, int], ...]

PREVIOUS: Mapping[str, Mapping[str, Domains]] = {
    "TestFindTopologyAssignments#051": {"leader": (("x2", 1),), "workers": (("x1", 2), ("x2", 1))},
    "TestFindTopologyAssignments#052": {"": (("x1", 2), ("x2", 1))},
    "TestFindTopologyAssignments#053": {"leader": (("x2", 1),), "workers": (("x1", 3), ("x2", 2))},
    "TestFindTopologyAssignments#054": {"": (("x1", 3), ("x2", 2))},
    "TestFindTopologyAssignments#055": {"leader": (("x2", 1),), "workers": (("x1", 2),)},
    "TestFindTopologyAssignments#056": {"leader": (("deleted-node", 1),), "workers": (("x1", 2),)},
    "TestFindTopologyAssignments#057": {"": (("x1", 2),)},
    "TestFindTopologyAssignments#058": {"": (("x1", 1), ("x2", 1))},
}
"""What the recording left out: where the pods of the replaced slice were, by pod set."""

PRIOR_REQUESTS = (("cpu", 1000),)
"""What the recording left out: the request of the pods that are there before."""


def run_placement(case: Mapping[str, Any]) -> Difference | None:
    """Topology assignment alone; None when every pod set gets what Kueue gives it, and for the same reason."""
    settings = Settings(gates=case.get("featureGates") or {})
    objects = load_objects(case["objects"], settings)
    policy = Policy(
        flavors=(ResourceFlavor("flavor", case.get("nodeLabels") or {}, topology_name="default"),),
        topologies=(Topology("default", tuple(case["levels"])),),
    )
    topologies = Topologies(policy, settings, objects.nodes, objects.node_pods)
    for prior in (*(case.get("priorOwnUsage") or ()), *(case.get("priorFlavorUsage") or ())):
        topologies.flavors["flavor"].charge(tuple(prior["Values"]), PRIOR_REQUESTS, prior["Count"])
    demands = [_demand(case["id"], row) for row in case["podSets"]]
    found = topologies.find(demands, repair=_repair(case))
    for row in case["podSets"]:
        name, want = row.get("name", ""), row["expect"]
        reason = found.failure.reason if found.failure is not None and name not in found.assignments else ""
        if reason != want["reason"]:
            return Difference(f"why pod set {name!r} has no place", want["reason"], reason)
        got = found.assignments.get(name)
        if not reason and _plain(got) != _expected(want["assignment"]):
            return Difference(f"place of pod set {name!r}", str(_expected(want["assignment"])), str(_plain(got)))
    return None


def _demand(case_id: str, row: Mapping[str, Any]) -> Demand:
    report = Report()
    spec = Field(
        {"tolerations": row.get("tolerations"), "affinity": {"nodeAffinity": row.get("nodeAffinity")}},
        Source("pod"),
        report,
    )
    name = row.get("name", "")
    pod_set = PodSet(
        name,
        row["count"],
        row.get("requests") or {},
        node_selector=row.get("nodeSelector") or {},
        required_affinity=required_affinity(spec),
        preferred_affinity=preferred_affinity(spec),
        tolerations=tolerations(spec.get("tolerations")),
        topology=_request(row),
    )
    report.check()
    previous = PREVIOUS.get(case_id, {}).get(name)
    return Demand(
        pod_set,
        row["count"],
        "flavor",
        implied="topologyRequest" not in row,
        previous=None if previous is None else _on_hosts(previous),
    )


def _request(row: Mapping[str, Any]) -> TopologyRequest | None:
    """The request as given, also where the API server would refuse it."""
    raw = row.get("topologyRequest")
    if raw is None and "group" not in row:
        return None
    raw = raw or {}
    layers = [(one["topology"], one["size"]) for one in raw.get("podsetSliceRequiredTopologyConstraints") or ()]
    if "podSetSliceRequiredTopology" in raw:
        layers.append((raw["podSetSliceRequiredTopology"], raw.get("podSetSliceSize", 0)))
    return TopologyRequest(
        raw.get("required"),
        raw.get("preferred"),
        raw.get("unconstrained"),
        tuple(SliceLayer(level, size) for level, size in layers),
        row.get("group"),
    )


def _on_hosts(domains: Domains) -> TopologyAssignment:
    return TopologyAssignment(HOST, tuple(TopologyDomain((host,), count) for host, count in domains))


def _repair(case: Mapping[str, Any]) -> Repair | None:
    raw = case.get("workload")
    nodes = [] if raw is None else raw["status"].get("unhealthyNodes") or []
    if raw is None or not nodes:
        return None
    workload = load_objects([raw]).workloads[0]
    old = {
        row["name"]: decoded(row["topologyAssignment"])
        for row in raw["status"]["admission"]["podSetAssignments"]
        if "topologyAssignment" in row
    }
    stays = workload.owned_by_pod and Settings(gates=case["featureGates"]).gate("SkipReassignmentForPodOwnedWorkloads")
    return Repair(nodes[0]["name"], old, stays)


def _plain(assignment: TopologyAssignment | None) -> object:
    if assignment is None:
        return None
    return list(assignment.levels), [(list(one.values), one.count) for one in assignment.domains]


def _expected(raw: Mapping[str, Any] | None) -> object:
    if raw is None:
        return None
    return raw["levels"], [(one["values"], one["count"]) for one in raw["domains"]]
