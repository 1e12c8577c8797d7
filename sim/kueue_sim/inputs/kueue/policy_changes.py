"""How does the policy change while the simulation runs? ``apply`` and ``stop`` actions on the policy's manifests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from kueue_sim.inputs.kueue.manifests import read_objects
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.references import check_references, report_missing
from kueue_sim.inputs.kueue.stored import operated
from kueue_sim.inputs.kueue.validation import validate
from kueue_sim.inputs.kueue.validation.immutable import refuse_changes
from kueue_sim.inputs.text.field import Field, Source, near_miss
from kueue_sim.inputs.text.named_overrides import find_target, is_named
from kueue_sim.inputs.text.overrides import Change, set_value
from kueue_sim.inputs.text.relative import split_operator
from kueue_sim.model import Action, Node, Policy, PolicyObject, Settings, WorkloadPriorityClass

APPLIED_KINDS = ("ResourceFlavor", "ClusterQueue", "Cohort", "LocalQueue", "Namespace")
LASTING_KINDS = ("AdmissionCheck", "Topology")
"""Kinds of the policy of which nothing that decides can change."""
CLASSES = ("WorkloadPriorityClass",)


class Governed(Protocol):
    """What HyperPod makes of its requests."""

    manifests: list[Field]
    fair_sharing: tuple[str, ...] | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IdleSharing:
    """Where HyperPod's pool of idle resources comes from: its cohort, and the place to show mistakes at."""

    cohort: str
    origin: Field


class PolicyChanges:
    """The manifests as they are at the time of the last action; actions come in order of time."""

    def __init__(
        self,
        manifests: Sequence[Field],
        policy: Policy,
        settings: Settings,
        nodes: Sequence[Node],
        sharing: IdleSharing | None,
        governed: Callable[[Sequence[Field]], Governed] | None = None,
    ) -> None:
        self._manifests = list(manifests)
        self._policy = policy
        self._settings = settings
        self._nodes = {node.name: node for node in nodes}
        self._sharing = sharing
        self._pool = None if sharing is None else self._idle(sharing)
        self._governed = governed
        self._asked: list[Field] = []
        self._made: dict[tuple[str, str, str], object] = {}
        self._fair: object = None
        if governed is not None:
            first = governed(())
            self._made = {_identity(one): one.value for one in first.manifests}
            self._fair = first.fair_sharing

    def requested(
        self, documents: Sequence[Field], at_ms: int
    ) -> tuple[list[Action], list[WorkloadPriorityClass], list[str]]:
        """What HyperPod makes of further requests: changed queues, classes for work to come, and what to know."""
        if self._governed is None:
            return [], [], []
        self._asked += documents
        after = self._governed(self._asked)
        now = {_identity(one): one for one in after.manifests}
        changed = [one for key, one in now.items() if self._made.get(key) != one.value]
        objects = self.applied([one for one in changed if one.get("kind").value in APPLIED_KINDS], None)
        actions = [Action(at_ms, "apply", objects=objects)] if objects else []
        for kind, namespace, name in sorted(self._made.keys() - now.keys(), reverse=True):
            if kind in ("ClusterQueue", "LocalQueue"):
                target = name if kind == "ClusterQueue" else f"{namespace}/{name}"
                actions.append(Action(at_ms, "remove", target, name=kind))
                self.removed(kind, namespace, name)
        notes = list(after.notes)
        if after.fair_sharing != self._fair:
            notes.append("FairShare changes during the run, which is not modelled: it stays as it was at the beginning")
        classes = read_objects([one for one in changed if one.get("kind").value in CLASSES], self._settings).policy
        self._made = {key: one.value for key, one in now.items()}
        return actions, list(classes.priority_classes), notes

    def patched(self, kind: str, namespace: str, name: str, patch: Field) -> Field | None:
        """The object after a patch; None and a mistake of the patch when there is none."""
        key = (kind, namespace if kind == "LocalQueue" else "None", name)
        found = next((one for one in self._manifests if _identity(one) == key), None)
        if found is None:
            names = [_identity(one)[2] for one in self._manifests if _identity(one)[0] == kind]
            patch.missing(f"there is no {kind} {name!r}; {near_miss(name, names)}")
            return None
        if isinstance(patch.value, list):
            after = operated(_copied(found, patch), patch)
        else:
            after = merged(found, patch, lists_by_name=False)
        validate([after], self._settings)
        self.keep(after)
        return after

    def applied(self, manifests: Sequence[Field], values: Field | None) -> tuple[PolicyObject, ...]:
        """The objects that an ``apply`` action brings: whole manifests, and manifests with single values set."""
        for manifest in manifests:
            self.keep(manifest)
        changed = [*manifests, *(self._set(values) if values is not None else [])]
        new = read_objects(_last_of_each(changed), self._settings).policy
        self._policy = replace(
            self._policy,
            flavors=self._policy.flavors + new.flavors,
            cluster_queues=self._policy.cluster_queues + new.cluster_queues,
            cohorts=self._policy.cohorts + new.cohorts,
        )
        report_missing(check_references(changed, self._policy), None)
        return (*new.namespaces, *new.flavors, *new.cohorts, *new.cluster_queues, *new.local_queues)

    def _set(self, values: Field) -> list[Field]:
        """The manifests with the values of a mapping from short paths to values set in copies of them."""
        changed = []
        for text, field in values.entries():
            path, operator = split_operator(text)
            found = (
                find_target(path, self._manifests) if is_named(path) else near_miss(path, ("clusterQueues", "cohorts"))
            )
            if isinstance(found, str):
                field.wrong(f"no such value; {found}", at_key=True)
                continue
            copy = _copied(found.manifest, field)
            set_value(copy, found.steps, Change(path, field.value, operator))
            if copy.get("kind").value in APPLIED_KINDS:
                self.keep(copy)
                changed.append(copy)
            else:
                field.wrong(f"a {copy.get('kind').value} cannot change during a run", at_key=True)
        return changed

    def applied_again(self, manifest: Field) -> bool:
        """Whether an object of a kind that lasts is there already; a change of what must stay is a mistake."""
        before = self._there(manifest)
        if before is not None:
            refuse_changes(before, manifest)
        return before is not None

    def _there(self, manifest: Field) -> Field | None:
        """The object that a manifest names as it is now, None where there is none yet."""
        identity = _identity(manifest)
        return next((one for one in self._manifests if _identity(one) == identity), None)

    def keep(self, manifest: Field) -> None:
        """The object is as the manifest says from now on; what no update may change is a mistake."""
        before = self._there(manifest)
        if before is not None:
            refuse_changes(before, manifest)
        self._manifests = [*(one for one in self._manifests if one is not before), manifest]

    def names(self, kind: str, namespace: str) -> list[str]:
        """The objects of a kind that are there, LocalQueues those of one namespace."""
        found = [_identity(one) for one in self._manifests]
        return [name for one, space, name in found if one == kind and (kind != "LocalQueue" or space == namespace)]

    def removed(self, kind: str, namespace: str, name: str) -> None:
        """Forgets an object that is deleted."""
        key = (kind, namespace if kind == "LocalQueue" else "None", name)
        self._manifests = [one for one in self._manifests if _identity(one) != key]

    def stopped(self, action: Action) -> None:
        """Remembers a stop policy, so that later changes of the same queue keep it."""
        for index, manifest in enumerate(self._manifests):
            kind, namespace, name = _identity(manifest)
            key = f"{namespace}/{name}" if kind == "LocalQueue" else name
            if kind in ("ClusterQueue", "LocalQueue") and key == action.target:
                copy = _copied(manifest, manifest)
                set_value(copy, (("spec", False), ("stopPolicy", False)), Change("stopPolicy", action.stop_policy))
                self._manifests[index] = copy

    def followed(self, actions: Sequence[Action]) -> list[Action]:
        """What HyperPod changes by itself after these actions: the pool of idle resources, if it is shared."""
        if self._sharing is None or not actions:
            return []
        for action in actions:
            self._note_nodes(action)
        pool = self._idle(self._sharing)
        if pool.value == (self._pool.value if self._pool else None):
            return []
        self._pool = pool
        return [Action(actions[-1].at_ms, "apply", objects=read_objects([pool], self._settings).policy.cluster_queues)]

    def _note_nodes(self, action: Action) -> None:
        ready = {"fail": False, "repair": True}
        cordoned = {"cordon": True, "drain": True, "uncordon": False}
        node = self._nodes.get(action.target)
        if node is not None and action.do in ready:
            self._nodes[node.name] = replace(node, ready=ready[action.do])
        elif node is not None and action.do in cordoned:
            self._nodes[node.name] = replace(node, unschedulable=cordoned[action.do])
        elif action.do == "remove-node":
            self._nodes.pop(action.target, None)
        for added in action.nodes:
            self._nodes[added.name] = added

    def _idle(self, sharing: IdleSharing) -> Field:
        from kueue_sim.inputs.hyperpod.idle_pool import idle_pool

        return idle_pool(self._manifests, self._nodes.values(), sharing.cohort, sharing.origin)


def _identity(manifest: Field) -> tuple[str, str, str]:
    kind, metadata = manifest.get("kind").value, manifest.get("metadata")
    namespace = (metadata.get("namespace").value or "default") if kind == "LocalQueue" else None
    return str(kind), str(namespace), str(metadata.get("name").value)


def _last_of_each(manifests: Sequence[Field]) -> list[Field]:
    return list({_identity(manifest): manifest for manifest in manifests}.values())


def _copied(manifest: Field, where: Field) -> Field:
    """A copy whose mistakes are shown where the change stands."""
    place = where.source.place(where.path)
    return Field(_deep(manifest.value), Source("", {}, {(): place}) if place else Source("set"), where.report)


def _deep(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _deep(item) for key, item in value.items()}
    return [_deep(item) for item in value] if isinstance(value, list) else value
