"""Which scenario do the commands of a shell script amount to? What it sets up, what it submits, and when.

Commands that set up take no time: the clock starts with the first work. Then ``sleep`` moves it, and commands that
follow each other without one are ``pace_ms`` apart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from kueue_sim.errors import Place
from kueue_sim.inputs.hyperpod import add_on
from kueue_sim.inputs.hyperpod.aws_command import Commands
from kueue_sim.inputs.kueue.manifests import IGNORED_KINDS, OBJECT_KINDS
from kueue_sim.inputs.kueue.work_kinds import job_kinds
from kueue_sim.inputs.repository.belonging import belonging
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.repository.kustomize import build
from kueue_sim.inputs.repository.skipped import Skipped
from kueue_sim.inputs.shell.script import Script
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.steps import releases
from kueue_sim.inputs.steps.kubectl import CHANGING, READING, Kubectl, created, kind_named, pairs, read_kubectl
from kueue_sim.inputs.steps.manifest_files import MANIFESTS, ManifestFiles, found_file
from kueue_sim.inputs.steps.printed import printed
from kueue_sim.inputs.steps.setup import Setup
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import is_file, read_text
from kueue_sim.inputs.text.yamltext import read_yaml

_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PREFIXES = ("command", "env", "exec", "nohup", "sudo", "time", "!")
_SHELLS = (".", "bash", "sh", "source", "zsh")
_FILTERS = ("awk", "cut", "grep", "head", "jq", "less", "more", "sed", "sort", "tail", "tee", "tr", "uniq", "wc", "yq")
"""Commands that show what others print."""
_QUIET = ("chmod", "disown", "kill", "mkdir", "seq", "tput", "wait", "which")
"""Commands that concern nothing but the shell and its files."""
_OFTEN_ELSEWHERE = ("ConfigMap", "Deployment", "Node", "Pod", "StatefulSet")
"""Kinds of objects that come from elsewhere, such as Kueue's own manager: what is done to one is no mistake."""


@dataclass(slots=True)
class Steps:
    """Translates scripts; everything they make is in ``setup`` and ``timeline`` afterwards."""

    report: Report
    folder: Path = Path()
    pace_ms: int = 1000
    given: Mapping[str, str] = field(default_factory=dict)
    setup: Setup = field(default_factory=Setup)
    timeline: list[Field] = field(default_factory=list)
    skipped: Skipped = field(default_factory=Skipped)
    clock_ms: int | None = None
    _file: str = ""
    _moved: bool = True
    _namespace: str = ""
    _passed: dict[str, list[int]] = field(default_factory=dict)
    _script: Script | None = None
    _nested: tuple[Path, ...] = ()
    _known: set[tuple[str, str]] = field(default_factory=set)

    def follow(self, text: str, file: str) -> Script:
        """Goes through one script, and gives it back as it ended; its mistakes go to the report."""
        before = self._file, self._script
        self._file = file
        script = Script(self._complain, self._run, self.given, self._note, self._printed)
        script.folder, script.home = self.folder, Path(file).parent
        if before[1] is not None:
            script.variables, script.folder = dict(before[1].variables), before[1].folder
        self._script = script
        script.follow(text)
        self._file, self._script = before
        for name, lines in self._passed.items() if before[1] is None else ():
            at = ", ".join(map(str, dict.fromkeys(lines)))
            self.skipped.note(f"{file}: {name} is not followed (line{'s' if len(set(lines)) > 1 else ''} {at})")
        return script

    def write_to(self, document: Composed) -> None:
        """Puts what was set up and what happens when into the sections of a scenario."""
        self.setup.write_to(document)
        for item in self.timeline:
            document.append(item, "timeline")

    # -- one command --------------------------------------------------------------------------------------

    def _run(self, command: Command) -> bool | None:
        words = list(command.words)
        while len(words) > 1 and words[0].text in _PREFIXES and not words[1].text.startswith("-"):
            words = words[1:]
        name = words[0].text.rpartition("/")[2]
        if name in ("kubectl", "oc", "k"):
            return self._kubectl(Command(tuple(words), command.stdin))
        if name == "aws":
            return self._aws(words)
        if name == "sleep":
            return self._sleep(words)
        if name == "helm":
            return self._helm(words)
        if name in _QUIET or (command.piped and name in _FILTERS):
            return True
        path = self._nested_script(words)
        if path is not None:
            return self._follow_file(path, words[0].text in ("source", "."))
        self._pass_over(name, words[0])
        return None

    def _pass_over(self, name: str, word: Word) -> None:
        self._passed.setdefault(name, []).append(word.line + 1)

    def _sleep(self, words: Sequence[Word]) -> bool:
        total = 0.0
        for word in words[1:]:
            found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", word.text)
            if found is None:
                self._complain(word.line, word.column, f"{word.text!r} is no time to sleep; example: 10m")
                return True
            total += float(found[1]) * _UNITS[found[2] or "s"]
        if self.clock_ms is not None:
            self.clock_ms, self._moved = self.clock_ms + round(total), True
        return True

    def _now(self) -> int:
        """The time of a command that changes something."""
        if self.clock_ms is None:
            self.clock_ms = 0
        elif not self._moved:
            self.clock_ms += self.pace_ms
        self._moved = False
        return self.clock_ms

    def _nested_script(self, words: Sequence[Word]) -> Path | None:
        """The file of another script that a command runs."""
        at = 1 if words[0].text in _SHELLS and len(words) > 1 else 0
        path = found_file(self._here, words[at].text)
        plain = at == 1 or "/" in words[0].text or path.suffix == ".sh"
        return path if plain and is_file(path) and path.suffix not in MANIFESTS else None

    def _follow_file(self, path: Path, shared: bool) -> bool | None:
        """Another script; what a sourced one sets, and where it goes, remains."""
        if path.resolve() in self._nested:
            return None
        self._nested = (*self._nested, path.resolve())
        script = self.follow(read_text(path), str(path))
        if shared and self._script is not None:
            self._script.variables, self._script.folder = script.variables, script.folder
        self._nested = self._nested[:-1]
        return True

    @property
    def _here(self) -> Path:
        return self.folder if self._script is None else self._script.folder

    def _printed(self, command: Command) -> str | None:
        """What a command prints, where that is known."""
        variables = {} if self._script is None else self._script.variables
        return printed(command, self._here, variables, lambda folder: build(folder, self.report, self.skipped.note))

    # -- aws and helm -------------------------------------------------------------------------------------

    def _aws(self, words: Sequence[Word]) -> bool | None:
        start = Place(self._file, 1, 1)
        reader = Commands(self.report, lambda name: (self._here / name).read_text(encoding="utf-8"), start)
        service, operation, options = reader.parts(words)
        if service == "eks" and operation in ("create-addon", "update-addon"):
            self._add_on(options)
            return True
        if reader.asks(operation):
            assert self._script is not None
            self._script.assume()
            return operation == "wait"
        if service == "configure":
            return True
        if service != "sagemaker":
            self._pass_over(f"aws {service}", words[0])
            return None
        request = reader.request(words)
        for note in reader.notes:
            self.skipped.note(note)
        if request is not None and self.clock_ms is None:
            self.setup.requests.append(request.body)
        elif request is not None:
            self._happens(words[0], "apply", {}, [request.body], "requests")
        return True

    def _add_on(self, options: Mapping[str, Word]) -> None:
        """HyperPod's add-on brings Kueue along: its version says which release."""
        name, version = options.get("addon-name"), options.get("addon-version")
        if name is None or name.text != add_on.NAME or version is None:
            return
        found = add_on.release_of_add_on(version.text)
        if found is not None:
            self.setup.version = self._at(version, found[0])
            self.skipped.note(found[1] or f"add-on {version.text} contains Kueue {found[0]}")

    def _helm(self, words: Sequence[Word]) -> bool | None:
        texts = [word.text for word in words]
        if any("kueue" in text for text in texts[1:]):
            self._values(words)
            for index, text in enumerate(texts):
                if text.startswith("--version"):
                    version = text.partition("=")[2] or (texts[index + 1] if index + 1 < len(texts) else "")
                    release, note = releases.modelled(version)
                    self.setup.version = self._at(words[index], release)
                    self.skipped.note(note) if note else None
            return True
        self._pass_over("helm", words[0])
        return None

    def _values(self, words: Sequence[Word]) -> None:
        """Values of Kueue's chart in files hold its Configuration."""
        for option, word in pairwise(words):
            path = found_file(self._here, word.text)
            if option.text in ("-f", "--values") and is_file(path):
                for document in read_yaml(read_text(path), str(path), self.report):
                    if belonging(document).section == "objects":
                        self.setup.put(document, "")

    # -- kubectl ------------------------------------------------------------------------------------------

    def _kubectl(self, command: Command) -> bool | None:
        one = read_kubectl(command.words)
        if one is None or one.verb in READING:
            return self._asked(one)
        if one.dry:
            return True
        if one.verb in ("project", "new-project"):
            return self._project(one)
        if one.verb not in CHANGING:
            self._pass_over(f"kubectl {one.verb}", one.word)
            return None
        if one.files or one.folders:
            return self._with_files(one, command.stdin)
        if one.verb in ("create", "run"):
            return self._create(one)
        if one.verb in ("label", "annotate"):
            one.values = [word for word in one.words if "=" in word.text or word.text.endswith("-")]
            one.words = [word for word in one.words if word not in one.values]
        for kind, name, word in one.objects() or [("", "", one.word)]:
            self._one_object(one, kind, name, word)
        return True

    def _project(self, one: Kubectl) -> bool:
        """``oc project`` and ``oc new-project``: the namespace of what follows, and one that is made."""
        if one.words:
            self._namespace = one.words[0].text
            if one.verb == "new-project":
                manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self._namespace}}
                self._apply([self._at(one.words[0], manifest)], one.word, "")
        return True

    def _asked(self, one: Kubectl | None) -> bool | None:
        assert self._script is not None
        if one is not None and one.verb == "config" and one.namespace:
            self._namespace = one.namespace
        if one is not None and one.verb == "wait" and self.clock_ms is not None:
            self._pass_over("kubectl wait", one.word)
        if one is not None and one.verb in ("wait", "rollout", "config"):
            return True
        self._script.assume()
        return False

    def _with_files(self, one: Kubectl, stdin: str | None) -> bool | None:
        documents = self._read(one, stdin)
        namespace = one.namespace or self._namespace
        if one.verb not in ("apply", "create", "delete", "replace"):
            for document in documents:
                kind, name = str(document.get("kind").value), str(document.get("metadata", "name").value)
                self._one_object(one, kind, name, one.word)
            return True
        if one.verb == "delete":
            self._delete_files(one, documents, namespace)
            return True
        self._apply(documents, one.word, namespace)
        return True

    def _read(self, one: Kubectl, stdin: str | None) -> list[Field]:
        variables = {} if self._script is None else self._script.variables
        files = ManifestFiles(self.report, self.skipped, self.setup, self._here, self._file, variables)
        return files.documents(one, stdin)

    def _apply(self, documents: Sequence[Field], word: Word, namespace: str) -> None:
        """Objects that are applied: what sets up is there from the beginning, work comes now."""
        spaces = self.setup.default_queues()
        unnamed = [str(item.get("metadata", "namespace").value or namespace or "default") for item in documents]
        sorted_in = [belonging(item, space in spaces) for item, space in zip(documents, unnamed, strict=True)]
        sections = [(one.section, item) for one, item in zip(sorted_in, documents, strict=True)]
        for section, item in sections:
            self._known.add((str(item.get("kind").value), str(item.get("metadata", "name").value)))
            if not section:
                self.skipped.add(item, self._file, belonging(item).why)
        work = [item for section, item in sections if section == "workloads"]
        others = [item for section, item in sections if section in ("objects", "cluster")]
        if self.clock_ms is None:
            for item in others:
                self.setup.put(item, namespace)
            others = []
        if work or others:
            said: dict[str, object] = {"namespace": namespace} if namespace else {}
            self._happens(word, "apply", said, [*others, *work], "objects")

    def _delete_files(self, one: Kubectl, documents: Iterable[Field], namespace: str) -> None:
        ours = [item for item in documents if belonging(item).section]
        if self.clock_ms is None:
            for item in ours:
                space = str(item.get("metadata", "namespace").value or namespace)
                self.setup.remove(str(item.get("kind").value), space, str(item.get("metadata", "name").value))
        elif ours:
            self._happens(one.word, "delete", {"namespace": namespace} if namespace else {}, ours, "objects")

    def _create(self, one: Kubectl) -> bool | None:
        value = created(one)
        if value is None:
            self._pass_over(f"kubectl {one.verb} {one.words[0].text if one.words else ''}".strip(), one.word)
            return None
        self._apply([self._at(one.word, value)], one.word, one.namespace or self._namespace)
        return True

    def _one_object(self, one: Kubectl, written: str, name: str, word: Word) -> None:
        """delete, scale, patch, label, cordon … of an object that is named."""
        if one.verb in ("cordon", "uncordon"):
            for node in one.words:
                self._happens(node, one.verb, {"node": node.text}, (), "")
            return
        kind = kind_named(written, (*job_kinds(), *OBJECT_KINDS, *IGNORED_KINDS))
        if kind is None or not (name or "all" in one.options):
            self._pass_over(f"kubectl {one.verb} {written}".strip(), word)
            return
        if name and kind in _OFTEN_ELSEWHERE and (kind, name) not in self._known:
            self._note(word.line, f"there is no {kind} {name} here; kubectl {one.verb} is passed over")
            return
        namespace = one.namespace or self._namespace
        said: dict[str, object] = {"object": f"{kind}/{name or '*'}"}
        said |= {"namespace": namespace} if namespace else {}
        if one.verb == "delete":
            if self.clock_ms is not None:
                self._happens(word, "delete", said, (), "")
            else:
                self.setup.remove(kind, namespace, name)
        elif one.verb == "scale":
            self._scale(one, word, said)
        else:
            self._patch(one, word, kind, namespace, name, said)

    def _scale(self, one: Kubectl, word: Word, said: dict[str, object]) -> None:
        replicas = one.options.get("replicas")
        if replicas is None or not replicas.text.isdigit():
            self._complain(word.line, word.column, "kubectl scale needs --replicas and a whole number")
        elif self.clock_ms is not None:
            self._happens(word, "scale", said | {"pods": int(replicas.text)}, (), "")

    def _patch(self, one: Kubectl, word: Word, kind: str, namespace: str, name: str, said: dict[str, object]) -> None:
        """A patch, or labels and annotations as one."""
        if one.verb == "patch":
            given = one.options.get("patch")
            file = one.options.get("patch-file")
            text = given.text if given else read_text(self._here / file.text) if file else ""
            found = read_yaml(text, self._file, self.report)
            value = found[0].value if found else None
        else:
            what = "labels" if one.verb == "label" else "annotations"
            value = {"metadata": {what: pairs(one.values)}}
        if not isinstance(value, dict | list):
            self._complain(word.line, word.column, "kubectl patch needs -p with a mapping, or operations")
        elif self.clock_ms is None:
            if not self.setup.patch(kind, namespace, name, self._at(word, value)):
                self._complain(word.line, word.column, f"there is no {kind} {name!r} yet")
        else:
            self._happens(word, "patch", said | {"patch": value}, (), "")

    # -- what comes of them -------------------------------------------------------------------------------

    def _happens(self, word: Word, do: str, said: Mapping[str, object], parts: Sequence[Field], where: str) -> None:
        """An action of the timeline, now."""
        if self.clock_ms is None and do not in ("apply",):
            return
        place = Place(self._file, word.line + 1, word.column + 1)
        item = Composed(self.report, {"at": f"{self._now()}ms", "do": do, **said}, {}, {(): place})
        for part in parts:
            item.append(part, where)
        self.timeline.append(item.document())

    def _at(self, word: Word, value: object) -> Field:
        place = Place(self._file, word.line + 1, word.column + 1)
        return Field(value, Source("", {}, {(): place}), self.report)

    def _complain(self, line: int, column: int, message: str) -> None:
        place = Place(self._file, line + 1, column + 1)
        self.report.add(Source("", {}, {(): place}), (), message)

    def _note(self, line: int, text: str) -> None:
        self.skipped.note(f"{self._file}:{line + 1}: {text}")
