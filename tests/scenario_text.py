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


def queue_text(local: str, namespace: str, **quota: object) -> str:
    """Manifests as people apply them: a flavor ``f``, a ClusterQueue ``q`` with so much of each resource of it, cores
    where nothing is given, and a LocalQueue."""
    amounts = quota or {"cpu": 4}
    resources = ", ".join(f"{{name: {name}, nominalQuota: {amount}}}" for name, amount in amounts.items())
    return f"""\
apiVersion: kueue.x-k8s.io/v1beta2
kind: ResourceFlavor
metadata: {{name: f}}
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata: {{name: q}}
spec:
  namespaceSelector: {{}}
  resourceGroups: [{{coveredResources: [{", ".join(amounts)}], flavors: [{{name: f, resources: [{resources}]}}]}}]
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata: {{name: {local}, namespace: {namespace}}}
spec: {{clusterQueue: q}}
"""
