"""Which value does a short path name? ``clusterQueues.team-a.nvidia.com/gpu.nominalQuota`` and the like.

``kind.name.property``, where names may hold dots and slashes. A quota is ``[flavor.]resource.nominalQuota``; the
flavor may be left out where only one has the resource. Teams of HyperPod go by their plain names.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.model.team_names import team_of

Steps = tuple[tuple[str, bool], ...]
"""Steps of a path; True marks a step into a list or a whole key that holds dots."""

KINDS: Mapping[str, str] = {
    "clusterQueues": "ClusterQueue",
    "cohorts": "Cohort",
    "flavors": "ResourceFlavor",
    "localQueues": "LocalQueue",
    "priorityClasses": "WorkloadPriorityClass",
}
_OF_KUBECTL = {
    **{kind.lower(): word for word, kind in KINDS.items()},
    **{"flavor": "flavors", "priorityclass": "priorityClasses", "cq": "clusterQueues", "lq": "localQueues"},
}
"""The words of ``KINDS`` by what else a kind is called: as kubectl does, in small letters, here without its plural."""
LIMITS = ("nominalQuota", "borrowingLimit", "lendingLimit")
_WEIGHT = {"fairSharing.weight": "spec.fairSharing.weight", "weight": "spec.fairSharing.weight"}
PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "ClusterQueue": {
        "cohortName": "spec.cohortName",
        "cohort": "spec.cohortName",
        "queueingStrategy": "spec.queueingStrategy",
        "stopPolicy": "spec.stopPolicy",
        **_WEIGHT,
        "preemption.withinClusterQueue": "spec.preemption.withinClusterQueue",
        "preemption.reclaimWithinCohort": "spec.preemption.reclaimWithinCohort",
        "preemption.borrowWithinCohort.policy": "spec.preemption.borrowWithinCohort.policy",
        "preemption.borrowWithinCohort.maxPriorityThreshold": "spec.preemption.borrowWithinCohort.maxPriorityThreshold",
        "flavorFungibility.whenCanBorrow": "spec.flavorFungibility.whenCanBorrow",
        "flavorFungibility.whenCanPreempt": "spec.flavorFungibility.whenCanPreempt",
        "flavorFungibility.preference": "spec.flavorFungibility.preference",
    },
    "Cohort": {"parentName": "spec.parentName", "parent": "spec.parentName", **_WEIGHT},
    "ResourceFlavor": {"topologyName": "spec.topologyName"},
    "LocalQueue": {"clusterQueue": "spec.clusterQueue", "stopPolicy": "spec.stopPolicy", **_WEIGHT},
    "WorkloadPriorityClass": {"value": "value"},
}
_WORDS = re.compile(r"[^./]+")
"""What a path consists of, for the full one of which somebody wrote a part."""
_MOST_NAMED = 4
"""So many fuller paths to one property are named, such as those of several flavors; of more the shortest."""
_OLD_KEYS = {"cohortName": "cohort", "parentName": "parent"}
"""v1beta1 writes these under another key; a manifest keeps the one it has."""


@dataclass(frozen=True, slots=True)
class Target:
    """One value that can be set: the manifest and the way to it."""

    manifest: Field
    steps: Steps


def is_named(path: str) -> bool:
    """Whether a path begins like a short path of a policy object."""
    return _word(path.partition(".")[0]) in KINDS


def _word(given: str) -> str:
    """The word of ``KINDS`` that is meant, however it is spelt: ``workloadpriorityclasses``, ``ClusterQueue``."""
    small = given.lower()
    names = (small, small.removesuffix("s"), small.removesuffix("es"))
    return given if given in KINDS else next((_OF_KUBECTL[name] for name in names if name in _OF_KUBECTL), "")


def find_target(path: str, manifests: Sequence[Field]) -> Target | str:
    """The value a short path names, or what would be accepted instead."""
    first, dot, rest = path.partition(".")
    first = _word(first)
    path = first + dot + rest
    targets = dict(_targets(first, KINDS[first], manifests))
    if path in targets:
        return targets[path]
    said = set(_WORDS.findall(path))
    fuller = [name for name in targets if said <= set(_WORDS.findall(name))]
    alike = [name for name in fuller if name.rpartition(".")[2] == path.rpartition(".")[2]]
    if 1 < len(alike) <= _MOST_NAMED:
        return f"did you mean one of {', '.join(map(repr, alike))}?"
    return f"did you mean {min(fuller, key=len)!r}?" if fuller else near_miss(path, targets)


def settable(manifests: Sequence[Field]) -> dict[str, object]:
    """Every value that a short path names, by the shortest path that names it alone; None where there is none now."""
    paths: dict[str, list[Target]] = {}
    for word, kind in KINDS.items():
        for path, target in _targets(word, kind, manifests):
            paths.setdefault(path, []).append(target)
    named: dict[tuple[int, Steps], tuple[str, Target]] = {}
    for path, targets in paths.items():
        place = (id(targets[0].manifest), targets[0].steps)
        if len(targets) == 1 and (place not in named or len(path) < len(named[place][0])):
            named[place] = (path, targets[0])
    return {path: _value(target) for path, target in named.values()}


def _value(target: Target) -> object:
    field = target.manifest
    for step, into_list in target.steps:
        field = field.items()[int(step)] if into_list and step.isdigit() else field.get(step)
    return field.value


def quota_paths(name: str, manifests: Sequence[Field]) -> dict[str, str]:
    """The short paths of the nominal quotas of a ClusterQueue or Cohort, by ``flavor.resource`` and ``resource``."""
    found: dict[str, str] = {}
    for word in ("clusterQueues", "cohorts"):
        start, end = f"{word}.{name}.", ".nominalQuota"
        for path, _ in _targets(word, KINDS[word], manifests):
            if path.startswith(start) and path.endswith(end):
                found.setdefault(path.removeprefix(start).removesuffix(end), path)
    return found


def _targets(word: str, kind: str, manifests: Sequence[Field]) -> Iterator[tuple[str, Target]]:
    """All short paths of one kind with what they name."""
    ours = [manifest for manifest in manifests if manifest.get("kind").value == kind]
    own = {str(manifest.get("metadata", "name").value) for manifest in ours}
    for manifest in ours:
        for name in _names(kind, manifest, own):
            for text, steps in _properties(kind, manifest):
                yield f"{word}.{name}.{text}", Target(manifest, steps)


def _names(kind: str, manifest: Field, own: set[str]) -> list[str]:
    """What an object is called by: its name, and that of its team unless another of the kind has it (``own``)."""
    metadata = manifest.get("metadata")
    name = str(metadata.get("name").value)
    if kind == "LocalQueue":
        return [name, f"{metadata.get('namespace').value or 'default'}/{name}"]
    team = team_of(name)
    return [name] if team in own else [name, team]


def _properties(kind: str, manifest: Field) -> Iterator[tuple[str, Steps]]:
    for text, target in PROPERTIES[kind].items():
        *way, last = target.split(".")
        old = _OLD_KEYS.get(last)
        if old is not None and manifest.get(*way, old).present:
            last = old
        yield text, tuple((step, False) for step in (*way, last))
    if kind == "ResourceFlavor":
        for label, _ in manifest.get("spec", "nodeLabels").entries():
            yield f"nodeLabels.{label}", (("spec", False), ("nodeLabels", False), (label, False))
    if kind in ("ClusterQueue", "Cohort"):
        yield from _quotas(manifest.get("spec", "resourceGroups"))


def _quotas(groups: Field) -> Iterator[tuple[str, Steps]]:
    for number, group in enumerate(groups.items()):
        flavors = group.get("flavors").items()
        for index, flavor in enumerate(flavors):
            for position, resource in enumerate(flavor.get("resources").items()):
                way = ("spec", "resourceGroups", str(number), "flavors", str(index), "resources", str(position))
                name = resource.get("name").value
                for limit in LIMITS:
                    steps = tuple((step, step.isdigit()) for step in (*way, limit))
                    yield f"{flavor.get('name').value}.{name}.{limit}", steps
                    if len(flavors) == 1:
                        yield f"{name}.{limit}", steps
