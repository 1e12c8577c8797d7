"""What do commands of ``kubectl`` do to objects? Applied, patched, scaled, labelled and deleted ones, and waiting."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from kueue_sim.inputs.kueue.manifests import IGNORED_KINDS, OBJECT_KINDS
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.kueue.work_kinds import job_kinds
from kueue_sim.inputs.repository.belonging import belonging
from kueue_sim.inputs.shell.script import Script
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.steps import node_commands, waits
from kueue_sim.inputs.steps.course import Course
from kueue_sim.inputs.steps.hyp import Hyp, WrongOption
from kueue_sim.inputs.steps.kubectl import (
    CHANGING,
    READING,
    Kubectl,
    created,
    kind_named,
    pairs,
    read_kubectl,
)
from kueue_sim.inputs.steps.kueuectl import PASSED_ON, made, read_kueuectl
from kueue_sim.inputs.steps.kueuectl import READING as ONLY_READING
from kueue_sim.inputs.steps.kueuectl import patch as stop_patch
from kueue_sim.inputs.steps.live_objects import Identity, LiveObjects
from kueue_sim.inputs.steps.manifest_files import ManifestFiles
from kueue_sim.inputs.steps.printed import missing
from kueue_sim.inputs.steps.setup import Setup
from kueue_sim.inputs.text.field import Field, Report
from kueue_sim.inputs.text.yamltext import read_yaml

_OFTEN_ELSEWHERE = ("ConfigMap", "Deployment", "Node", "Pod", "StatefulSet", "Workload")
"""Kinds of objects that come from elsewhere, such as Kueue's own manager: what is done to one is no mistake."""
_EVERYTHING = ("Job", "CronJob", "Deployment", "StatefulSet", "ReplicaSet", "Pod")
"""Kinds that ``kubectl delete all`` means."""


@dataclass(slots=True)
class ObjectCommands:
    """Follows the commands of one script and of those it runs. ``awaited`` answers how long a wait takes; None: no
    wait takes time.
    """

    course: Course
    setup: Setup
    script: Callable[[], Script]
    awaited: Callable[[waits.Wait], waits.Waited] | None = None
    live: LiveObjects = field(default_factory=LiveObjects)
    namespace: str = ""

    def run(self, command: Command) -> bool | None:
        """Whether the command succeeds; None when nobody knows."""
        own = read_kueuectl(command.words)
        if own is not None and own.verb not in PASSED_ON:
            return self._kueuectl(own)
        one = own or read_kubectl(command.words)
        if one is None or one.verb in READING:
            return self._asked(one)
        if one.dry or "local" in one.options:
            return True
        if one.verb in ("project", "new-project"):
            return self._project(one)
        if one.verb not in CHANGING:
            self.course.pass_over(f"kubectl {one.verb}", one.word)
            return None
        if one.verb in ("cordon", "uncordon", "drain", "taint"):
            change = node_commands.tainted if one.verb == "taint" else node_commands.closed
            chosen = self._chosen(one, "Node") if "selector" in one.options else ()
            return change(self.course, self.setup, self.live, one, chosen)
        if one.files or one.folders:
            return self._with_files(one, command.stdin)
        if one.verb in ("create", "run"):
            return self._create(one)
        if one.verb in ("label", "annotate"):
            one.values = [word for word in one.words if "=" in word.text or word.text.endswith("-")]
            one.words = [word for word in one.words if word not in one.values]
        if "selector" in one.options:
            return self._selected(one)
        for kind, name, word in one.objects() or [("", "", one.word)]:
            for meant in _EVERYTHING if kind == "all" else (kind,):
                self._one_object(one, meant, name, word)
        return True

    def _kueuectl(self, one: Kubectl) -> bool | None:
        """Queues and flavors that Kueue's own command makes, stops and resumes."""
        if one.dry:
            return True
        if one.verb in ONLY_READING:
            return self._asked(None)
        value = made(one) if one.verb == "create" else None
        if value is not None:
            self.apply([self.course.at(one.word, value)], one.word, self._space(one), "create")
            return True
        kind = kind_named(one.words[0].text, OBJECT_KINDS) if len(one.words) > 1 else None
        text = stop_patch(one, kind) if one.verb in ("stop", "resume") else None
        if kind is None or text is None:
            self.course.pass_over(f"kueuectl {one.verb}", one.word)
            return None
        for word in one.words[1:]:
            options = {**one.options, "patch": replace(word, text=text)}
            self._one_object(Kubectl("patch", one.word, options=options), kind, word.text, word)
        return True

    def _space(self, one: Kubectl) -> str:
        """The namespace of a command; "" where that is left to the objects."""
        return one.namespace or self.namespace

    def _project(self, one: Kubectl) -> bool:
        """``oc project`` and ``oc new-project``: the namespace of what follows, and one that is made."""
        if one.words:
            self.namespace = one.words[0].text
            if one.verb == "new-project":
                manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
                self.apply([self.course.at(one.words[0], manifest)], one.word, "")
        return True

    # -- questions and waiting ----------------------------------------------------------------------------

    def _asked(self, one: Kubectl | None) -> bool | None:
        if one is not None and one.verb == "config" and one.namespace:
            self.namespace = one.namespace
        if one is not None and one.verb == "wait":
            return self._wait(one)
        if one is not None and one.verb in ("rollout", "config"):
            return True
        self.script().assume()
        return False

    def _wait(self, one: Kubectl) -> bool | None:
        """Until a run says that the condition holds, at most the timeout. Nothing here says when objects of elsewhere
        are ready: waiting for them takes no time."""
        meant = [key for key in self._meant(one) if key in self.live.known and key[0] in job_kinds()]
        clock, wanted = self.course.clock_ms, waits.condition(one)
        if clock is None:
            return True
        if not meant:
            work = {kind for written, _, _ in one.objects() for kind in self._kinds(written)} & {*job_kinds()}
            self.course.pass_over("kubectl wait for what is not there", one.word)
            return wanted == "deleted" or not work - {*_OFTEN_ELSEWHERE}
        if wanted is None or self.awaited is None:
            self.course.pass_over("kubectl wait", one.word)
            return True
        where = f"{self.course.file}:{one.word.line + 1}"
        answer = self.awaited(waits.Wait(tuple(meant), wanted, clock, waits.timeout_ms(one), where))
        self.course.waited(answer.ms)
        self.script().failed_for_sure = not answer.met
        return answer.met

    def _meant(self, one: Kubectl) -> list[Identity]:
        """The objects that a command names, selects, or that lie in its files."""
        space = self._space(one)
        if one.files or one.folders:
            return [self.live.key(document, space) for document in self._read(one, None)]
        if "selector" in one.options:
            written = one.words[0].text if one.words else ""
            return [key for kind in self._kinds(written) for key in self._chosen(one, kind)]
        found: list[Identity] = []
        for written, name, _ in one.objects():
            for kind in self._kinds(written):
                everywhere = "" if "all-namespaces" in one.options else space or "default"
                named = [key for key in self.live.selected(kind, everywhere, "") if not name or key[2] == name]
                found += named
        return found

    def _kinds(self, written: str) -> list[str]:
        """The kinds that are meant by ``jobs,workloads`` or ``all``."""
        if written == "all":
            return list(_EVERYTHING)
        found = [kind_named(one, (*job_kinds(), *OBJECT_KINDS, *IGNORED_KINDS)) for one in written.split(",")]
        return [kind for kind in found if kind is not None]

    def _chosen(self, one: Kubectl, kind: str) -> list[Identity]:
        space = "" if "all-namespaces" in one.options else self._space(one) or "default"
        return list(self.live.selected(kind, space, one.options["selector"].text))

    def _selected(self, one: Kubectl) -> bool:
        """A command on the objects with some labels."""
        written = one.words[0].text if one.words else ""
        found = [key for kind in self._kinds(written) for key in self._chosen(one, kind)]
        if not found:
            selector = one.options["selector"].text
            self.course.note(one.word.line, f"nothing here has {selector}; kubectl {one.verb} {written} does nothing")
        for kind, space, name in found:
            self._one_object(one, kind, name, one.options["selector"], space)
        return True

    # -- files --------------------------------------------------------------------------------------------

    def _with_files(self, one: Kubectl, stdin: str | None) -> bool | None:
        documents = self._read(one, stdin)
        space = self._space(one)
        if one.verb not in ("apply", "create", "delete", "replace"):
            for document in documents:
                kind, name = str(document.get("kind").value), str(document.get("metadata", "name").value)
                self._one_object(one, kind, name, one.word, str(document.get("metadata", "namespace").value or ""))
            return True
        if one.verb == "delete":
            self._delete_files(one, documents, space)
        elif one.verb == "replace" and "force" in one.options:
            self._delete_files(one, documents, space)
            self.apply(documents, one.word, space)
        else:
            self.apply(documents, one.word, space, one.verb)
        return True

    def _read(self, one: Kubectl, stdin: str | None) -> list[Field]:
        script = self.script()
        reading = ManifestFiles(self.course.report, self.course.skipped, self.setup, script, self.course.file)
        return reading.documents(one, stdin)

    def apply(self, documents: Sequence[Field], word: Word, namespace: str, verb: str = "apply") -> None:
        """Objects that are applied: what sets up is there from the beginning, work comes now."""
        arriving = [self._arrives(item, namespace, verb, word) for item in documents]
        documents = [item for item in arriving if item is not None]
        spaces = self.setup.default_queues()
        unnamed = [str(item.get("metadata", "namespace").value or namespace or "default") for item in documents]
        sorted_in = [belonging(item, space in spaces) for item, space in zip(documents, unnamed, strict=True)]
        sections = [(one.section, item) for one, item in zip(sorted_in, documents, strict=True)]
        for one, item in zip(sorted_in, documents, strict=True):
            if not one.section:
                self.course.skipped.add(item, self.course.file, one.why)
        work = [item for section, item in sections if section == "workloads"]
        others = [item for section, item in sections if section in ("objects", "cluster")]
        if self.course.setting_up:
            for item in others:
                self.setup.put(item, namespace)
            others = []
        if work or others:
            said: dict[str, object] = {"namespace": namespace} if namespace else {}
            self.course.happens(word, "apply", said, [*others, *work], "objects")

    def _arrives(self, manifest: Field, namespace: str, verb: str, word: Word) -> Field | None:
        """The object as it is from now on; None when ``kubectl create`` finds it there already."""
        manifest = self.live.named(manifest, namespace)
        key = self.live.key(manifest, namespace)
        if verb == "create" and key in self.live.known and self.live.known[key].manifest.value != manifest.value:
            self.course.note(word.line, f"{key[0]} {key[2]} exists already; kubectl create changes nothing")
            return None
        if verb == "apply":
            return self.live.applied(manifest, namespace)
        self.live.put(manifest, namespace)
        return manifest

    def _delete_files(self, one: Kubectl, documents: Iterable[Field], namespace: str) -> None:
        ours = [item for item in documents if belonging(item, unnamed=True).section]
        for item in ours:
            kind, space, name = self.live.key(item, namespace)
            self.live.remove(kind, space, name)
            if self.course.setting_up:
                self.setup.remove(kind, space, name)
        if ours and not self.course.setting_up:
            said: dict[str, object] = {"namespace": namespace} if namespace else {}
            self.course.happens(one.word, "delete", said, ours, "objects")

    def _create(self, one: Kubectl) -> bool | None:
        value = self._of_cron_job(one) if "from" in one.options else created(one)
        if value is None:
            self.course.pass_over(f"kubectl {one.verb} {one.words[0].text if one.words else ''}".strip(), one.word)
            return None
        manifest = self.course.at(one.word, value)
        if "overrides" in one.options:
            manifest = merged(manifest, self._written(one.options["overrides"]), lists_by_name=False)
        self.apply([manifest], one.word, self._space(one), "create")
        return True

    def _written(self, word: Word) -> Field:
        """The mapping that an option has as JSON; what is wrong with it stands at the option."""
        report = Report()
        found = read_yaml(word.text, self.course.file, report)
        for mistake in report.mistakes:
            self.course.complain(word.line, word.column, mistake.message)
        return self.course.at(word, found[0].value if found and isinstance(found[0].value, dict) else {})

    def submit(self, one: Hyp, make: Callable[[], dict[str, object]]) -> bool:
        """A training job that one of HyperPod's CLIs makes of its options."""
        try:
            self.apply([self.course.at(one.word, make())], one.word, self.namespace, "create")
        except WrongOption as error:
            self.course.complain(error.word.line, error.word.column, str(error))
        return True

    def cancel(self, one: Hyp, kind: str) -> bool:
        """A training job that one of HyperPod's CLIs deletes."""
        space = one.options.get("namespace")
        options = {} if space is None else {"namespace": space}
        name = one.options.get("job-name", one.word)
        self._one_object(Kubectl("delete", one.word, options=options), kind, name.text, name)
        return True

    def _of_cron_job(self, one: Kubectl) -> dict[str, object] | None:
        """``kubectl create job NAME --from=cronjob/OTHER``: a Job as the schedule would make it."""
        _, _, name = one.options["from"].text.partition("/")
        key = ("CronJob", self._space(one) or "default", name)
        if key not in self.live.known or len(one.words) < 2:
            return None
        template = self.live.known[key].manifest.get("spec", "jobTemplate")
        metadata = template.get("metadata").value
        named = {**(metadata if isinstance(metadata, dict) else {}), "name": one.words[1].text}
        return {"apiVersion": "batch/v1", "kind": "Job", "metadata": named, "spec": template.get("spec").value}

    # -- one object ---------------------------------------------------------------------------------------

    def _one_object(self, one: Kubectl, written: str, name: str, word: Word, space: str = "") -> None:
        """delete, scale, patch, label … of an object that is named; ``space`` is its own namespace."""
        kind = kind_named(written, (*job_kinds(), *OBJECT_KINDS, *IGNORED_KINDS))
        if kind is None or not (name or "all" in one.options):
            self.course.pass_over(f"kubectl {one.verb} {written}".strip(), word)
            return
        namespace = space or self._space(one)
        known = any(key[0] == kind and (not name or key[2] == name) for key in self.live.known)
        spared = kind in _OFTEN_ELSEWHERE or "ignore-not-found" in one.options or not name
        if spared and not known:
            named = f"{kind} {name}".strip()
            self.course.note(word.line, f"there is no {named} here; kubectl {one.verb} is passed over")
            return
        said: dict[str, object] = {"object": f"{kind}/{name or '*'}"}
        if namespace and "all-namespaces" not in one.options:
            said["namespace"] = namespace
        if one.verb == "delete":
            self._delete(kind, namespace, name, word, said)
        elif one.verb == "scale":
            self._scale(one, word, said)
        else:
            self._patch(one, word, (kind, namespace, name), said)

    def _delete(self, kind: str, namespace: str, name: str, word: Word, said: dict[str, object]) -> None:
        self.live.remove(kind, namespace, name)
        if self.course.setting_up:
            self.setup.remove(kind, namespace, name)
        else:
            self.course.happens(word, "delete", said, (), "")

    def _scale(self, one: Kubectl, word: Word, said: dict[str, object]) -> None:
        replicas = one.options.get("replicas")
        if replicas is None or not replicas.text.isdigit():
            self.course.complain(word.line, word.column, "kubectl scale needs --replicas and a whole number")
        elif not self.course.setting_up:
            self.course.happens(word, "scale", said | {"pods": int(replicas.text)}, (), "")

    def _in_file(self, file: Word) -> str | None:
        """The text of a file that was written or lies there; one that does not is a mistake, and None."""
        path = self.script().folder / file.text
        text = self.script().written.read(path)
        if text is None:
            self.course.complain(file.line, file.column, missing(file, f"there is no file {str(path)!r}"))
        return text

    def _patch(self, one: Kubectl, word: Word, key: Identity, said: dict[str, object]) -> None:
        """A patch, or labels and annotations as one."""
        kind, namespace, name = key
        if one.verb == "patch":
            given, file = one.options.get("patch"), one.options.get("patch-file")
            text = given.text if given else "" if file is None else self._in_file(file)
            if text is None:
                return
            report = Report()
            found = read_yaml(text, self.course.file, report)
            value = found[0].value if found else None
            for mistake in report.mistakes:
                self.course.complain(word.line, word.column, f"the patch is {mistake.message}")
            if report.mistakes:
                return
        else:
            what = "labels" if one.verb == "label" else "annotations"
            value = {"metadata": {what: pairs(one.values)}}
        patch = self.course.at(word, value)
        before = self.live.known.get((kind, "", name))
        for one_key in [found for found in self.live.known if found[0] == kind and found[2] == name]:
            self.live.patch(one_key, patch)
        if kind == "Node" and before is not None and not self.course.setting_up:
            node_commands.changed(self.course, before.manifest, self.live.known[kind, "", name].manifest, word, name)
            return
        if not isinstance(value, dict | list):
            self.course.complain(word.line, word.column, "kubectl patch needs -p with a mapping, or operations")
        elif not self.course.setting_up:
            self.course.happens(word, "patch", said | {"patch": value}, (), "")
        elif not self.setup.patch(kind, namespace, name, patch) and not self.course.report.partly:
            self.course.complain(word.line, word.column, f"there is no {kind} {name!r} yet")
