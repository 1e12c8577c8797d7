"""What decides how much the pods of a dumped Workload ask for stands beside it: RuntimeClasses, claim templates."""

import json
from pathlib import Path
from typing import Any

import pytest

from kueue_sim import run
from kueue_sim.inputs.recorded.doubts.completeness import counted_otherwise
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario

CONFIGURATION = """
apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
resources:
  deviceClassMappings: [{name: whole-gpu, deviceClassNames: [gpu.example.com]}]
"""
BESIDE: dict[str, tuple[str, dict[str, Any], list[dict[str, Any]]]] = {
    "the overhead of its RuntimeClass": (
        "cpu",
        {"runtimeClassName": "kata", "containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]},
        [{"kind": "RuntimeClass", "metadata": {"name": "kata"}, "overhead": {"podFixed": {"cpu": "500m"}}}],
    ),
    "the devices of its claims": (
        "whole-gpu",
        {"resourceClaims": [{"name": "g", "resourceClaimTemplateName": "gpu"}], "containers": [{"name": "c"}]},
        [
            {
                "kind": "ResourceClaimTemplate",
                "metadata": {"name": "gpu", "namespace": "ml"},
                "spec": {
                    "spec": {
                        "devices": {
                            "requests": [{"name": "r", "exactly": {"deviceClassName": "gpu.example.com", "count": 2}}]
                        }
                    }
                },
            },
            {
                "kind": "ConfigMap",
                "metadata": {"name": "kueue-manager-config", "namespace": "kueue-system"},
                "data": {"controller_manager_config.yaml": CONFIGURATION},
            },
        ],
    ),
    "the defaults of its LimitRange": (
        "cpu",
        {"containers": [{"name": "c"}]},
        [
            {
                "kind": "LimitRange",
                "metadata": {"name": "lr", "namespace": "ml"},
                "spec": {"limits": [{"type": "Container", "defaultRequest": {"cpu": "2500m"}}]},
            }
        ],
    ),
}


def dump(resource: str, quota: str, spec: dict[str, Any], beside: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A queue with as much quota as is said, and a Workload of four pods that waits for it, never tried so far."""
    flavors = [{"name": "any", "resources": [{"name": resource, "nominalQuota": quota}]}]
    groups = [{"coveredResources": [resource], "flavors": flavors}]
    return [
        {"kind": "ResourceFlavor", "metadata": {"name": "any"}, "spec": {}},
        {
            "kind": "ClusterQueue",
            "metadata": {"name": "cq"},
            "spec": {"namespaceSelector": {}, "resourceGroups": groups},
            "status": {"conditions": [{"type": "Active", "status": "True"}]},
        },
        {"kind": "LocalQueue", "metadata": {"name": "lq", "namespace": "ml"}, "spec": {"clusterQueue": "cq"}},
        *beside,
        {
            "kind": "Workload",
            "metadata": {"name": "waits", "namespace": "ml", "creationTimestamp": "2026-01-01T00:00:00Z"},
            "spec": {"queueName": "lq", "podSets": [{"name": "main", "count": 4, "template": {"spec": spec}}]},
        },
    ]


@pytest.mark.parametrize("what", BESIDE)
@pytest.mark.parametrize("short", [True, False])
def test_what_stands_beside_a_workload_counts(what: str, short: bool, tmp_path: Path) -> None:
    resource, spec, beside = BESIDE[what]
    needed = 8 if resource == "whole-gpu" else 10
    path = tmp_path / "dump.json"
    path.write_text(json.dumps({"kind": "List", "items": dump(resource, str(needed - short), spec, beside)}))
    document = snapshot_scenario(read_snapshot([path]), "dump", runtime="1h")
    waits = run(scenario_from_dict(document)).workloads.set_index("workload").loc["ml/waits"]
    assert waits["state"] == ("pending" if short else "finished")


@pytest.mark.parametrize(
    ("what", "lacking", "told"),
    [
        ("the overhead of its RuntimeClass", "RuntimeClass", "RuntimeClass kata of ml/waits; without it no overhead"),
        (
            "the devices of its claims",
            "ResourceClaimTemplate",
            "ResourceClaimTemplate gpu of ml/waits; without it the work is",
        ),
        ("the devices of its claims", "ConfigMap", "Configuration with deviceClassMappings for ml/waits; without it"),
    ],
)
def test_what_is_missing_beside_a_workload_is_said(what: str, lacking: str, told: str, tmp_path: Path) -> None:
    resource, spec, beside = BESIDE[what]
    rest = [one for one in beside if one["kind"] != lacking]
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": dump(resource, "10", spec, rest)}))
    (tmp_path / "whole.json").write_text(json.dumps({"kind": "List", "items": dump(resource, "10", spec, beside)}))
    notes = {name: read_snapshot([tmp_path / f"{name}.json"]).notes for name in ("dump", "whole")}
    assert [told in note for note in notes["dump"]] == [True] and notes["whole"] == []


CREDITS = """
apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
resources:
  excludeResourcePrefixes: [cpu]
  transformations: [{input: nvidia.com/mig-1g.5gb, strategy: Replace, outputs: {credits: 5}}]
"""


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("configured", [False, True])
def test_work_of_which_kueue_counted_something_else_is_said(held: bool, configured: bool, tmp_path: Path) -> None:
    """Kueue's Configuration makes credits of the slices of GPUs that pods ask for; without it nobody knows."""
    beside = {
        "kind": "ConfigMap",
        "metadata": {"name": "kueue-manager-config", "namespace": "kueue-system"},
        "data": {"controller_manager_config.yaml": CREDITS},
    }
    requests = {"cpu": "500m", "nvidia.com/mig-1g.5gb": "1"}
    spec = {"containers": [{"name": "c", "resources": {"requests": requests, "limits": requests}}]}
    items = dump("credits", "40", spec, [beside] if configured else [])
    flavors = {"name": "main", "count": 3, "flavors": {"credits": "any"}, "resourceUsage": {"credits": "15"}}
    settled = [
        {"type": kind, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        for kind in ("QuotaReserved", "Admitted")
    ]
    items[-1]["metadata"]["uid"] = "u-waits"
    items[-1]["status"] = (
        {"admission": {"clusterQueue": "cq", "podSetAssignments": [flavors]}, "conditions": settled}
        if held
        else {"resourceRequests": [{"name": "main", "resources": {"credits": "20"}}]}
    )
    (tmp_path / "dump.json").write_text(json.dumps({"kind": "List", "items": items}))
    snapshot = read_snapshot([tmp_path / "dump.json"])
    told = counted_otherwise(snapshot.workloads, scenario_from_dict(snapshot_scenario(snapshot, "dump")).workloads)
    amounts = "1500m cpu, 3 nvidia.com/mig-1g.5gb, Kueue: 15" if held else "2 cpu, 4 nvidia.com/mig-1g.5gb, Kueue: 20"
    assert [line.partition("so answers")[2] for line in told] == (
        [] if configured else [f" about such work are those of other work: ml/waits ({amounts} credits)"]
    )
