"""Small random worlds that are always valid: a scenario document out of a source of choices.

The same recipe serves a seeded generator (ten thousand worlds in a minute) and hypothesis (which shrinks what it
finds): both only answer which number or option to take. Small numbers and first options are the plain ones, so that
shrinking leads to plain worlds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, TypeVar

Document = dict[str, Any]
_Option = TypeVar("_Option")


class Choices(Protocol):
    """Answers questions. Every answer must be one that was offered."""

    def number(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        ...

    def option(self, options: Sequence[_Option]) -> _Option:
        """One of the options."""
        ...


class Seeded:
    """Answers from a seed: the same seed gives the same world, always."""

    def __init__(self, seed: int | str) -> None:
        self._random = Random(seed)

    def number(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both among them."""
        return low + int(self._random.random() * (high - low + 1))

    def option(self, options: Sequence[_Option]) -> _Option:
        """One of the options, each as likely as the others."""
        return options[int(self._random.random() * len(options))]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large worlds may become, and what may occur in them."""

    queues: int = 4
    workloads: int = 9
    flavors: int = 2
    resources: int = 2
    groups: int = 1
    """Resource groups of a queue; each has flavors of its own, as many as ``flavors`` at most."""
    cohorts: int = 3
    """Four and five make trees of three and four levels."""
    seconds: int = 12
    """Span in which workloads arrive."""
    fair_sharing: bool = True
    strict: bool = True
    slow_evictions: bool = True
    several_pod_sets: bool = True
    without_limits: bool = False
    """Whether there may be worlds in which nobody has a borrowing or a lending limit."""


_RESOURCES = ("nvidia.com/gpu", "cpu", "memory")
_COHORTS: Mapping[str, str | None] = {"all": None, "left": "all", "right": "all", "inner": "left", "deep": "inner"}
"""Parents by name; worlds have the first ones."""
_STRATEGIES: tuple[list[str], ...] = (
    ["LessThanOrEqualToFinalShare", "LessThanInitialShare"],
    ["LessThanOrEqualToFinalShare"],
    ["LessThanInitialShare"],
)
_HORIZON = "60s"


class _Recipe:
    """One world in the making."""

    def __init__(self, choices: Choices, limits: Limits) -> None:
        self._choose = choices
        self._limits = limits
        self._fair = limits.fair_sharing and choices.option((False, True))
        self.resources = _RESOURCES[: choices.number(1, limits.resources)]
        self.flavors = [f"f{index}" for index in range(choices.number(1, limits.flavors))]
        self.groups = [(self.resources, self.flavors)]
        if limits.groups > 1 and len(self.resources) > 1 and choices.option((True, False)):
            others = [f"g{index}" for index in range(choices.number(1, limits.flavors))]
            self.groups = [(self.resources[:1], self.flavors), (self.resources[1:], others)]
        self._limited = not limits.without_limits or choices.option((False, True))
        number = choices.number(0, limits.cohorts)
        self.cohorts = dict(list(_COHORTS.items())[:number])

    def document(self) -> Document:
        choose, limits = self._choose, self._limits
        names = [f"q{index}" for index in range(choose.number(1, limits.queues))]
        objects: list[Document] = [
            {"kind": "ResourceFlavor", "metadata": {"name": name}} for name in self._all_flavors()
        ]
        objects += [self._cohort(name, parent) for name, parent in self.cohorts.items()]
        objects += [self._queue(name) for name in names]
        document: Document = {
            "apiVersion": "kueue-sim/v1",
            "kind": "Scenario",
            "horizon": _HORIZON,
            "policy": {"objects": objects},
            "workloads": [self._workload(f"w{index}", names) for index in range(choose.number(1, limits.workloads))],
        }
        if self._fair:
            strategies = choose.option(_STRATEGIES)
            document["kueue"] = {"configuration": {"fairSharing": {"preemptionStrategies": strategies}}}
        if limits.slow_evictions and choose.option((False, True)):
            document["timing"] = {"termination": f"{choose.number(1, 4)}s"}
        return document

    def _cohort(self, name: str, parent: str | None) -> Document:
        spec: Document = {}
        if parent is not None:
            spec["parentName"] = parent
            self._weigh(spec)
        if self._choose.option((False, True)):
            spec["resourceGroups"] = self._resource_groups(in_tree=parent is not None, owned=True)
        return {"kind": "Cohort", "metadata": {"name": name}, "spec": spec}

    def _all_flavors(self) -> list[str]:
        return [flavor for _, flavors in self.groups for flavor in flavors]

    def _resource_groups(self, in_tree: bool, owned: bool = False) -> list[Document]:
        return [
            {
                "coveredResources": list(resources),
                "flavors": [
                    {"name": flavor, "resources": [self._quota(resource, in_tree, owned) for resource in resources]}
                    for flavor in flavors
                ],
            }
            for resources, flavors in self.groups
        ]

    def _quota(self, resource: str, in_tree: bool, owned: bool) -> Document:
        nominal = self._choose.number(0, 4 if owned else 6)
        quota: Document = {"name": resource, "nominalQuota": nominal}
        if in_tree and self._limited:
            limit = self._choose.number(-3, 4)
            if limit >= 0:
                quota["borrowingLimit"] = limit
            lending = self._choose.number(-4, nominal)
            if lending >= 0:
                quota["lendingLimit"] = lending
        return quota

    def _weigh(self, spec: Document) -> None:
        if self._fair:
            weight = self._choose.option((None, "2", "0.5", "0"))
            if weight is not None:
                spec["fairSharing"] = {"weight": weight}

    def _queue(self, name: str) -> Document:
        choose = self._choose
        cohort = choose.option((*self.cohorts, *(() if self.cohorts else (None,))))
        if self.cohorts and choose.number(0, 5) == 5:
            cohort = None
        spec: Document = {"namespaceSelector": {}, "resourceGroups": self._resource_groups(cohort is not None)}
        if cohort is not None:
            spec["cohortName"] = cohort
            self._weigh(spec)
        if self._limits.strict and choose.option((False, False, True)):
            spec["queueingStrategy"] = "StrictFIFO"
        spec["preemption"] = self._preemption()
        if any(len(flavors) > 1 for _, flavors in self.groups):
            spec["flavorFungibility"] = self._fungibility()
        return {"kind": "ClusterQueue", "metadata": {"name": name}, "spec": spec}

    def _preemption(self) -> Document:
        choose = self._choose
        rules: Document = {
            "withinClusterQueue": choose.option(("Never", "LowerPriority", "LowerOrNewerEqualPriority")),
            "reclaimWithinCohort": choose.option(("Never", "Any", "LowerPriority")),
        }
        if rules["reclaimWithinCohort"] != "Never" and choose.option((False, True)):
            rules["borrowWithinCohort"] = {"policy": "LowerPriority"}
            threshold = choose.number(-1, 2)
            if threshold >= 0:
                rules["borrowWithinCohort"]["maxPriorityThreshold"] = threshold
        return rules

    def _fungibility(self) -> Document:
        rules: Document = {
            "whenCanBorrow": self._choose.option(("MayStopSearch", "TryNextFlavor")),
            "whenCanPreempt": self._choose.option(("TryNextFlavor", "MayStopSearch")),
        }
        preferring = self._choose.option((False, False, True))
        if preferring and set(rules.values()) == {"TryNextFlavor"}:
            rules["preference"] = "PreemptionOverBorrowing"
        return rules

    def _workload(self, name: str, queues: Sequence[str]) -> Document:
        choose = self._choose
        entry: Document = {
            "name": name,
            "queue": choose.option(queues),
            "submit": f"{choose.number(0, self._limits.seconds)}s",
        }
        priority = choose.number(0, 3)
        if priority:
            entry["priority"] = priority
        runtime = choose.number(0, 15)
        if runtime:
            entry["runtime"] = f"{runtime}s"
        if self._limits.several_pod_sets and choose.number(0, 5) == 5:
            entry["podSets"] = [{"name": "driver", **self._pods()}, {"name": "workers", **self._pods()}]
            return entry
        entry |= self._pods()
        if entry["pods"] > 1 and choose.number(0, 4) == 4:
            entry["minPods"] = 1
        return entry

    def _pods(self) -> Document:
        """Requests of at least one thing."""
        choose = self._choose
        requests = {self.resources[0]: choose.number(1, 3)}
        for resource in self.resources[1:]:
            amount = choose.number(0, 3)
            if amount:
                requests[resource] = amount
        return {"pods": choose.number(1, 3), "requests": requests}


def make_world(choices: Choices, limits: Limits | None = None) -> Document:
    """A valid scenario document made of these choices."""
    return _Recipe(choices, limits or Limits()).document()


def seeded_world(seed: int | str, limits: Limits | None = None) -> Document:
    """The world of a seed."""
    return make_world(Seeded(seed), limits)


def world_text(document: Mapping[str, Any], comment: str = "") -> str:
    """A scenario document as the YAML file that runs it."""
    import yaml

    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return head + yaml.safe_dump(dict(document), sort_keys=False, allow_unicode=True, width=110)
