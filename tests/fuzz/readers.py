"""The readers that files of others go through, each with whole files to damage, and what became of one damaged file."""

import gzip
import json
import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from types import FrameType

import yaml

from kueue_sim.errors import SimError
from kueue_sim.inputs.scenario import load_scenario, scenario_from_dict
from kueue_sim.inputs.snapshot import read_snapshot
from kueue_sim.inputs.snapshot_scenario import snapshot_scenario
from kueue_sim.policytest.suite import prepare, tests_of
from kueue_sim.whatif.backtesting.backtest import backtest
from tests.fuzz.mutators import damaged_text, damaged_tree

ROOT = Path(__file__).parents[2]
SECONDS = 5.0
"""Processor time that one file may take."""
OVERRIDES = (
    "clusterQueues.team-a.nominalQuota=4", "horizon=1d", "settings.fairSharing.enable=true", "seed=3",
    "workloads[0].runtime=1h", "[ClusterQueue/team-a].spec.cohortName=x", "timing=typical", "nodePools.gpu.count=2",
    "clusterQueues.team-a.borrowingLimit+=2", "clusterQueues.team-a.nominalQuota*=1.5",
)  # fmt: skip
SWF = "; Queue: 1 gpu\n" + "".join(
    f"{job} {job * 60} -1 {100 + job} 4 -1 -1 4 600 -1 1 1 1 1 1 1 -1 -1\n" for job in range(20)
)
NODES = "sn,cpu_milli,memory_mib,gpu,model\n" + "".join(f"n{node},64000,262144,8,P100\n" for node in range(10))
GENERATOR = """\
cohorts:
- className: cohort
  count: 2
  queuesSets:
  - className: cq
    count: 2
    nominalQuota: 20
    workloadsSets:
    - count: 5
      creationIntervalMs: 100
      workloads: [{className: small, runtimeMs: 200, priority: 50, request: 1}]
"""
DUMP = """\
apiVersion: v1
kind: List
items:
- {apiVersion: kueue.x-k8s.io/v1beta2, kind: ResourceFlavor, metadata: {name: gpu}, spec: {}}
- apiVersion: kueue.x-k8s.io/v1beta2
  kind: ClusterQueue
  metadata: {name: cq}
  spec:
    namespaceSelector: {}
    resourceGroups:
    - coveredResources: [nvidia.com/gpu]
      flavors: [{name: gpu, resources: [{name: nvidia.com/gpu, nominalQuota: 8}]}]
- {apiVersion: kueue.x-k8s.io/v1beta2, kind: LocalQueue, metadata: {name: lq, namespace: ml}, spec: {clusterQueue: cq}}
- apiVersion: kueue.x-k8s.io/v1beta2
  kind: Workload
  metadata: {name: job-a, namespace: ml, creationTimestamp: "2026-01-01T00:00:00Z", uid: u1}
  spec:
    queueName: lq
    podSets:
    - name: main
      count: 2
      template: {spec: {containers: [{name: c, resources: {requests: {nvidia.com/gpu: "1"}}}]}}
  status:
    admission:
      clusterQueue: cq
      podSetAssignments:
      - {name: main, count: 2, flavors: {nvidia.com/gpu: gpu}, resourceUsage: {nvidia.com/gpu: "2"}}
    conditions:
    - {type: QuotaReserved, status: "True", reason: r, message: m, lastTransitionTime: "2026-01-01T00:00:01Z"}
    - {type: Admitted, status: "True", reason: r, message: m, lastTransitionTime: "2026-01-01T00:00:01Z"}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: kueue-manager-config}
  data: {controller_manager_config.yaml: "fairSharing: {}"}
"""


def _history() -> str:
    """A watch stream: the Workload of the dump as it is submitted, admitted, evicted and finished."""
    work = next(item for item in yaml.safe_load(DUMP)["items"] if item["kind"] == "Workload")
    admitted = work["status"]["conditions"]
    steps: list[tuple[str, dict[str, object]]] = [("ADDED", {}), ("MODIFIED", work["status"])]
    for kind, second in (("Evicted", 5), ("Finished", 9)):
        ended = {"type": kind, "status": "True", "reason": "r", "message": "m"}
        ended["lastTransitionTime"] = f"2026-01-01T00:00:0{second}Z"
        steps.append(("MODIFIED", {**work["status"], "conditions": [*admitted, ended]}))
    steps.append(("DELETED", {}))
    return "".join(json.dumps({"type": what, "object": {**work, "status": status}}) + "\n" for what, status in steps)


class TooSlow(BaseException):
    """A file took more than its time."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One way in: whole texts by file name, what damages them, and what reads the damaged file."""

    name: str
    texts: Callable[[], list[tuple[str, str]]]
    read: Callable[[Path, Random], object]
    trees: bool = True

    def damaged(self, random: Random) -> tuple[str, bytes]:
        """Name and content of one damaged file."""
        name, text = random.choice(self.texts())
        tree = self.trees and name.endswith(".yaml") and random.random() < 0.5
        content = damaged_tree(text, random) if tree else damaged_text(text, random)
        if name.endswith(".csv") and random.random() < 0.2:
            packed = gzip.compress(content, mtime=0)
            return f"{name}.gz", packed[: random.randint(1, len(packed))] if random.random() < 0.5 else packed
        return name, content


def _files(*patterns: str) -> Callable[[], list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []

    def texts() -> list[tuple[str, str]]:
        if not found:
            paths = sorted(path for pattern in patterns for path in ROOT.glob(pattern))
            found.extend((path.name, path.read_text(encoding="utf-8")) for path in paths)
        return found

    return texts


def _given(*files: tuple[str, str]) -> Callable[[], list[tuple[str, str]]]:
    return lambda: list(files)


def _scenario(path: Path, random: Random) -> object:
    return list(islice(load_scenario(path).workloads, 500))


def _overridden(path: Path, random: Random) -> object:
    changes = [damaged_text(random.choice(OVERRIDES), random).decode("utf-8", "replace") for _ in range(2)]
    return load_scenario(ROOT / "scenarios" / "lab-option-1.yaml", changes)


def _policy_test(path: Path, random: Random) -> object:
    return [prepare(test) for test in tests_of(path)]


def _dump(path: Path, random: Random) -> object:
    return scenario_from_dict(snapshot_scenario(read_snapshot([path]), "dump"))


def _played_again(path: Path, random: Random) -> object:
    policy = path.with_name("policy.yaml")
    policy.write_text(DUMP, encoding="utf-8")
    try:
        return backtest((path, policy))
    finally:
        policy.unlink()


def _section(document: dict[str, object]) -> Callable[[Path, Random], object]:
    """Reads the damaged file as the one that a scenario names, ``FILE`` in its document."""

    def filled(value: object, name: str) -> object:
        if isinstance(value, dict):
            return {key: filled(child, name) for key, child in value.items()}
        if isinstance(value, list):
            return [filled(child, name) for child in value]
        return name if value == "FILE" else value

    def read(path: Path, random: Random) -> object:
        whole = filled({"apiVersion": "kueue-sim/v1", "kind": "Scenario", **document}, path.name)
        assert isinstance(whole, dict)
        return list(islice(scenario_from_dict(whole, folder=path.parent).workloads, 500))

    return read


_QUEUES = {"objects": [{"kind": "ResourceFlavor", "metadata": {"name": "gpu"}}]}
READERS = (
    Reader("scenarios", _files("scenarios/*.yaml", "tests/inputs/data/everything.yaml"), _scenario),
    Reader("manifests", _files("scenarios/manifests/*.yaml", "scenarios/repository/**/*.yaml"), _scenario),
    Reader("scripts", _files("scenarios/lab-steps/*.sh"), _scenario, trees=False),
    Reader("policy tests", _files("tests/policy/rules/*.yaml", "scenarios/known-issues/*.yaml"), _policy_test),
    Reader("overrides", _given(("none.yaml", "x: 1\n")), _overridden),
    Reader("dumps", _given(("dump.yaml", DUMP)), _dump),
    Reader("histories", _given(("stream.jsonl", _history())), _played_again, trees=False),
    Reader(
        "traces", _files("scenarios/philly/sample_jobs.csv"),
        _section({"policy": _QUEUES, "workloads": [{"trace": {"file": "FILE", "preset": "philly"}}]}), trees=False,
    ),
    Reader(
        "logs", _given(("log.swf", SWF)),
        _section({"policy": _QUEUES, "workloads": [{"trace": {"file": "FILE"}}]}), trees=False,
    ),
    Reader(
        "team tables", _files("scenarios/philly/sample_vc_nodes.csv"),
        _section({"policy": {"teams": {"file": "FILE", "preset": "philly"}}}), trees=False,
    ),
    Reader(
        "node lists", _given(("nodes.csv", NODES)),
        _section({"cluster": {"nodeList": {"file": "FILE"}}}), trees=False,
    ),
    Reader("generators", _given(("generator.yaml", GENERATOR)), _scenario),
)  # fmt: skip


def fault(reader: Reader, seed: int, folder: Path) -> str | None:
    """What went wrong with one damaged file: a traceback, or that it took too long; None where it was answered.

    The file stays in the folder where something did.
    """
    random = Random(f"{reader.name}/{seed}")
    name, content = reader.damaged(random)
    path = folder / name
    path.write_bytes(content)
    signal.signal(signal.SIGPROF, _too_slow)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        reader.read(path, random)
    except SimError:
        pass
    except TooSlow:
        return f"{reader.name} {seed}: more than {SECONDS:g} s of processor time"
    except Exception:
        return f"{reader.name} {seed}: {traceback.format_exc()}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    path.unlink()
    return None


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def memory_mb() -> int:
    """The most memory this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def faults(readers: Iterator[Reader] | tuple[Reader, ...], seeds: range, folder: Path) -> Iterator[str]:
    """All faults of these seeds, reader after reader; each in a folder of its own."""
    for reader in readers:
        for seed in seeds:
            place = folder / f"{reader.name.replace(' ', '-')}-{seed}"
            place.mkdir(parents=True)
            found = fault(reader, seed, place)
            if found is None:
                place.rmdir()
            else:
                yield found
