"""Queues and jobs as they lie in repositories, and folders of them."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from kueue_sim.inputs import load_scenario
from tests.scenario_text import queue_text

QUEUES = queue_text("lq", "team")


def job(name: str, cpu: int = 1, labels: str = "kueue.x-k8s.io/queue-name: lq", namespace: str = "team") -> str:
    return dedent(f"""\
    apiVersion: batch/v1
    kind: Job
    metadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}
    spec: {{template: {{spec: {{containers: [{{name: c, image: x, resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}}}
    """)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def amounts(folder: Path) -> dict[str, int]:
    """CPU quota of each ClusterQueue, in cores."""
    return {
        queue.name: dict(queue.resource_groups[0].flavors[0].resources)["cpu"].nominal // 1000
        for queue in load_scenario(folder).policy.cluster_queues
    }
