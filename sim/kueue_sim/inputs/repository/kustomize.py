"""Which objects does a kustomization amount to? ``kustomize build`` as far as it concerns what Kueue looks at.

Objects come from resources, bases and components; then follow patches, namespace, prefix and suffix, labels and
annotations, and numbers of replicas, in the order in which kustomize applies them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kueue_sim.inputs.kueue.manager.configuration_objects import KEY, holds_configuration
from kueue_sim.inputs.kueue.manager.installed_release import KUSTOMIZATION, names_release
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.repository.kustomization import Kustomization, kustomization_in
from kueue_sim.inputs.repository.patches import selected
from kueue_sim.inputs.text.field import Field, Report, near_miss
from kueue_sim.inputs.text.json_patch import json_patched
from kueue_sim.inputs.text.textfile import is_file
from kueue_sim.inputs.text.yamltext import read_yaml

Value = dict[str, object]
_CLUSTER_WIDE = (
    *("AdmissionCheck", "ClusterQueue", "ClusterRole", "ClusterRoleBinding", "Cohort", "CustomResourceDefinition"),
    *("Node", "PriorityClass", "ResourceFlavor", "StorageClass", "Topology", "WorkloadPriorityClass"),
)
_KEEP_NAME = ("APIService", "CustomResourceDefinition", "Namespace")
_OWN_LISTS = ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
"""Kinds whose lists a strategic merge patch merges by name; those of custom resources it replaces."""


@dataclass(slots=True)
class Resource:
    """One object on its way. ``names`` are all it ever had: patches of an overlay may use any of them."""

    manifest: Field
    names: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, manifest: Field) -> "Resource":
        """A copy that may be changed, so that two overlays of one base do not see each other."""
        own = Field(copied(manifest.value), manifest.source, manifest.report, manifest.path)
        return cls(own, [str(manifest.get("metadata", "name").value)])

    @property
    def kind(self) -> str:
        """The kind as the manifest has it, "None" where it has none."""
        return str(self.manifest.get("kind").value)

    def part(self, *names: str) -> Value:
        """The mapping under these keys, made where it is missing."""
        current = self.manifest.value
        assert isinstance(current, dict)
        for name in names:
            if not isinstance(current.get(name), dict):
                current[name] = {}
            current = current[name]
        return current

    def rename(self, name: str) -> None:
        """Gives it another name; it answers to the earlier ones as well."""
        self.part("metadata")["name"] = name
        self.names.append(name)


def copied(value: object) -> object:
    """A copy of plain values that shares no mapping and no list."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def build(folder: Path, report: Report, note: Callable[[str], None]) -> list[Field]:
    """The objects of a folder with a kustomization, each at the place where it is written.

    What kustomize would do and this does not goes to ``note``. Raises InputError for a file that cannot be read.
    """
    building = _Build(report, note)
    built = [one.manifest for one in building.folder(folder, [], ())]
    return [*built, *filter(names_release, building.elsewhere)]


@dataclass(slots=True)
class _Build:
    report: Report
    note: Callable[[str], None]
    incomplete: set[Path] = field(default_factory=set)
    """Folders some of whose objects lie elsewhere."""
    elsewhere: list[Field] = field(default_factory=list)
    """Kustomizations that build on Kueue's own repository, whose address says which release it is."""

    def folder(self, folder: Path, so_far: list[Resource], above: tuple[Path, ...]) -> list[Resource]:
        """The objects of one folder; a component changes those there are already, in ``so_far``."""
        file = kustomization_in(folder)
        assert file is not None
        one = Kustomization.read(file, self.report, self.note)
        here = (*above, folder.resolve())
        found = list(so_far)
        for path in one.paths("resources", "bases"):
            self._add(one, path, found, here)
        self._generate(one, found)
        for path in one.paths("components"):
            if path.resolve() not in here and kustomization_in(path):
                found = self.folder(path, found, here)
        if one.incomplete:
            self.incomplete.add(folder.resolve())
            self.elsewhere += [replace(one.document, value={"kind": KUSTOMIZATION, **one.document.mapping()})]
        _Transformed(one, found).apply()
        return [item for item in found if item.manifest.present]

    def _generate(self, one: Kustomization, found: list[Resource]) -> None:
        """The manager's Configuration where a ConfigMap of it is generated; it takes the place of an earlier one."""
        for item in one.document.get("configMapGenerator").items():
            for file in item.get("files").items():
                key, equals, name = file.text().partition("=")
                path = one.folder / (name if equals else key)
                if (key if equals else path.name) != KEY or not is_file(path):
                    continue
                found[:] = [other for other in found if not _configures(other)]
                found += [Resource.of(each) for each in one.documents(path) if isinstance(each.value, dict)]

    def _add(self, one: Kustomization, path: Path, found: list[Resource], here: tuple[Path, ...]) -> None:
        if is_file(path):
            manifests = flatten(one.documents(path))
            found += [Resource.of(item) for item in manifests if isinstance(item.value, dict)]
        elif path.resolve() in here:
            one.document.get("resources").wrong(f"{path} builds on itself")
        elif kustomization_in(path) is None:
            one.document.get("resources").wrong(f"the folder {path} has no kustomization.yaml")
        else:
            found += self.folder(path, [], here)
            one.incomplete = one.incomplete or path.resolve() in self.incomplete


def _configures(one: Resource) -> bool:
    """Whether an object is the manager's Configuration, or its ConfigMap."""
    return one.kind == "Configuration" or (one.kind == "ConfigMap" and holds_configuration(one.manifest))


def _untagged(image: str) -> str:
    """An image without its digest and its tag, which follows a colon behind the last slash."""
    folder, slash, name = image.partition("@")[0].rpartition("/")
    return f"{folder}{slash}{name.partition(':')[0]}"


@dataclass(slots=True)
class _Transformed:
    """What one kustomization does to the objects it holds, which are changed in place."""

    one: Kustomization
    resources: list[Resource]

    def apply(self) -> None:
        document = self.one.document
        self._patch_all(document)
        self.resources = [item for item in self.resources if item.manifest.present]
        self._rename(document)

    def _patch_all(self, document: Field) -> None:
        for item in document.get("patchesStrategicMerge").items():
            self._merge_all(self._patches(item), None)
        for item in document.get("patches").items():
            self._patch(item)

    def _rename(self, document: Field) -> None:
        self._namespace(document.get("namespace").text())
        prefix, suffix = document.get("namePrefix").text(), document.get("nameSuffix").text()
        if prefix or suffix:
            for one in self.resources:
                if one.kind not in _KEEP_NAME:
                    one.rename(f"{prefix}{one.names[-1]}{suffix}")
        self._labels(document.get("commonLabels").labels(), True)
        for item in document.get("labels").items():
            templates = item.get("includeTemplates").boolean() or item.get("includeSelectors").boolean()
            self._labels(item.get("pairs").labels(), templates)
        self._mark("annotations", document.get("commonAnnotations").labels(), True)
        for item in document.get("patchesJson6902").items():
            self._patch(item)
        for item in document.get("replicas").items():
            self._replicas(item)
        for item in document.get("images").items():
            self._image(item)

    # -- patches ------------------------------------------------------------------------------------------

    def _patches(self, item: Field) -> list[Field]:
        """The documents of a patch: the text itself, or the file it names."""
        text = item.text()
        path = self.one.folder / text
        if "\n" not in text and is_file(path):
            return self.one.documents(path)
        if "\n" not in text and ":" not in text:
            item.wrong(f"there is no file {str(path)!r}")
            return []
        place = item.source.blocks.get(item.path)
        where = f"{self.one.file}" if place is None else f"{self.one.file}:{place.line}"
        return [one for one in read_yaml(text, where, self.one.report) if one.present]

    def _patch(self, item: Field) -> None:
        given = item.get("path") if item.get("path").present else item.get("patch")
        target = item.get("target") if item.get("target").present else None
        for patch in self._patches(given):
            if isinstance(patch.value, list):
                self._operations(item, patch, target)
            else:
                self._merge_all([patch], target)

    def _operations(self, item: Field, patch: Field, target: Field | None) -> None:
        if target is None:
            item.wrong("target is missing; operations say nothing of the object they are for")
            return
        for one in self._targets(target):
            one.manifest = json_patched(one.manifest, patch)

    def _merge_all(self, patches: list[Field], target: Field | None) -> None:
        for patch in patches:
            for one in self._targets(target) if target is not None else self._named(patch):
                if patch.get("$patch").value == "delete":
                    one.manifest = replace(one.manifest, value=None)
                    continue
                before = one.manifest.get("metadata").mapping()
                one.manifest = merged(one.manifest, patch, lists_by_name=one.kind in _OWN_LISTS)
                one.part("metadata").update({key: before[key] for key in ("name", "namespace") if key in before})

    def _targets(self, target: Field) -> list[Resource]:
        found = [one for one in self.resources if one.manifest.present and selected(one.manifest, one.names, target)]
        if not found:
            place = target.source.place(target.path)
            self.one.note(f"{place or self.one.file}: the patch selects no object; kustomize lets that pass")
        return found

    def _named(self, patch: Field) -> list[Resource]:
        """The object that a patch names itself."""
        kind, name = patch.get("kind").value, patch.get("metadata", "name")
        found = [
            one for one in self.resources if one.manifest.present and one.kind == kind and str(name.value) in one.names
        ]
        generated = kind in ("ConfigMap", "Secret")
        if not found and not self.one.incomplete and not generated:
            where = name if name.present else patch
            where.wrong(f"there is no {kind} {name.value!r} to patch; {near_miss(name.value, self._known())}")
        return found

    def _known(self) -> list[str]:
        return [one.names[-1] for one in self.resources]

    # -- names, labels, replicas --------------------------------------------------------------------------

    def _namespace(self, namespace: str) -> None:
        for one in self.resources if namespace else ():
            if one.kind == "Namespace":
                one.rename(namespace)
            elif one.kind not in _CLUSTER_WIDE:
                one.part("metadata")["namespace"] = namespace

    def _labels(self, pairs: Mapping[str, str], templates: bool) -> None:
        self._mark("labels", pairs, templates)

    def _mark(self, what: str, pairs: Mapping[str, str], templates: bool) -> None:
        """Sets labels or annotations of the objects and, of Kubernetes' own kinds, those of their pods."""
        for one in self.resources if pairs else ():
            one.part("metadata", what).update(pairs)
            if templates and one.kind in _OWN_LISTS and one.kind != "Pod":
                inner = ("spec", "jobTemplate", "spec", "template") if one.kind == "CronJob" else ("spec", "template")
                one.part(*inner, "metadata", what).update(pairs)

    def _image(self, item: Field) -> None:
        """Gives the images of this name another name, tag or digest; the tag says which release of Kueue runs."""
        name, tag, digest = item.get("name").needed("name"), item.get("newTag"), item.get("digest")
        for one in self.resources:
            inner = ("spec",) if one.kind == "Pod" else ("spec", "template", "spec")
            containers = one.manifest.get(*inner, "containers").value if one.kind in _OWN_LISTS else None
            for container in containers if isinstance(containers, list) else ():
                if isinstance(container, dict) and _untagged(str(container.get("image"))) == name:
                    base = item.get("newName").text() or name
                    old = str(container["image"]).removeprefix(name)
                    end = f"@{digest.text()}" if digest.present else f":{tag.value}" if tag.present else old
                    container["image"] = f"{base}{end}"

    def _replicas(self, item: Field) -> None:
        name, count = item.get("name").needed("name"), item.get("count").integer(1, minimum=0)
        for one in self.resources:
            if name in one.names and one.kind in ("Deployment", "ReplicaSet", "StatefulSet"):
                one.part("spec")["replicas"] = count
