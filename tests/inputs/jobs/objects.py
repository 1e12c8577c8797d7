"""Kueue's objects and jobs as plain values, sound but for the fields that a test gives them."""

from typing import Any

Object = dict[str, Any]


def queue(**spec: object) -> Object:
    return {"kind": "ClusterQueue", "metadata": {"name": "q"}, "spec": {"namespaceSelector": {}, **spec}}


def groups(*flavors: str, resource: str = "cpu") -> list[Object]:
    quota = {"name": resource, "nominalQuota": 1}
    return [{"coveredResources": [resource], "flavors": [{"name": name, "resources": [quota]} for name in flavors]}]


def quota_of(**fields: object) -> list[Object]:
    quota = {"name": "cpu", "nominalQuota": 1, **fields}
    return [{"coveredResources": ["cpu"], "flavors": [{"name": "f0", "resources": [quota]}]}]


def flavor(**spec: object) -> Object:
    return {"kind": "ResourceFlavor", "metadata": {"name": "g"}, "spec": spec}


def work(**spec: object) -> Object:
    pod_sets = [{"name": "main", "count": 1, "template": {"spec": {"containers": []}}}]
    return {"kind": "Workload", "metadata": {"name": "w"}, "spec": {"queueName": "other", "podSets": pod_sets, **spec}}


def pod_set(**fields: object) -> Object:
    return {"name": "main", "count": 1, "template": {"spec": {"containers": []}}, **fields}


def job(template: Object | None = None, metadata: Object | None = None, kind: str = "Job", **spec: object) -> Object:
    labels = {"kueue.x-k8s.io/queue-name": "other"}
    pods = {"spec": {"containers": [{"name": "c"}]}, **(template or {})}
    about = {"name": "j", "labels": labels, **(metadata or {})}
    return {"kind": kind, "metadata": about, "spec": {"template": pods, **spec}}


def ray_job(**spec: object) -> Object:
    labels = {"kueue.x-k8s.io/queue-name": "other"}
    return {"kind": "RayJob", "metadata": {"name": "r", "labels": labels}, "spec": spec}


def limit(**item: object) -> Object:
    return {"kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", **item}]}}


def named(kind: str, name: str, **more: object) -> Object:
    return {"kind": kind, "metadata": {"name": name}, **more}


def levels(*labels: str) -> Object:
    return named("Topology", "t", spec={"levels": [{"nodeLabel": label} for label in labels]})
