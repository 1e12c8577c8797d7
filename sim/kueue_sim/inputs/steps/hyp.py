"""What does a command of HyperPod's CLI (``hyp``) submit? The job that it makes of its options, with the requests that
it works out for it (HyperPod facts, 5)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kueue_sim.inputs.kubernetes.instance_types import EFA, instance_type, instance_types, request_caps
from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.text.field import Report, near_miss
from kueue_sim.inputs.text.yamltext import read_yaml

TRAINING = "hyp-pytorch-job"
READING = ("describe", "get-cluster-context", "get-logs", "get-monitoring", "list", "list-cluster", "list-pods")
"""Verbs that change nothing that Kueue looks at."""
KIND = "HyperPodPyTorchJob"
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_SLICES = re.compile(r"mig-(\d)g\.", re.ASCII)
_SLICES_PER_GPU = 7
_TOPOLOGIES = ("preferred-topology", "required-topology")


class WrongOption(ValueError):
    """An option that the CLI refuses, or whose value nobody knows; ``word`` is where it stands."""

    def __init__(self, word: Word, message: str) -> None:
        super().__init__(message)
        self.word = word


@dataclass(frozen=True, slots=True)
class Hyp:
    """One command: its verb, what it is about, and its options. ``word`` is where it begins."""

    verb: str
    about: str
    word: Word
    options: Mapping[str, Word] = field(default_factory=dict)

    def text(self, *names: str) -> str:
        """The value of the first of these options that is given, "" without."""
        return next((self.options[name].text for name in names if name in self.options), "")

    def number(self, *names: str) -> float | None:
        """The value of the first of these options that is given as a number; None without. Raises WrongOption."""
        word = next((self.options[name] for name in names if name in self.options), None)
        if word is None:
            return None
        if _NUMBER.fullmatch(word.text) is None:
            raise WrongOption(word, f"--{names[0]}: {word.text!r} is not a number")
        return float(word.text)

    def count(self, *names: str) -> int | None:
        """The same as a whole number. Raises WrongOption."""
        number = self.number(*names)
        if number is not None and not number.is_integer():
            word = next(self.options[name] for name in names if name in self.options)
            raise WrongOption(word, f"--{names[0]}: {word.text!r} is not a whole number")
        return None if number is None else int(number)

    def values(self, name: str) -> object:
        """The value of an option that is JSON; None without, or where it is none."""
        found = read_yaml(self.text(name), "", Report()) if name in self.options else []
        return found[0].value if found else None


def read_hyp(words: Sequence[Word]) -> Hyp:
    """The command of words that begin with ``hyp``."""
    rest, plain, options = list(words[1:]), [], {}
    while rest:
        word = rest.pop(0)
        name, equals, value = word.text.partition("=")
        if not name.startswith("-"):
            plain.append(word.text)
        elif equals:
            options[name.lstrip("-")] = Word(value, word.line, word.column, word.bare, word.known)
        elif rest and not rest[0].text.startswith("--"):
            options[name.lstrip("-")] = rest.pop(0)
    if "n" in options:
        options.setdefault("namespace", options["n"])
    verb, about, *_ = [*plain, "", ""]
    return Hyp(verb, about, words[0], options)


def training_job(one: Hyp) -> dict[str, object]:
    """The job that ``hyp create hyp-pytorch-job`` submits. Raises WrongOption."""
    name = one.text("job-name", "metadata-name")
    if not name:
        raise WrongOption(one.word, "--job-name is missing")
    labels = {
        f"kueue.x-k8s.io/{label}": one.text(option)
        for label, option in (("queue-name", "queue-name"), ("priority-class", "priority"))
        if one.text(option)
    }
    annotations = {f"kueue.x-k8s.io/podset-{kind}": one.text(kind) for kind in _TOPOLOGIES if one.text(kind)}
    kind, chosen = one.text("instance-type"), one.values("label-selector")
    nodes = {"node.kubernetes.io/instance-type": kind} if kind else {}
    nodes |= {str(key): str(value) for key, value in chosen.items()} if isinstance(chosen, dict) else {}
    container = {"name": "pytorch-job-container", "image": one.text("image") or "unknown", "resources": _resources(one)}
    pod = {"containers": [container], **({"nodeSelector": nodes} if nodes else {})}
    replicas = one.count("replica-count", "node-count") or 1
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": pod}
    spec: dict[str, object] = {"replicaSpecs": [{"name": "pod", "replicas": replicas, "template": template}]}
    most = one.count("max-replica-count", "max-node-count")
    if most is not None:
        spec["replicaSpecs"] = [{"name": "pod", "replicas": replicas, "maxReplicas": most, "template": template}]
        spec["elasticPolicy"] = {"minReplicas": replicas, "maxReplicas": most, **_steps(one)}
    metadata: dict[str, object] = {"name": name, "labels": labels}
    if one.text("namespace"):
        metadata["namespace"] = one.text("namespace")
    return {"apiVersion": "sagemaker.amazonaws.com/v1", "kind": KIND, "metadata": metadata, "spec": spec}


def _steps(one: Hyp) -> dict[str, object]:
    """By how much an elastic job grows."""
    values, step = one.values("elastic-replica-discrete-values"), one.count("elastic-replica-increment-step")
    if isinstance(values, list):
        return {"replicaDiscreteValues": values}
    return {} if step is None else {"replicaIncrementStep": step}


def _resources(one: Hyp) -> dict[str, object]:
    """Requests and limits of the one container."""
    if not one.text("instance-type"):
        for name in ("accelerators", "accelerators-limit", "vcpu", "memory", "accelerator-partition-type"):
            if name in one.options:
                raise WrongOption(one.options[name], f"--{name} needs --instance-type")
        return {}
    requests = _requests(one)
    devices = {name: amount for name, amount in requests.items() if name not in ("cpu", "memory")}
    return {"requests": requests, "limits": devices}


def _requests(one: Hyp) -> dict[str, object]:
    """What a pod asks for: what is given, the rest in proportion of the instance, all of it where nothing is given;
    vCPU and memory at most what a pod can have of the instance."""
    word = one.options["instance-type"]
    if word.text not in instance_types():
        raise WrongOption(word, f"there is no instance type {word.text!r}; {near_miss(word.text, instance_types())}")
    try:
        whole = instance_type(word.text)
    except ValueError as error:
        raise WrongOption(word, str(error)) from None
    cores, gib, device = float(whole.vcpu), float(whole.memory_gib), whole.accelerator_resource
    vcpu, memory = one.number("vcpu"), one.number("memory")
    accelerators = one.count("accelerators", "accelerators-limit")
    if (accelerators or 0) > whole.accelerator_count:
        given = one.options.get("accelerators") or one.options["accelerators-limit"]
        raise WrongOption(given, f"{accelerators} accelerators; a {word.text} has {whole.accelerator_count}")
    partition = one.text("accelerator-partition-type")
    slices = one.count("accelerator-partition-count", "accelerator-partition-limit")
    found: dict[str, object] = {}
    if partition and slices:
        share = (
            slices
            * _slices(one.options["accelerator-partition-type"])
            / (max(1, whole.accelerator_count) * _SLICES_PER_GPU)
        )
        share = vcpu / cores if vcpu is not None else memory / gib if memory is not None else share
        vcpu, memory = vcpu or float(int(share * cores)), memory or float(int(share * gib))
        found[f"nvidia.com/{partition}"] = slices
    elif vcpu or memory or accelerators:
        share = accelerators / whole.accelerator_count if accelerators else (vcpu or 0) / cores
        if vcpu is None and not accelerators:
            share = (memory or 0) / gib
        vcpu, memory = vcpu or share * cores, memory or share * gib
    else:
        vcpu, memory, accelerators = cores, gib, whole.accelerator_count
    if device and accelerators and not partition:
        found[device] = accelerators
        found |= {EFA: one.count("efa") or whole.efa_interfaces} if whole.efa_interfaces else {}
    most_cores, most_gib = request_caps(word.text)
    return {"cpu": str(min(vcpu, most_cores)), "memory": f"{min(memory, most_gib)}Gi", **found}


def _slices(partition: Word) -> int:
    """The compute slices of a partition. Raises WrongOption."""
    found = _SLICES.match(partition.text)
    if found is None:
        raise WrongOption(partition, f"{partition.text!r} is no partition; example: mig-1g.5gb")
    return int(found[1])
