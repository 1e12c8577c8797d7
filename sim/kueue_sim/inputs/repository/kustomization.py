"""What does a kustomization.yaml say? Its fields, its files, and what of it is not built here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.inputs.text.textfile import is_file, is_folder, read_text
from kueue_sim.inputs.text.yamltext import read_yaml

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
NOT_BUILT = (
    *("generators", "helmCharts", "helmChartInflationGenerator", "replacements", "transformers", "validators", "vars"),
    *("configurations", "crds", "openapi"),
)
"""Fields that would change objects and are not followed."""
WITHOUT_EFFECT = (
    *("apiVersion", "kind", "metadata", "buildMetadata", "configMapGenerator", "generatorOptions"),
    *("secretGenerator", "sortOptions"),
)
"""Fields that change nothing that Kueue looks at."""
FOLLOWED = (
    *("bases", "commonAnnotations", "commonLabels", "components", "images", "labels", "namePrefix", "nameSuffix"),
    *("namespace", "patches", "patchesJson6902", "patchesStrategicMerge", "replicas", "resources"),
)


def kustomization_in(folder: Path) -> Path | None:
    """The file that makes a folder one of kustomize; None when there is none."""
    return next((folder / name for name in NAMES if is_file(folder / name)), None)


def is_remote(text: str) -> bool:
    """Whether a resource lies in another repository."""
    return "://" in text or text.startswith(("github.com/", "git@")) or "?ref=" in text


@dataclass(slots=True)
class Kustomization:
    """One such file. What cannot be followed goes to ``note``, what is wrong to the report."""

    file: Path
    document: Field
    report: Report
    note: Callable[[str], None]
    incomplete: bool = False
    """Whether some of its objects lie elsewhere or are not built, so that a patch may be for one of those."""

    @classmethod
    def read(cls, file: Path, report: Report, note: Callable[[str], None]) -> "Kustomization":
        """The kustomization of a file. Raises InputError when it is no text."""
        documents = [one for one in read_yaml(read_text(file), str(file), report) if one.present]
        empty = Field({}, report=report, source=documents[0].source) if documents else None
        document = documents[0] if documents and isinstance(documents[0].value, dict) else empty
        if document is None:
            from kueue_sim.inputs.text.field import Source

            document = Field({}, Source(str(file)), report)
        made = cls(file, document, report, note)
        made._check_fields()
        return made

    def _check_fields(self) -> None:
        for key, child in self.document.entries():
            if key in NOT_BUILT:
                self.incomplete = True
                self.note(f"{self.file}: {key} is not followed; kustomize build {self.file.parent} | kueue-sim … - is")
            elif key not in FOLLOWED and key not in WITHOUT_EFFECT:
                self.document.only(*FOLLOWED, *NOT_BUILT, *WITHOUT_EFFECT)
                return
            elif not child.present:
                continue

    @property
    def folder(self) -> Path:
        """Where the paths begin that it names."""
        return self.file.parent

    def paths(self, *names: str) -> list[Path]:
        """The files and folders that lists name, as they lie here; those of other repositories are noted."""
        found = []
        for item in (one for name in names for one in self.document.get(name).items()):
            text = item.needed("the name of a file or folder")
            path = self.folder / text
            if is_remote(text):
                self.incomplete = True
                self.note(f"{self.file}: {text} lies in another repository and is left out")
            elif is_file(path) or is_folder(path):
                found.append(path)
            elif text:
                item.wrong(f"there is no file or folder {str(path)!r}")
        return found

    def references(self) -> list[Path]:
        """The folders this one builds on, resolved."""
        folders = [*self._quiet("resources"), *self._quiet("bases"), *self._quiet("components")]
        return [path.resolve() for path in folders if is_folder(path)]

    def files(self) -> list[Path]:
        """The files whose objects or patches this one holds, resolved."""
        named = [path for name in ("resources", "patchesStrategicMerge") for path in self._quiet(name)]
        generated = [
            one for item in self.document.get("configMapGenerator").items() for one in item.get("files").items()
        ]
        named += [self.folder / str(one.value).rpartition("=")[2] for one in generated]
        for name in ("patches", "patchesJson6902"):
            named += [self.folder / str(item.get("path").value) for item in self.document.get(name).items()]
        return [path.resolve() for path in named if is_file(path)]

    def _quiet(self, name: str) -> list[Path]:
        items = self.document.value.get(name) if isinstance(self.document.value, dict) else None
        texts = [item for item in items if isinstance(item, str)] if isinstance(items, list) else []
        return [self.folder / text for text in texts if "\n" not in text and not is_remote(text)]

    def documents(self, path: Path) -> list[Field]:
        """The documents of a YAML file."""
        return [one for one in read_yaml(read_text(path), str(path), self.report) if one.present]
