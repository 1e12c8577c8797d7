"""Which scenario do the commands of a shell script amount to? What it sets up, what it submits, and when.

Commands that set up take no time: the clock starts with the first work. Then ``sleep`` moves it, and commands that
follow each other without one are ``pace_ms`` apart.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from kueue_sim.errors import Place
from kueue_sim.inputs.hyperpod import add_on
from kueue_sim.inputs.hyperpod.aws_command import Commands
from kueue_sim.inputs.hyperpod.requests import TEAM
from kueue_sim.inputs.repository.belonging import belonging
from kueue_sim.inputs.repository.composed import Composed
from kueue_sim.inputs.repository.kustomize import build
from kueue_sim.inputs.repository.skipped import Skipped
from kueue_sim.inputs.shell.built_in import Ended, Exited
from kueue_sim.inputs.shell.script import Script
from kueue_sim.inputs.shell.words import Command, Word
from kueue_sim.inputs.steps import releases, start_job
from kueue_sim.inputs.steps.course import Course
from kueue_sim.inputs.steps.file_commands import FILE_COMMANDS
from kueue_sim.inputs.steps.hyp import KIND, READING, TRAINING, read_hyp, training_job
from kueue_sim.inputs.steps.kueuectl import NAMES as KUEUECTL
from kueue_sim.inputs.steps.manifest_files import MANIFESTS, found_file
from kueue_sim.inputs.steps.object_commands import ObjectCommands
from kueue_sim.inputs.steps.printed import Printed, missing
from kueue_sim.inputs.steps.run_by_others import run_by_other, script_of
from kueue_sim.inputs.steps.setup import Setup
from kueue_sim.inputs.steps.waits import Wait, Waited
from kueue_sim.inputs.text.field import Report
from kueue_sim.inputs.text.textfile import is_file, read_text
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.units import parse_duration

_PREFIXES = ("command", "env", "exec", "k3s", "microk8s", "minikube", "nohup", "sudo", "time", "timeout", "!")
"""Commands that run the one behind their options."""
_SHELLS = (".", "bash", "sh", "source", "zsh")
_FILTERS = ("awk", "cut", "grep", "head", "jq", "less", "more", "sed", "sort", "tail", "tr", "uniq", "wc", "yq")
"""Commands that show what others print."""
_QUIET = ("basename", "cat", "chmod", "dirname", "disown", "kill", "mkdir", "mktemp", "seq", "tput", "which")
"""Commands that concern nothing but the shell and its files."""


@dataclass(slots=True)
class Steps:
    """Translates scripts; everything they make is in ``setup`` and ``course`` afterwards.

    ``waited`` are the answers to the waits of the script, in their order. At the first one without an answer the script
    ends, and ``open_wait`` says which one that is; None instead of answers: no wait takes time.
    """

    report: Report
    folder: Path = Path()
    pace_ms: int = 1000
    given: Mapping[str, str] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=Skipped)
    waited: Sequence[Waited] | None = None
    setup: Setup = field(default_factory=Setup)
    open_wait: Wait | None = None
    course: Course = field(init=False)
    objects: ObjectCommands = field(init=False)
    _script: Script | None = None
    _nested: tuple[Path, ...] = ()
    _quotas: set[str] = field(default_factory=set)
    answered: int = 0

    def __post_init__(self) -> None:
        self.course = Course(self.report, self.skipped, self.pace_ms)
        awaited = None if self.waited is None else self._awaited
        self.objects = ObjectCommands(self.course, self.setup, self._running, awaited)

    def follow(self, text: str, file: str, arguments: Sequence[Word] | None = None, sourced: bool = False) -> Script:
        """Goes through one script, and gives it back as it ended; its mistakes go to the report. ``arguments`` are
        those that another script gives to this one; one that is ``sourced`` has the other's options too."""
        outer = self.course.file, self._script
        self.course.file = file
        script = Script(
            self.course.complain, self.given, self.course.note, self.folder,
            run=self._run, output=self._printed, aside=self.course.aside, home=Path(file).parent,
        )  # fmt: skip
        if outer[1] is not None:
            script.go_on_as(outer[1])
            script.pass_on(arguments or ())
            script.options |= outer[1].options if sourced else set()
        self._script = script
        script.follow(text)
        self.course.file, self._script = outer
        if outer[1] is None:
            self.course.file = file
            self.course.tell_what_was_passed_over()
        return script

    def write_to(self, document: Composed) -> None:
        """Puts what was set up and what happens when into the sections of a scenario."""
        self.setup.write_to(document)
        for item in self.course.timeline:
            document.append(item, "timeline")

    def _running(self) -> Script:
        assert self._script is not None
        return self._script

    def _awaited(self, wait: Wait) -> Waited:
        """The answer to a wait; without one the script ends here."""
        number, answers = self.answered, self.waited or ()
        self.answered += 1
        if number < len(answers):
            answer = answers[number]
            if not answer.met:
                seconds = f"{wait.timeout_ms // 1000}s"
                names = ", ".join(f"{kind} {name}" for kind, _, name in wait.objects)
                self.skipped.note(f"{wait.where}: {names} not {wait.condition} after {seconds}: kubectl wait gives up")
            return answer
        self.open_wait = wait
        raise Ended

    # -- one command --------------------------------------------------------------------------------------

    def _run(self, command: Command) -> bool | None:
        words = _without_prefixes(command.words)
        name = words[0].text.rpartition("/")[2]
        if name in ("kubectl", "oc", "k", *KUEUECTL):
            return self.objects.run(Command(tuple(words), command.stdin))
        if name == "aws":
            return self._aws(words)
        if name == "sleep":
            return self._sleep(words)
        if name == "wait":
            self.course.join()
            return True
        if name == "helm":
            return self._helm(words)
        if name in ("hyp", "hyperpod"):
            return self._hyp(words) if name == "hyp" else self._hyperpod(words)
        if name in FILE_COMMANDS and FILE_COMMANDS[name](self._running(), Command(tuple(words), command.stdin)):
            return True
        if name in _QUIET or (command.piped and name in _FILTERS):
            return True
        others = run_by_other(self._running(), Command(tuple(words), command.stdin))
        if others is not None:
            return [self._running().execute(one) for one in others].count(True) == len(others) or None
        text = script_of(words)
        if text is not None:
            return self._follow_text(*text)
        path = self._nested_script(words)
        if path is not None:
            return self._follow_file(path, words)
        self.course.pass_over(name, words[0])
        return None

    def _sleep(self, words: Sequence[Word]) -> bool:
        total = 0
        for word in words[1:]:
            if word.text in ("infinity", "inf"):
                raise Exited(word.line, f"sleep {word.text} never ends", True)
            if re.fullmatch(r"\d+(\.\d+)?[smhd]?", word.text) is None:
                self.course.complain(word.line, word.column, f"{word.text!r} is no time to sleep; example: 10m")
                return True
            try:
                total += parse_duration(word.text if word.text[-1] in "smhd" else f"{word.text}s")
            except ValueError as error:
                self.course.complain(word.line, word.column, str(error))
                return True
        self.course.sleep(total)
        return True

    def _nested_script(self, words: Sequence[Word]) -> Path | None:
        """The file of another script that a command runs."""
        named = words[0].text in _SHELLS and len(words) > 1
        path = found_file(self._running().folder, words[int(named)].text)
        written = self._running().written
        if path.suffix in MANIFESTS or not (written.holds(path) or is_file(path)):
            return None
        if named:
            return path if written.holds(path) or b"\0" not in path.read_bytes()[:1024] else None
        return path if path.suffix == ".sh" or ("/" in words[0].text and _is_script(path)) else None

    def _follow_text(self, word: Word, arguments: Sequence[Word]) -> bool | None:
        """The commands of ``sh -c``; what they set is gone with them, but for the files they write."""
        script = self._running()
        before, lists = dict(script.variables), dict(script.values.lists)
        if arguments:
            script.pass_on(arguments)
        try:
            return script.commands(word.text, word.line)
        except Exited as left:
            return left.status
        finally:
            script.values.variables, script.values.lists = before, lists

    def _follow_file(self, path: Path, words: Sequence[Word]) -> bool | None:
        """Another script; what a sourced one sets, and where it goes, remains."""
        outer = self._running()
        text = outer.written.read(path)
        if path.resolve() in self._nested or text is None:
            return None
        self._nested = (*self._nested, path.resolve())
        sourced = words[0].text in ("source", ".")
        script = self.follow(text, str(path), words[1 + (words[0].text in _SHELLS) :], sourced)
        if sourced:
            outer.go_on_as(script)
            outer.options |= script.options
        self._nested = self._nested[:-1]
        if self.open_wait is not None:
            raise Ended
        if script.exited is None:
            return True
        if sourced:
            raise script.exited
        outer.failed_for_sure = script.exited.status is False
        return script.exited.status

    def _printed(self, command: Command) -> str | None:
        """What a command prints, where that is known."""
        printed = Printed(
            self._running(), self.course.clock_ms or 0, lambda folder: build(folder, self.report, self.skipped.note),
            self._quotas,
        )  # fmt: skip
        return printed.text(Command(tuple(_without_prefixes(command.words)), command.stdin, command.piped))

    # -- aws and helm -------------------------------------------------------------------------------------

    def _aws(self, words: Sequence[Word]) -> bool | None:
        start = Place(self.course.file, 1, 1)
        reader = Commands(self.report, lambda name: (self._running().folder / name).read_text(encoding="utf-8"), start)
        service, operation, options = reader.parts(words)
        if service == "eks" and operation in ("create-addon", "update-addon"):
            self._add_on(options)
            return True
        if reader.asks(operation):
            self._running().assume()
            return operation == "wait"
        if service == "configure":
            return True
        if service != "sagemaker":
            self.course.pass_over(f"aws {service}", words[0])
            return None
        if operation and not re.search(r"quota|scheduler|config", operation):
            self.course.pass_over(f"aws sagemaker {operation}", words[0])
            return None
        request = reader.request(words)
        for note in reader.notes:
            self.skipped.note(note)
        if request is not None and operation == "create-compute-quota":
            self._quotas |= {str(request.body.get(*path).value) for path in (("Name",), TEAM)}
        if request is not None and self.course.setting_up:
            self.setup.requests.append(request.body)
        elif request is not None:
            self.course.happens(words[0], "apply", {}, [request.body], "requests")
        return True

    def _hyp(self, words: Sequence[Word]) -> bool | None:
        """HyperPod's own CLI: training jobs that it submits and deletes, and the namespace of what follows."""
        one = read_hyp(words)
        if one.verb == "set-cluster-context" and one.text("namespace"):
            self.objects.namespace = one.text("namespace")
            return True
        if one.verb in READING:
            self._running().assume()
            return False
        if one.about != TRAINING or one.verb not in ("create", "delete"):
            self.course.pass_over(f"hyp {one.verb} {one.about}".strip(), one.word)
            return None
        if one.verb == "delete":
            return self.objects.cancel(one, KIND)
        return self.objects.submit(one, lambda: training_job(one))

    def _hyperpod(self, words: Sequence[Word]) -> bool | None:
        """The first of HyperPod's CLIs: jobs that it starts and cancels, and the namespace of what follows."""
        one = read_hyp(words)
        if one.verb == "connect-cluster":
            self.objects.namespace = one.text("namespace") or self.objects.namespace
            return True
        if one.verb in start_job.READING:
            self._running().assume()
            return False
        if one.verb == "cancel-job":
            return self.objects.cancel(one, start_job.KIND)
        if one.verb == "start-job" and "config-file" in one.options:
            word = one.options["config-file"]
            text = self._running().written.read(found_file(self._running().folder, word.text))
            document = next(iter(read_yaml(text or "", word.text, self.report)), None)
            if text is None or document is None:
                self.course.complain(word.line, word.column, missing(word, f"there is no file {word.text!r}"))
                return True
            one = start_job.with_file(one, document)
        if one.verb != "start-job" or "recipe" in one.options:
            about = "start-job --recipe" if "recipe" in one.options else one.verb
            self.course.pass_over(f"hyperpod {about}", one.word)
            return None
        namespace = self.objects.namespace
        return self.objects.submit(one, lambda: start_job.started_job(one, namespace))

    def _add_on(self, options: Mapping[str, Word]) -> None:
        """HyperPod's add-on brings Kueue along: its version says which release."""
        name, version = options.get("addon-name"), options.get("addon-version")
        if name is None or name.text != add_on.NAME or version is None:
            return
        found = add_on.release_of_add_on(version.text)
        if found is not None:
            self.setup.version = self.course.at(version, found[0])
            self.skipped.note(found[1] or f"add-on {version.text} contains Kueue {found[0]}")

    def _helm(self, words: Sequence[Word]) -> bool | None:
        texts = [word.text for word in words]
        if any("kueue" in text for text in texts[1:]):
            self._values(words)
            for index, text in enumerate(texts):
                if text.startswith("--version"):
                    version = text.partition("=")[2] or (texts[index + 1] if index + 1 < len(texts) else "")
                    if "$" in version:
                        self.course.note(words[index].line, f"which version of Kueue {version} is, is not known")
                        continue
                    release, note = releases.modelled(version)
                    self.setup.version = self.course.at(words[index], release)
                    self.skipped.note(note) if note else None
            return True
        self.course.pass_over("helm", words[0])
        return None

    def _values(self, words: Sequence[Word]) -> None:
        """Values of Kueue's chart in files hold its Configuration."""
        for option, word in pairwise(words):
            path = found_file(self._running().folder, word.text)
            if option.text in ("-f", "--values") and is_file(path):
                for document in read_yaml(read_text(path), str(path), self.report):
                    if belonging(document).section == "objects":
                        self.setup.put(document, "")


def _is_script(path: Path) -> bool:
    """Whether a file is one of a shell, and no program."""
    with path.open("rb") as file:
        first = file.read(128).partition(b"\n")[0]
    return first.startswith(b"#!") and first.rstrip().endswith(b"sh")


def _without_prefixes(words: Sequence[Word]) -> list[Word]:
    """The command that ``sudo``, ``timeout 60`` and the like run."""
    rest = list(words)
    while len(rest) > 1 and rest[0].text in _PREFIXES and [one.text for one in rest[:2]] != ["command", "-v"]:
        prefix = rest.pop(0).text
        while len(rest) > 1 and (rest[0].text.startswith("-") or (prefix == "env" and "=" in rest[0].text)):
            rest.pop(0)
        if prefix == "timeout" and len(rest) > 1:
            rest.pop(0)
        if prefix in ("k3s", "microk8s", "minikube") and rest[0].text == "kubectl" and len(rest) > 1:
            rest = [rest[0], *(rest[2:] if rest[1].text == "--" else rest[1:])]
    return rest
