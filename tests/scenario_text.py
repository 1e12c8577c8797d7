"""Scenario files for tests that are about something else than their policy."""

from collections.abc import Mapping, Sequence

import yaml


def scenario_text(
    gpus: Mapping[str, int],
    more: str,
    *,
    flavors: Sequence[str] = ("gpu",),
    resource: str = "nvidia.com/gpu",
    **spec: object,
) -> str:
    """A file in which every team has a ClusterQueue with so many GPUs in each flavor, and then ``more``.

    ``spec`` has further fields of each ClusterQueue.
    """
    queues = [
        {
            "kind": "ClusterQueue",
            "metadata": {"name": team},
            "spec": {
                "namespaceSelector": {},
                **spec,
                "resourceGroups": [
                    {
                        "coveredResources": [resource],
                        "flavors": [
                            {"name": flavor, "resources": [{"name": resource, "nominalQuota": amount}]}
                            for flavor in flavors
                        ],
                    }
                ],
            },
        }
        for team, amount in gpus.items()
    ]
    objects = [*({"kind": "ResourceFlavor", "metadata": {"name": flavor}} for flavor in flavors), *queues]
    head = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"objects": objects}}
    return yaml.safe_dump(head, sort_keys=False) + more


def lending(gpus: Mapping[str, int], more: str) -> str:
    """The same in one cohort of a single flavor: queues take back from any other what they lent, and evict lower
    priorities of their own. GPUs are ``gpu`` there."""
    preemption = {"withinClusterQueue": "LowerPriority", "reclaimWithinCohort": "Any"}
    return scenario_text(gpus, more, flavors=("h100",), resource="gpu", cohortName="all", preemption=preemption)
