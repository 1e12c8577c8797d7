"""How long does it take from a large cluster's dump to an answer?

A simulated cluster of 500 nodes that 5,000 Workloads came to is stopped when it is full, written as
`kubectl get -A -o json` would print it, its pods included, imported, and asked when one of the waiting jobs starts.

    python -m benchmarks.everyday.snapshot                       every pod set asks for topology
    python -m benchmarks.everyday.snapshot --flat                nodes, but no topology-aware scheduling
    python -m benchmarks.everyday.snapshot --keep cluster.json   only write the dump
"""

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter

from kueue_sim.engine.simulation import Simulation
from kueue_sim.inputs.scenario import scenario_from_dict
from kueue_sim.model import Scenario
from tests.cluster.exporting import Manifest, exported

GPU = "nvidia.com/gpu"
NODES, QUEUES, JOBS = 500, 20, 5000
DAYS = 2.0
HOST, RACK, BLOCK = "kubernetes.io/hostname", "example.com/rack", "example.com/block"
SIZES = (1, 1, 1, 2, 4, 8, 8, 16, 32, 64)
LOAD = 1.15
"""Work that comes, in shares of what the GPUs can do."""


def policy(topology: bool) -> list[Manifest]:
    """Twenty ClusterQueues that share 4,000 GPUs equally in one cohort and take back what they lent."""
    flavor: Manifest = {"nodeLabels": {"pool": "h100"}}
    objects: list[Manifest] = []
    if topology:
        flavor["topologyName"] = "racks"
        levels = [{"nodeLabel": level} for level in (BLOCK, RACK, HOST)]
        objects.append({"kind": "Topology", "metadata": {"name": "racks"}, "spec": {"levels": levels}})
    objects.append({"kind": "ResourceFlavor", "metadata": {"name": "h100"}, "spec": flavor})
    share = 8 * NODES // QUEUES
    for number in range(QUEUES):
        amounts = ((GPU, share), ("cpu", 12 * share))
        quota = {"name": "h100", "resources": [{"name": name, "nominalQuota": amount} for name, amount in amounts]}
        spec = {
            "cohortName": "all",
            "namespaceSelector": {},
            "resourceGroups": [{"coveredResources": [GPU, "cpu"], "flavors": [quota]}],
            "preemption": {"reclaimWithinCohort": "Any", "withinClusterQueue": "LowerPriority"},
        }
        objects.append({"kind": "ClusterQueue", "metadata": {"name": f"team-{number:02d}"}, "spec": spec})
    return objects


def nodes() -> list[Manifest]:
    """Nodes of eight GPUs, ten to a rack and ten racks to a block."""
    found = []
    for number in range(NODES):
        labels = {HOST: f"n{number:03d}", RACK: f"r{number // 10:02d}", BLOCK: f"b{number // 100}", "pool": "h100"}
        capacity = {GPU: "8", "cpu": "96", "memory": "1Ti", "pods": "110"}
        status = {"allocatable": capacity, "conditions": [{"type": "Ready", "status": "True"}]}
        metadata = {"name": f"n{number:03d}", "labels": labels}
        found.append({"kind": "Node", "metadata": metadata, "spec": {}, "status": status})
    return found


def work(topology: bool) -> Iterator[Manifest]:
    """Jobs of 1 to 64 GPUs, up to eight in a pod, with lognormal run times."""
    random, at = Random(5), 0.0
    every = DAYS * 86_400 / JOBS
    mean_s = LOAD * 8 * NODES * every / (sum(SIZES) / len(SIZES))
    for number in range(JOBS):
        at += random.expovariate(1 / every)
        size = random.choice(SIZES)
        pods = -(-size // 8)
        pod_set: Manifest = {"name": "main", "pods": pods, "requests": {GPU: size // pods, "cpu": 4}}
        if topology:
            pod_set["topology"] = {"required": RACK} if pods > 1 else {"unconstrained": True}
        yield {
            "name": f"job-train-{number:04d}-{random.randrange(16**5):05x}",
            "queue": f"team-{random.randrange(QUEUES):02d}",
            "submit": f"{round(at)}s",
            "runtime": f"{round(random.lognormvariate(0, 1) * mean_s / 1.65) + 1}s",
            "priority": random.choice((0, 0, 0, 100)),
            "podSets": [pod_set],
        }


def world(topology: bool) -> Manifest:
    """The scenario that the dump is taken from."""
    return {
        "apiVersion": "kueue-sim/v1", "kind": "Scenario", "start": "2026-03-02T00:00:00Z",
        "cluster": {"nodes": nodes()}, "policy": {"objects": policy(topology)}, "workloads": list(work(topology)),
    }  # fmt: skip


def pods_of(present: Scenario) -> Iterator[Manifest]:
    """The pods of running work, and one of somebody else on every node."""
    for node in present.nodes:
        spec = {"nodeName": node.name, "containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]}
        metadata = {"name": f"exporter-{node.name}", "namespace": "monitoring"}
        yield _pod(metadata, spec)
    for one in present.workloads:
        admission = None if one.status is None else one.status.admission
        for pod_set, placed in zip(one.pod_sets, () if admission is None else admission.nodes, strict=False):
            for number, name in enumerate(placed):
                amounts = {resource: str(amount) for resource, amount in pod_set.requests.items()}
                spec = {"nodeName": name, "containers": [{"name": "c", "resources": {"requests": amounts}}]}
                labels = {"kueue.x-k8s.io/podset": pod_set.name, "kueue.x-k8s.io/managed": "true"}
                metadata = {"name": f"{one.name}-{number}", "namespace": one.namespace, "labels": labels}
                yield _pod(metadata, spec)


def _pod(metadata: Manifest, spec: Manifest) -> Manifest:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": {"phase": "Running"}}


def dump(topology: bool) -> tuple[Manifest, str]:
    """The dump when the last job had come, and the name of a job that waits."""
    document = world(topology)
    scenario = scenario_from_dict(document)
    at_ms = max(one.created_ms for one in scenario.workloads)
    simulation = Simulation(scenario)
    present = simulation.present(at_ms)
    found = exported([*document["policy"]["objects"], *nodes()], scenario, present, simulation.facts, at_ms)
    found["items"] += pods_of(present)
    waiting = [one for one in present.workloads if one.status is not None and one.status.admission is None]
    return found, waiting[len(waiting) // 2].name


def command(*arguments: str) -> tuple[float, str]:
    """Seconds that a command takes, start of the interpreter included, and what it prints."""
    start = perf_counter()
    line = [sys.executable, "-m", "kueue_sim.cli", *arguments]
    done = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True, stderr=subprocess.STDOUT)
    return perf_counter() - start, done.stdout


def main() -> None:
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--flat", action="store_true", help="without topology-aware scheduling")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="only write the dump")
    options = parser.parse_args()
    found, name = dump(topology=not options.flat)
    if options.keep is not None:
        options.keep.write_text(json.dumps(found, indent=4), encoding="utf-8")
        print(name)
        return
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "cluster.json", Path(folder) / "now.yaml"
        source.write_text(json.dumps(found, indent=4), encoding="utf-8")
        print(f"{len(found['items']):,} objects, {source.stat().st_size / 1e6:.0f} MB")
        seconds, told = command("import", str(source), "-o", str(target))
        print(told)
        print(f"import: {seconds:.1f} s (at most 10)")
        seconds, told = command("forecast", str(target), name, "--executor", "processes", "--workers", "2")
        print(told)
        print(f"forecast of {name}: {seconds:.1f} s (at most 60)")


if __name__ == "__main__":
    main()
