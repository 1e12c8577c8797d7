"""Which release of Kueue does a cluster run? The image of its manager says so: in the manager's Deployment or pods, in
values of Kueue's Helm chart, or by the version of the chart itself."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kueue_sim.errors import Place
from kueue_sim.inputs.kueue.manager.inner_text import inner_text
from kueue_sim.inputs.text.field import Field, Path, Source
from kueue_sim.model import LAST_PATCHES, NEWEST, parse_release
from kueue_sim.units import shortened

MANAGERS = ("kueue", "kueue-controller", "kueue-controller-manager", "kueue-rhel9")
"""Names of the manager's image; other controllers beside Kueue have gates of their own."""
CHART = "kueue"
KUSTOMIZATION = "Kustomization"
_ADDRESS = re.compile(r"kubernetes-sigs/kueue/(?:releases/download/|.*[?&]ref=)(v?\d+\.\d+(?:\.\d+)?)")
_VERSION = re.compile(r"v?0\.(\d+)(?:\.\d+)?(?:[-+].*)?")
_RANGE = re.compile(r"[~^]?v?(0\.\d+)(?:\.(?:x|X|\*))?|[~^]v?(0\.\d+)\.\d+")
"""Versions of a chart that mean the newest patch of a line: ``0.13.x``, ``~0.13.2``."""
_PRE_RELEASE = re.compile(r"[-+].*")
_ALTERNATIVE = "kueue.version or --set kueue.version=… says another one"


@dataclass(frozen=True, slots=True)
class Installed:
    """The release to simulate and where it was read. ``told`` says so in words; ``warning`` says, where the tag names
    no release that is modelled, which one is taken instead, "" otherwise."""

    version: str
    told: str
    warning: str = ""
    place: Place | None = None

    def section(self, kueue: Field) -> Field:
        """The ``kueue`` section that says this release, at its place."""
        places: dict[Path, Place] = {} if self.place is None else {("version",): self.place}
        return Field({"version": self.version}, Source("", {}, places), kueue.report)


@dataclass(frozen=True, slots=True)
class _Tag:
    """What names a release, as it is written, and what it belongs to in words."""

    text: str
    what: str
    place: Place | None
    of_pod: bool = False


def installed_release(manifests: Iterable[Field]) -> Installed | None:
    """The release that objects of a cluster betray, None where none of them does. A Deployment goes before pods, and
    the first before others that say something else."""
    found = sorted((tag for one in manifests for tag in _tags(one)), key=lambda tag: tag.of_pod)
    if not found:
        return None
    first = found[0]
    others = [one for one in found if one.text != first.text]
    also = f", though {others[0].what} is {others[0].text}" if others else ""
    where = f"{first.place}: " if first.place is not None else ""
    version, problem = _modelled(first.text)
    told = f"{where}Kueue {version} is simulated: {first.what} is {first.text}{also}; {_ALTERNATIVE}"
    warning = f"{where}{first.what} is {first.text}{also}: {problem}; {_ALTERNATIVE}" if problem else ""
    return Installed(version, told, warning, first.place)


def of_address(text: str) -> str | None:
    """The release in the address of Kueue's own manifests; None for any other address."""
    found = _ADDRESS.search(text)
    return found[1].removeprefix("v") if found else None


def names_release(manifest: Field) -> bool:
    """Whether an object says which release of Kueue a cluster runs."""
    return next(_tags(manifest), None) is not None


def values_of_source(source: Field) -> list[Field]:
    """The values that a source of an Argo CD Application gives its chart, as an object or as a text."""
    helm = source.get("helm")
    text = helm.get("values")
    inner = inner_text(text) if isinstance(text.value, str) and text.value.strip() else None
    return [one for one in (helm.get("valuesObject"), inner) if one is not None and one.present]


def image_name(image: Field) -> str:
    """The name of an image without its registry, tag and digest."""
    return str(image.value).partition("@")[0].rpartition("/")[2].partition(":")[0]


def _tags(manifest: Field) -> Iterator[_Tag]:
    kind = manifest.get("kind").value
    if kind in ("Deployment", "Pod"):
        yield from _of_containers(manifest, str(kind))
    elif kind == "HelmRelease":
        values, chart = manifest.get("spec", "values"), manifest.get("spec", "chart", "spec")
        yield from _of_chart(values, chart.get("chart"), chart.get("version"))
    elif kind == "Application":
        for source in (manifest.get("spec", "source"), *_listed(manifest.get("spec", "sources"))):
            for values in values_of_source(source) or [source.get("helm", "valuesObject")]:
                yield from _of_chart(values, source.get("chart"), source.get("targetRevision"))
    elif kind == KUSTOMIZATION:
        yield from _of_resources(manifest)
    elif kind is None:
        yield from _of_values(manifest)
        for item in _listed(manifest.get("dependencies")):
            yield from _of_chart(item.get(""), item.get("name"), item.get("version"))


def _listed(field: Field) -> list[Field]:
    return field.items() if isinstance(field.value, list) else []


def _of_resources(kustomization: Field) -> Iterator[_Tag]:
    """The addresses in Kueue's repository that a kustomization builds on."""
    for item in (*_listed(kustomization.get("resources")), *_listed(kustomization.get("bases"))):
        release = of_address(str(item.value))
        if release is not None:
            yield _Tag(release, f"the address of Kueue's manifests in {item.value}", item.source.place(item.path))


def _of_containers(manifest: Field, kind: str) -> Iterator[_Tag]:
    """The images of a manager's containers."""
    spec = manifest.get("spec") if kind == "Pod" else manifest.get("spec", "template", "spec")
    for container in _listed(spec.get("containers")):
        image = container.get("image")
        tag = str(image.value).partition("@")[0].rpartition("/")[2].partition(":")[2]
        if tag and image_name(image) in MANAGERS:
            name = manifest.get("metadata").first("name", "generateName").value
            what = f"the tag of the image of {kind} {name}"
            yield _Tag(tag, what, image.source.place(image.path), of_pod=kind == "Pod")


def _of_chart(values: Field, chart: Field, version: Field) -> Iterator[_Tag]:
    """The tag in values of the chart, else the version of the chart itself, which is that of its Kueue."""
    tags = [*_of_values(values)]
    if not tags and str(chart.value).rpartition("/")[2] == CHART and isinstance(version.value, str):
        tags = [_Tag(version.value, "the version of the chart kueue", version.source.place(version.path))]
    yield from tags


def _of_values(values: Field) -> Iterator[_Tag]:
    """The tag in a file of values for Kueue's chart, or for one that contains it. Charts of other controllers have the
    same keys, so that a repository, where it is given, has to be Kueue's and a tag without one a release."""
    for place in (values, values.get("kueue")):
        image = place.get("controllerManager", "manager", "image")
        repository, tag = image.get("repository"), image.get("tag")
        text = str(tag.value)
        ours = image_name(repository) in MANAGERS if repository.present else _VERSION.fullmatch(text) is not None
        if tag.present and ours:
            what = "controllerManager.manager.image.tag of the Helm values"
            yield _Tag(text, what, tag.source.place(tag.path))


def _modelled(tag: str) -> tuple[str, str]:
    """The release that a tag names, and what to know where it is not modelled, "" where it is."""
    line_alone = _RANGE.fullmatch(tag)
    tag = (line_alone[1] or line_alone[2]) if line_alone is not None else tag
    text = _PRE_RELEASE.sub("", tag)
    named = _VERSION.fullmatch(tag)
    if named is None:
        return (
            NEWEST,
            f"no release of Kueue is called {shortened(tag)}; {NEWEST}, the newest one modelled, is taken",
        )
    try:
        return parse_release(text), ""
    except ValueError:
        line, lines = int(named[1]), sorted(LAST_PATCHES)
    if line > lines[-1]:
        return NEWEST, f"it is newer than {NEWEST}, the newest release that is modelled and is taken"
    near = f"0.{max(line, lines[0])}"
    return near, f"it is not modelled; {near}, the nearest release that is, is taken in its newest patch"
