"""Figures count the resource that there is quota of, whichever resources are merely covered."""

from typing import Any

import pytest

from kueue_sim import run
from kueue_sim.inputs import scenario_from_dict

COVERED = ("nvidia.com/gpu", "cpu", "aws.amazon.com/neurondevice", "nvidia.com/mig-1g.5gb", "nvidia.com/mig-2g.10gb")


def cluster(quota: dict[str, int], asks: dict[str, int]) -> dict[str, Any]:
    resources = [{"name": name, "nominalQuota": quota.get(name, 0)} for name in COVERED]
    groups = [{"coveredResources": list(COVERED), "flavors": [{"name": "f", "resources": resources}]}]
    queue = {"namespaceSelector": {}, "resourceGroups": groups, "preemption": {"withinClusterQueue": "LowerPriority"}}
    return {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {
            "objects": [
                {"kind": "ResourceFlavor", "metadata": {"name": "f"}},
                {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": queue},
            ]
        },
        "workloads": [
            {"name": "low", "queue": "q", "requests": asks, "runtime": "2h"},
            {"name": "high", "queue": "q", "requests": asks, "priority": 1, "submit": "1h", "runtime": "1h"},
        ],
    }


@pytest.mark.parametrize(
    ("quota", "asks", "resource", "held", "lost"),
    [
        (
            {"aws.amazon.com/neurondevice": 16},
            {"aws.amazon.com/neurondevice": 16},
            "aws.amazon.com/neurondevice",
            64,
            16,
        ),
        ({"cpu": 8}, {"cpu": 8}, "cpu", 32, 8),
        ({"nvidia.com/mig-1g.5gb": 14, "nvidia.com/mig-2g.10gb": 6}, {"nvidia.com/mig-1g.5gb": 14}, COVERED[3], 56, 14),
        ({"nvidia.com/gpu": 4, "cpu": 96}, {"nvidia.com/gpu": 4, "cpu": 96}, "nvidia.com/gpu", 16, 4),
    ],
)
def test_the_resource_with_quota_is_counted(
    quota: dict[str, int], asks: dict[str, int], resource: str, held: float, lost: float
) -> None:
    result = run(scenario_from_dict(cluster(quota, asks)))
    total = result.total
    assert (result.resource, total.nominal, total.held_hours, total.lost_hours, total.allocation) == (
        resource, quota[resource], held, lost, 1.0,
    )  # fmt: skip
