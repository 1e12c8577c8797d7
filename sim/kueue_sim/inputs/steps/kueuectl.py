"""What do commands of ``kueuectl`` (``kubectl kueue``) ask for? Queues and flavors, made, stopped and resumed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from kueue_sim.inputs.shell.words import Word
from kueue_sim.inputs.steps.kubectl import Kubectl, kind_named, read_kubectl

NAMES = ("kueuectl", "kubectl-kueue")
READING = ("completion", "describe", "get", "list", "version")
"""Verbs that change nothing."""
PASSED_ON = ("delete", "edit", "patch")
"""Verbs that kubectl is asked for."""
_QUEUES = ("ClusterQueue", "LocalQueue")
_API = "kueue.x-k8s.io/v1beta2"
_LIMITS = (("nominal-quota", "nominalQuota"), ("borrowing-limit", "borrowingLimit"), ("lending-limit", "lendingLimit"))
_SAID = (("cohort", "cohortName"), ("queuing-strategy", "queueingStrategy"))
_PREEMPTION = (
    ("reclaim-within-cohort", "reclaimWithinCohort"),
    ("preemption-within-cluster-queue", "withinClusterQueue"),
)


def read_kueuectl(words: Sequence[Word]) -> Kubectl | None:
    """The command of words that begin with ``kueuectl`` or ``kubectl kueue``; None for any other, or without a verb."""
    if words[0].text.rpartition("/")[2] not in NAMES:
        if len(words) < 2 or words[1].text != "kueue":
            return None
        words = [words[0], *words[2:]]
    named = [replace(word, text="--clusterqueue") if word.text == "-c" else word for word in words]
    return read_kubectl(named)


def made(one: Kubectl) -> dict[str, object] | None:
    """The object that ``create`` makes; None for kinds that it does not know."""
    kind = kind_named(one.words[0].text, (*_QUEUES, "ResourceFlavor")) if len(one.words) > 1 else None
    options = {name: word.text for name, word in one.options.items()}
    head = {"apiVersion": _API, "kind": kind, "metadata": {"name": one.words[-1].text if one.words else ""}}
    if kind == "LocalQueue":
        return {**head, "spec": {"clusterQueue": options.get("clusterqueue", "")}}
    if kind == "ClusterQueue":
        return {**head, "spec": _cluster_queue(options)}
    return {**head, "spec": _flavor(options)} if kind else None


def patch(one: Kubectl, kind: str | None) -> str | None:
    """What ``stop`` and ``resume`` change of a queue or a workload, as a patch; None for other kinds."""
    if kind == "Workload":
        return json.dumps({"spec": {"active": one.verb == "resume"}})
    if kind not in _QUEUES:
        return None
    stopped = "Hold" if "keep-already-running" in one.options else "HoldAndDrain"
    return json.dumps({"spec": {"stopPolicy": "None" if one.verb == "resume" else stopped}})


def _cluster_queue(options: Mapping[str, str]) -> dict[str, object]:
    selector = dict(_pair(part, "=") for part in _parts(options.get("namespace-selector", "")))
    return {
        **{field: options[name] for name, field in _SAID if name in options},
        "namespaceSelector": {"matchLabels": selector} if selector else {},
        "preemption": {field: options[name] for name, field in _PREEMPTION if name in options},
        "resourceGroups": _resource_groups(options),
    }


def _resource_groups(options: Mapping[str, str]) -> list[object]:
    """Flavors with the same resources are one group; all amounts of a flavor and resource are one entry."""
    quotas: dict[str, dict[str, dict[str, str]]] = {}
    for name, field in _LIMITS:
        for part in _parts(options.get(name, "")):
            flavor, resources = _pair(part, ":")
            for resource, amount in (_pair(item, "=") for item in resources.split(";") if item.strip()):
                quotas.setdefault(flavor, {}).setdefault(resource, {"name": resource})[field] = amount
    groups: dict[tuple[str, ...], dict[str, list[object]]] = {}
    for flavor, resources_of in quotas.items():
        covered = list(resources_of)
        group = groups.setdefault(tuple(sorted(covered)), {"coveredResources": [*covered], "flavors": []})
        entries = [{"nominalQuota": "0", **resources_of[str(name)]} for name in group["coveredResources"]]
        group["flavors"].append({"name": flavor, "resources": entries})
    return list(groups.values())


def _flavor(options: Mapping[str, str]) -> dict[str, object]:
    labels = dict(_pair(part, "=") for part in _parts(options.get("node-labels", "")))
    taints = [_taint(part) for part in _parts(options.get("node-taints", ""))]
    tolerations = [
        {**_taint(part), "operator": "Equal" if "=" in part else "Exists"}
        for part in _parts(options.get("tolerations", ""))
    ]
    given = (("nodeLabels", labels), ("nodeTaints", taints), ("tolerations", tolerations))
    return {name: value for name, value in given if value}


def _taint(text: str) -> dict[str, str]:
    """``key=value:Effect`` with any of the parts left out."""
    rest, effect = _pair(text, ":")
    key, value = _pair(rest, "=")
    return {name: part for name, part in (("key", key), ("value", value), ("effect", effect)) if part}


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _pair(text: str, mark: str) -> tuple[str, str]:
    first, _, second = text.partition(mark)
    return first.strip(), second.strip()
