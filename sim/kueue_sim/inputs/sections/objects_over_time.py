"""What do ``apply``, ``delete``, ``scale`` and ``patch`` of a timeline change? Objects, as kubectl has them."""

from collections.abc import Sequence
from dataclasses import replace

from kueue_sim.inputs.kueue.beside_manifest import with_beside
from kueue_sim.inputs.kueue.companions import KINDS as COMPANIONS
from kueue_sim.inputs.kueue.manifests import flatten, node
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.policy_changes import APPLIED_KINDS, LASTING_KINDS, PolicyChanges
from kueue_sim.inputs.kueue.policy_objects import priority_class
from kueue_sim.inputs.kueue.stored import operated
from kueue_sim.inputs.kueue.validation import validate
from kueue_sim.inputs.kueue.work_kinds import is_job
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.sections.applied_objects import Identity, identity
from kueue_sim.inputs.sections.workloads import Submissions
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import LIFE
from kueue_sim.model import Action, WorkloadPriorityClass, has_since

CLASSES = ("WorkloadPriorityClass",)
_REMOVED = ("ClusterQueue", "Cohort", "LocalQueue")
_FORGOTTEN = ("ResourceFlavor", *CLASSES, *COMPANIONS)
"""Kinds whose deletion changes nothing for what is there: a flavor in use stays, classes are looked up once."""


class ObjectsOverTime:
    """Reads the actions of a timeline on objects; they come in order of time."""

    def __init__(self, submissions: Submissions, changes: PolicyChanges, nodes: list[str]) -> None:
        self._submissions = submissions
        self._objects = submissions.objects
        self._changes = changes
        self._nodes = nodes
        self._directory = submissions.directory

    def documents(self, item: Field, *names: str) -> list[Field]:
        """The manifests an action gives: written out, or in files."""
        found: list[Field] = []
        for name in names:
            field = item.get(name)
            if name == "include":
                found += self._submissions.files.manifests(field)
            elif isinstance(field.value, str):
                found += self._submissions.files.documents(field)
            else:
                found += field.items() if name == "objects" else [field] if field.present else []
        return [with_beside(one, item) for one in flatten(found)]

    def foretell(self, item: Field) -> None:
        """Queues and classes that will exist may be named by work that is submitted whenever."""
        for manifest in self.documents(item, "objects", "include"):
            kind = manifest.get("kind").value
            if kind == "LocalQueue":
                self._directory.learn_queue(manifest)
            elif kind in CLASSES:
                self._directory.learn_class(priority_class(manifest), replacing=False)

    # -- apply --------------------------------------------------------------------------------------------

    def apply(self, item: Field, at_ms: int) -> list[Action]:
        """The actions of an ``apply``: policy, work, nodes and HyperPod's requests, in this order."""
        if not any(item.get(name).present for name in ("objects", "include", "set", "commands", "requests")):
            item.wrong("apply needs objects, include, set, commands or requests")
        actions = self._requests(item, at_ms)
        policy: list[Field] = []
        work: list[Field] = []
        documents = self.documents(item, "objects", "include")
        validate([one for one in documents if not is_job(one)], self._directory.settings)
        for manifest in documents:
            kind = manifest.get("kind")
            if kind.value in APPLIED_KINDS:
                policy.append(manifest)
            elif is_job(manifest) or kind.value == "Workload":
                work.append(manifest)
            elif kind.value in CLASSES:
                actions += self._changed_class(priority_class(manifest), at_ms)
                self._changes.keep(manifest)
            elif kind.value in COMPANIONS:
                self._directory.companions.learn([manifest])
            elif kind.value == "Node":
                actions += self._new_node(manifest, at_ms)
            elif not kind.present:
                manifest.wrong("kind is missing")
            elif kind.value in LASTING_KINDS and self._changes.applied_again(manifest):
                continue
            elif manifest.path[: len(item.path)] == item.path:
                accepted = near_miss(kind.value, (*APPLIED_KINDS, *CLASSES, "Node"))
                kind.wrong(f"{kind.value!r} cannot be applied during a run; {accepted}, and jobs")
            else:
                name = manifest.get("metadata", "name").value
                why = "cannot come during a run" if kind.value in LASTING_KINDS else "is no part of the model"
                self._submissions.notes.append(f"{kind.value} {name} {why} and is not applied")
        objects = self._changes.applied(policy, item.get("set"))
        actions += [Action(at_ms, "apply", objects=objects)] if objects or item.get("set").present else []
        life = replace(item, value={key: value for key, value in item.mapping().items() if key in LIFE})
        for manifest in work:
            actions += self._objects.apply(manifest, life, at_ms)
        return actions

    def _requests(self, item: Field, at_ms: int) -> list[Action]:
        """What HyperPod changes on requests and commands."""
        documents = item.get("requests").items()
        if item.get("commands").present:
            composed = Composed(item.report)
            composed.put(item.get("commands"), "commands")
            documents.append(composed.document())
        if not documents:
            return []
        actions, classes, notes = self._changes.requested(documents, at_ms)
        actions += [action for one in classes for action in self._changed_class(one, at_ms)]
        for action in actions:
            for queue in action.objects:
                self._directory.learn_object(queue)
        self._submissions.notes += notes
        return actions

    def _changed_class(self, item: WorkloadPriorityClass, at_ms: int) -> list[Action]:
        """A class with another value, which whatever is of that class gets (R1.32); up to 0.15.2 only what comes."""
        before, version = self._directory.class_value(item.name), self._directory.settings.version
        self._directory.learn_class(item, replacing=True)
        if before in (None, item.value):
            return []
        if not has_since(version, "0.15.3"):
            self._submissions.notes.append(
                f"WorkloadPriorityClass {item.name}: in Kueue {version} another value counts for what is applied later"
            )
            return []
        return [Action(at_ms, "class", name=item.name, priority=item.value)]

    def _new_node(self, manifest: Field, at_ms: int) -> list[Action]:
        one = node(manifest)
        if one.name in self._nodes:
            return []
        self._nodes.append(one.name)
        return [Action(at_ms, "add-nodes", nodes=(one,))]

    # -- delete, scale, patch -----------------------------------------------------------------------------

    def delete(self, item: Field, at_ms: int) -> list[Action]:
        """The actions of a ``delete`` by files, manifests, or kind and name."""
        actions: list[Action] = []
        for manifest in self.documents(item, "manifest", "objects", "include"):
            actions += self._delete_one(manifest, at_ms)
        if item.get("object").present:
            kind, found = self._meant(item, at_ms)
            for key in found:
                actions += self._objects.delete(key, at_ms)
            if not found:
                actions += self._delete_other(kind, item.get("object"), item.get("namespace").text(), at_ms)
        return actions

    def _delete_one(self, manifest: Field, at_ms: int) -> list[Action]:
        key = identity(manifest)
        if key in self._objects.known:
            return self._objects.delete(key, at_ms)
        if is_job(manifest):
            self._submissions.notes.append(f"{key[0]} {key[1]}/{key[2]} is deleted and was never there")
        return self._remove(key, at_ms)

    def _delete_other(self, kind: str, field: Field, namespace: str, at_ms: int) -> list[Action]:
        """An object that makes no work itself."""
        name = field.text().partition("/")[2]
        if kind == "Namespace":
            gone = self._objects.named(f"{name}/*", at_ms)
            work = [action for key in gone for action in self._objects.delete(key, at_ms)]
            queues = [("LocalQueue", name, queue) for queue in self._changes.names("LocalQueue", name)]
            return [*work, *(action for queue in queues for action in self._remove(queue, at_ms))]
        if kind == "Node" and name in self._nodes:
            return [Action(at_ms, "remove-node", name)]
        space = (namespace or "default") if kind == "LocalQueue" else ""
        if kind in _FORGOTTEN:
            self._submissions.notes.append(f"deleting {kind} {name} changes nothing for what is there")
            return []
        if kind in _REMOVED and name in self._changes.names(kind, space):
            return self._remove((kind, space, name), at_ms)
        names = {key[2] for key in self._objects.known if key[0] == kind} | set(self._changes.names(kind, space))
        field.missing(f"there is no {kind} {name!r} at this time; {near_miss(name, names)}")
        return []

    def _remove(self, key: Identity, at_ms: int) -> list[Action]:
        """A ClusterQueue that is deleted takes nothing new and goes when nothing holds quota in it any more (R6.64)."""
        kind, space, name = key
        if kind not in _REMOVED:
            return []
        if name not in self._changes.names(kind, space):
            self._submissions.notes.append(f"{kind} {name} is deleted and was never there")
            return []
        self._changes.removed(kind, space, name)
        return [Action(at_ms, "remove", f"{space}/{name}" if kind == "LocalQueue" else name, name=kind)]

    def scale(self, item: Field, at_ms: int) -> list[Action]:
        """The actions of a ``scale``: another number of pods."""
        if not item.get("pods").present:
            item.wrong("pods is missing: how many there are from now on")
        pods, part = item.get("pods").integer(1, minimum=0), item.get("podSet").text()
        where = next((item.get(name) for name in ("workload", "object", "manifest") if item.get(name).present), item)
        return [
            action
            for key in self._targets(item, at_ms)
            for action in self._objects.scale(key, pods, part, at_ms, where)
        ]

    def patch(self, item: Field, at_ms: int) -> list[Action]:
        """The actions of a ``patch``: a merge patch, or a list of operations, on work or policy."""
        patch = item.get("patch")
        if not isinstance(patch.value, dict | list):
            patch.wrong("patch needs a mapping, or a list of operations")
            return []
        kind, _, name = item.get("object").needed("kind/name").partition("/")
        if kind in (*APPLIED_KINDS, *CLASSES, *LASTING_KINDS):
            after = self._changes.patched(kind, item.get("namespace").text() or "default", name, patch)
            if after is None or kind in LASTING_KINDS:
                return []
            if kind in CLASSES:
                return self._changed_class(priority_class(after), at_ms)
            changed = self._changes.applied([after], None)
            return [Action(at_ms, "apply", objects=changed)] if changed else []
        actions: list[Action] = []
        for key in self._targets(item, at_ms):
            old = self._objects.known[key]
            if isinstance(patch.value, list):
                new = operated(old.manifest, patch)
            else:
                new = merged(old.manifest, patch, lists_by_name=True)
            actions += self._objects.apply(new, old.life, at_ms)
        return actions

    def _targets(self, item: Field, at_ms: int) -> Sequence[Identity]:
        """The objects that an action on some of them means."""
        if item.get("manifest").present:
            return [key for key in map(identity, self.documents(item, "manifest")) if key in self._objects.known]
        if item.get("object").present:
            kind, found = self._meant(item, at_ms)
            if not found:
                names = [key[2] for key in self._objects.known]
                item.get("object").missing(
                    f"there is no {kind} of this name; {near_miss(item.get('object').value, names)}"
                )
            return found
        field = item.get("workload")
        name = field.needed("the name of the workload")
        found = self._objects.named(name, at_ms) or self._owners(name)
        if not found and name:
            field.missing(f"{name!r} comes of no manifest; {near_miss(name, (key[2] for key in self._objects.known))}")
        return found

    def _owners(self, name: str) -> list[Identity]:
        keys = [key for key, one in self._submissions.known.items() if name in (key, one.name)]
        return [owner for owner in map(self._objects.owner, keys) if owner is not None]

    def _meant(self, item: Field, at_ms: int) -> tuple[str, list[Identity]]:
        """The kind of ``object`` and the objects that kind and name, or a pattern of names, mean."""
        text = item.get("object").needed("kind/name")
        kind, _, name = text.partition("/")
        return kind, self._objects.named(name, at_ms, item.get("namespace").text(), kind)

    def deleted_by_name(self, name: str, at_ms: int) -> list[Action] | None:
        """The actions of deleting what a name or pattern means, None when no object is called so."""
        found = self._objects.named(name, at_ms)
        return [action for key in found for action in self._objects.delete(key, at_ms)] if found else None
