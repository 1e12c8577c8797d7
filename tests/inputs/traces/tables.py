"""Builders of scenarios around a trace file."""

import gzip
from pathlib import Path
from typing import Any

GPU = "nvidia.com/gpu"


def queue(name: str, nominal: int = 8) -> list[dict[str, object]]:
    quota = {"name": GPU, "nominalQuota": nominal}
    group = {"coveredResources": [GPU, "cpu"], "flavors": [{"name": "gpu", "resources": [quota, _CPU]}]}
    spec = {"namespaceSelector": {}, "resourceGroups": [group]}
    return [
        {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec},
        {"kind": "LocalQueue", "metadata": {"name": name, "namespace": "default"}, "spec": {"clusterQueue": name}},
    ]


_CPU = {"name": "cpu", "nominalQuota": 100}


def with_trace(folder: Path, text: str, file: str = "jobs.csv", **trace: object) -> dict[str, Any]:
    """A scenario with the teams red and blue and one trace, whose file holds ``text``."""
    packed = gzip.compress(text.encode(), mtime=0) if file.endswith(".gz") else text.encode()
    (folder / file).write_bytes(packed)
    flavor: dict[str, object] = {"kind": "ResourceFlavor", "metadata": {"name": "gpu"}}
    return {
        "apiVersion": "kueue-sim/v1",
        "kind": "Scenario",
        "policy": {"objects": [flavor, *queue("red"), *queue("blue")]},
        "workloads": [{"trace": {"file": file, **trace}}],
    }
