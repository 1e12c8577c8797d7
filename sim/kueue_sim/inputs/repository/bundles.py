"""Which scenarios lie in files and folders? What belongs together is one bundle: an overlay with its base, or files."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from os.path import abspath
from pathlib import Path

from kueue_sim.errors import InputError, Mistake, Place
from kueue_sim.inputs.kueue.jobs.managing import DEFAULT_QUEUE
from kueue_sim.inputs.kueue.manager.configuration_objects import configuration_of
from kueue_sim.inputs.kueue.manifests import OBJECT_KINDS, flatten
from kueue_sim.inputs.kueue.work_kinds import job_kinds
from kueue_sim.inputs.recorded.conditions import is_true
from kueue_sim.inputs.recorded.dumped_jobs import has_ended
from kueue_sim.inputs.repository.belonging import NO_MANIFEST, UNLABELLED, Belonging, Section, belonging
from kueue_sim.inputs.repository.given import Text, content_of
from kueue_sim.inputs.repository.kustomization import NAMES, Kustomization, kustomization_in
from kueue_sim.inputs.repository.kustomize import build
from kueue_sim.inputs.repository.named_files import named_files
from kueue_sim.inputs.repository.other_files import told_of
from kueue_sim.inputs.repository.skipped import Skipped
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import STDIN, shown
from kueue_sim.inputs.text.yamltext import holds_commands, read_yaml

SUFFIXES = (".yaml", ".yml", ".json")
_TABLES = frozenset((".csv", ".tsv", ".psv", ".swf", ".parquet"))
"""How files with histories of jobs are called."""
_HIDDEN = re.compile(r"^\.[^.]|^node_modules$|^__pycache__$")
_CONCERNED = re.compile(rf"kueue|^kind:\s*({'|'.join((*OBJECT_KINDS, *job_kinds()))})\b", re.MULTILINE)
_TEMPLATE = re.compile(r"{{.*?}}")
_OF_INTEREST = re.compile(r"kind|kueue|InstanceGroups|ComputeQuota|SchedulerConfig")
"""One of these stands in every document that belongs to a scenario."""
_VALUES = ("values.yaml", "values.yml")
_FEW = 4
"""So many files are named in a command."""
_LARGE = 100_000
"""Characters of a file from which on it is read only when it holds one of them."""


@dataclass(slots=True)
class Bundle:
    """Documents that make one scenario together, by the section they belong to.

    ``name`` is the file or folder they come from. ``files`` counts what was read. ``scripts`` hold commands. ``whole``
    are all documents of a single file that says itself what it is: a scenario, or a generator. ``built`` is what a
    kustomization amounts to, which stands for itself.
    """

    name: str
    folder: Path
    parts: dict[Section, list[Field]] = field(default_factory=dict)
    scripts: list[Text] = field(default_factory=list)
    whole: list[Field] = field(default_factory=list)
    skipped: Skipped = field(default_factory=Skipped)
    files: int = 0
    built: bool = False
    unlabelled: list[tuple[Field, str]] = field(default_factory=list)
    """Jobs among the workloads that name no queue, with their files: whether Kueue manages them shows at the end."""

    def files_of(self, section: Section) -> list[Path]:
        """The files with documents of a section, in order."""
        places = (document.source.place(document.path) for document in self.of(section))
        return list(dict.fromkeys(Path(place.file) for place in places if place is not None))

    def without(self, *sections: Section) -> "Bundle":
        """The same without some sections."""
        return replace(self, parts={key: items for key, items in self.parts.items() if key not in sections})

    def report_to(self, report: Report) -> None:
        """Mistakes that are found from now on go to this report."""
        self.parts = {key: [_reporting(item, report) for item in items] for key, items in self.parts.items()}

    def add(self, document: Field, where: str) -> None:
        """Sorts one document in; what is not ours is noted as skipped."""
        for item in flatten([document]) if document.get("items").present else [document]:
            found = belonging(item)
            if found.section == "workloads" and has_ended(item.mapping()):
                ended = f"{item.get('kind').text()} {item.get('metadata', 'name').text()} has ended, its status says"
                self.skipped.note(f"{ended}; submitted anew, while kueue-sim import begins with a cluster as it is")
            if found.section:
                self.parts.setdefault(found.section, []).append(item)
            elif found.why == UNLABELLED:
                self.parts.setdefault("workloads", []).append(item)
                self.unlabelled.append((item, where))
            elif item.present:
                self.skipped.add(item, where, found.why)

    def leave_to_scenario(self) -> None:
        """Leaves out what stands in files that a scenario among the documents names."""
        named = {file for one in self.of("scenario") for file in named_files(one)}
        for section, items in self.parts.items():
            if section != "scenario":
                self.parts[section] = [item for item in items if not _stands_in(item, named)]
        self.unlabelled = [(item, where) for item, where in self.unlabelled if not _stands_in(item, named)]
        self.scripts = [script for script in self.scripts if abspath(script.name) not in named]
        self.skipped.leave_out(named)

    def settle(self) -> None:
        """Leaves out jobs that name no queue and that Kueue does not manage: neither has their namespace a LocalQueue
        called default, nor does the Configuration say that all jobs are managed. Of several files of values for the
        chart Helm's own, ``values.yaml``, is meant."""
        self._keep_the_values_of_the_chart()
        self._tell_of_a_dump()
        objects = [configuration_of(one) for one in self.of("objects")]
        everywhere = any(one.get("manageJobsWithoutQueueName").value is True for one in objects)
        spaces = {namespace_of(one) for one in objects if _named(one)[::2] == ("LocalQueue", DEFAULT_QUEUE)}
        left = []
        for item, where in self.unlabelled if not everywhere else ():
            if namespace_of(item) not in spaces:
                left.append(item)
                self.skipped.add(item, where, UNLABELLED)
        self.unlabelled = []
        if left:
            kept = [one for one in self.of("workloads") if not any(one is item for item in left)]
            self.parts = {**self.without("workloads").parts, **({"workloads": kept} if kept else {})}

    def _tell_of_a_dump(self) -> None:
        """Says that Workloads of a cluster are submitted anew here, whatever became of them there."""
        works = [one.mapping() for one in self.of("objects") if one.get("kind").value == "Workload"]
        ended = sum(has_ended(one) for one in works)
        held = sum(is_true(one, "QuotaReserved") and not has_ended(one) for one in works)
        if ended or held:
            files = ["-" if str(file) == shown(STDIN) else str(file) for file in self.files_of("objects")]
            command = f"kueue-sim import {' '.join(files) if len(files) <= _FEW else 'FILE...'} -o now.yaml"
            told = [f"{held} hold quota"] if held else []
            told += [f"{ended} have ended"] if ended else []
            self.skipped.note(
                f"of {len(works)} Workloads {' and '.join(told)} in their cluster; all are submitted anew, while "
                f"{command} makes a scenario that begins with the cluster as it is"
            )

    def _keep_the_values_of_the_chart(self) -> None:
        values = [one for one in self.of("objects") if not (one.get("kind").present or one.get("apiVersion").present)]
        places = {id(one): one.source.place(one.path) for one in values}
        files = {key: place.file for key, place in places.items() if place is not None}
        own = {key for key, file in files.items() if Path(file).name in _VALUES}
        if len(own) != 1:
            return
        for other in sorted(file for key, file in files.items() if key not in own):
            self.skipped.note(f"skipped, other values of the chart than its values.yaml: {other}")
        kept = [one for one in self.of("objects") if id(one) not in files or id(one) in own]
        self.parts = {**self.parts, "objects": kept}

    def without_repetitions(self) -> None:
        """Leaves out objects that stand in several places and are the same in each: applied again, they stay as they
        are."""
        seen: dict[tuple[object, object, object], list[Field]] = {}
        for section, documents in self.parts.items():
            kept = []
            for document in documents:
                key = _named(document)
                named = all(isinstance(part, str | None) for part in key) and key[2] is not None
                alike = seen.setdefault(key, []) if named else []
                if any(document.value == other.value for other in alike):
                    self.skipped.note(f"{key[0]} {key[2]} stands in several places, the same each time")
                else:
                    kept.append(document)
                    alike.append(document)
            self.parts[section] = kept

    @property
    def number(self) -> int:
        """How many documents are part of a scenario for sure."""
        return sum(map(len, self.parts.values())) - len(self.unlabelled)

    def of(self, section: Section) -> list[Field]:
        """What belongs to a section, in the order of the files."""
        return self.parts.get(section, [])

    @property
    def empty(self) -> bool:
        """Whether nothing in it concerns a scenario for sure."""
        return not self.number and not self.scripts

    def take_in(self, other: "Bundle") -> None:
        """Adds everything of another bundle."""
        for section, documents in other.parts.items():
            self.parts.setdefault(section, []).extend(documents)
        self.unlabelled += other.unlabelled
        self.scripts += other.scripts
        self.skipped.take_in(other.skipped)
        self.files += other.files


def is_table(path: Path) -> bool:
    """Whether a file is called like a history of jobs. One that ends like a manifest is none, as ``jobs.csv.yaml``."""
    return path.suffix not in SUFFIXES and not _TABLES.isdisjoint(path.suffixes)


def namespace_of(document: Field) -> str:
    """The namespace of an object as a cluster has it."""
    return str(document.get("metadata", "namespace").value or "default")


def _named(document: Field) -> tuple[object, object, object]:
    """Kind, namespace and name of an object."""
    metadata = document.get("metadata")
    return document.get("kind").value, metadata.get("namespace").value, metadata.get("name").value


def _stands_in(document: Field, files: Collection[str]) -> bool:
    """Whether a document stands in one of these files."""
    place = document.source.place(document.path)
    return place is not None and abspath(place.file) in files


def bundle_of_text(one: Path | Text, report: Report) -> Bundle:
    """The bundle of a single file or text. Raises InputError when it cannot be read."""
    if isinstance(one, Path) and one.name in NAMES:
        return _built(one.parent, report)
    name = one.name if isinstance(one, Text) else str(one)
    bundle = Bundle(name, one.parent if isinstance(one, Path) else Path(), files=1)
    if isinstance(one, Path) and is_table(one):
        problem = f"a table, and no manifest; kueue-sim import {one} makes a scenario of a history of jobs"
        raise InputError([Mistake(Place(name, 1, 1), problem)])
    content = content_of(one)
    if holds_commands(content) or name.endswith(".sh"):
        bundle.scripts.append(Text(name, content))
        return bundle
    own = replace(report, mistakes=[])
    documents = read_yaml(content, name, own)
    if own.mistakes and _TEMPLATE.search(content):
        place = own.mistakes[0].place
        own.mistakes = [
            Mistake(place, "a template; pipe what makes manifests of it: helm template … | kueue-sim run -")
        ]
    report.mistakes += own.mistakes
    report.remarks |= own.remarks
    documents = [_reporting(document, report) for document in documents]
    manifests = any(document.get("kind").present for document in documents)
    if any(_says_itself(document, manifests) for document in documents):
        bundle.whole = documents
    for document in documents:
        bundle.add(document, name)
    return bundle


def _says_itself(document: Field, manifests: bool) -> bool:
    """Whether a document is a scenario, or none of a cluster's and so meant as one, unless ``manifests`` stand beside
    it, as behind the head that helm prints."""
    if document.get("kind").present:
        return belonging(document).section == "scenario"
    return not manifests and isinstance(document.value, dict) and belonging(document) == Belonging("", NO_MANIFEST)


def bundles_of_folder(folder: Path, report: Report) -> list[Bundle]:
    """The bundles below a folder: one for each kustomization that no other builds on, and one of all other files."""
    own = kustomization_in(folder)
    places = [folder] if own else _folders_with_kustomization(folder)
    found = [(place, _kustomization(place)) for place in places]
    used = {path for _, one in found for path in one.references()}
    roots = [place for place, _ in found if place.resolve() not in used]
    bundles = [_built(place, report) for place in roots]
    covered = {place.resolve() for place in places}
    listed = {path for _, one in found for path in one.files()}
    loose = Bundle(str(folder), folder)
    for path in _files_below(folder):
        resolved = path.resolve()
        if resolved in listed or path.name in ("kustomization.yaml", "kustomization.yml"):
            continue
        if own or not covered.isdisjoint(resolved.parents):
            loose.skipped.note(f"skipped, no kustomization names it: {path}")
        else:
            _add_file(loose, path, report)
    for path in sorted(folder.rglob("*")):
        told = None if _is_manifest(path) or _hidden(path, folder) or not path.is_file() else told_of(path)
        if told is not None:
            loose.skipped.add_file(str(path), *told)
    bundles += [loose] if not loose.empty or not bundles or loose.skipped.lines() else []
    return bundles


def _kustomization(folder: Path) -> Kustomization:
    """The kustomization of a folder, read to see what it builds on; its mistakes are told when it is built."""
    file = kustomization_in(folder)
    assert file is not None
    return Kustomization.read(file, Report(), lambda text: None)


def _built(folder: Path, report: Report) -> Bundle:
    bundle = Bundle(str(folder), folder, files=1, built=True)
    for document in build(folder, report, bundle.skipped.note):
        bundle.add(document, str(folder))
    return bundle


def _add_file(bundle: Bundle, path: Path, report: Report) -> None:
    """A file of a folder: nobody named it, so one that is no manifest is skipped instead of refused."""
    own = Report()
    try:
        content = content_of(path)
    except InputError:
        bundle.skipped.note(f"skipped, not UTF-8 text: {path}")
        return
    if len(content) > _LARGE and not _OF_INTEREST.search(content):
        bundle.skipped.add(Field(None, Source(), report), str(path), NO_MANIFEST)
        return
    documents = read_yaml(content, str(path), own)
    if own.mistakes and _TEMPLATE.search(content):
        bundle.skipped.note(f"skipped, a template (pipe what helm template makes of it): {path}")
        return
    if own.mistakes and not _CONCERNED.search(content):
        bundle.skipped.note(f"skipped, not valid YAML, and nothing in it is Kueue's: {path}")
        return
    report.mistakes += own.mistakes
    report.remarks |= own.remarks
    before = bundle.number
    for document in documents:
        bundle.add(_reporting(document, report), str(path))
    bundle.files += bundle.number > before


def _reporting(document: Field, report: Report) -> Field:
    return Field(document.value, document.source, report, document.path)


def _folders_with_kustomization(folder: Path) -> list[Path]:
    below = sorted(path for path in folder.rglob("*") if path.is_dir() and not _hidden(path, folder))
    return [path for path in below if kustomization_in(path)]


def _files_below(folder: Path) -> Iterable[Path]:
    for path in sorted(folder.rglob("*")):
        if _is_manifest(path) and path.is_file() and not _hidden(path, folder):
            yield path


def _is_manifest(path: Path) -> bool:
    """Whether a file is called like a manifest, which gzip may have packed."""
    return path.name.lower().removesuffix(".gz").endswith(SUFFIXES)


def _hidden(path: Path, folder: Path) -> bool:
    """Whether a path lies in what tools keep for themselves, such as .git or node_modules."""
    return any(_HIDDEN.search(part) for part in path.relative_to(folder).parts)


def bundles(given: Sequence[Path | Text], report: Report) -> list[Bundle]:
    """The bundles of everything given. Files and texts given side by side are one, with the only one of each folder.

    Raises InputError for a file that cannot be read.
    """
    texts: Bundle | None = None
    result: list[Bundle] = []
    for one in given:
        if isinstance(one, Path) and one.is_dir():
            result += bundles_of_folder(one, report)
        elif texts is None:
            texts = bundle_of_text(one, report)
        else:
            texts.take_in(bundle_of_text(one, report))
    return result if texts is None else [texts, *result]
