"""What does a ``kubectl`` command ask for? Its verb, files, objects and options; nothing is executed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from kueue_sim.inputs.shell.words import Word

READING = (
    *("api-resources", "api-versions", "attach", "auth", "certificate", "cluster-info", "config", "cp", "debug"),
    *("describe", "diff", "events", "exec", "explain", "get", "logs", "port-forward", "proxy", "rollout", "top"),
    *("version", "wait"),
)
"""Verbs that change nothing that Kueue looks at."""
CHANGING = (
    *("annotate", "apply", "cordon", "create", "delete", "drain", "label", "patch", "replace", "run", "scale"),
    *("taint", "uncordon"),
)
LISTED = ("nominal-quota", "borrowing-limit", "lending-limit")
"""Options of kueuectl that may stand several times."""
_SHORT = {
    "-f": "filename", "-k": "kustomize", "-n": "namespace", "-l": "selector", "-p": "patch", "-o": "output",
    "-c": "container", "-R": "recursive", "-A": "all-namespaces", "-v": "v", "-s": "server",
}  # fmt: skip
_WITH_VALUE = (
    *("as", "cluster", "container", "context", "current-replicas", "field-manager", "filename", "grace-period"),
    *("kubeconfig", "kustomize", "namespace", "output", "patch", "patch-file", "replicas", "request-timeout"),
    *("resource-version", "selector", "server", "subresource", "timeout", "token", "type", "user", "v", "image"),
    *("field-selector", "from-literal", "from-file", "schedule", "from", "labels", "for", "restart", "overrides"),
    *("requests", "limits", "port", "local-queue", "clusterrole", "serviceaccount", "role", "value", "description"),
    *("clusterqueue", "cohort", "queuing-strategy", "namespace-selector", "node-labels", "node-taints", "tolerations"),
    *("reclaim-within-cohort", "preemption-within-cluster-queue", *LISTED),
)
_ALIASES = {
    "cq": "clusterqueue", "lq": "localqueue", "wl": "workload", "rf": "resourceflavor", "deploy": "deployment",
    "sts": "statefulset", "ns": "namespace", "po": "pod", "no": "node", "lws": "leaderworkerset", "cj": "cronjob",
    "hpto": "hyperpodpytorchjob", "pc": "priorityclass", "rs": "replicaset",
}  # fmt: skip


_CREATED = ("CronJob", "Deployment", "Job", "Namespace", "PriorityClass")
"""Kinds that ``kubectl create`` makes without a file and that are looked at here."""


@dataclass(slots=True)
class Kubectl:
    """One command. ``files`` and ``folders`` are what -f and -k name; ``words`` what is no option, after the verb.

    ``values`` are the labels or annotations that it sets.
    """

    verb: str
    word: Word
    files: list[Word] = field(default_factory=list)
    folders: list[Word] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    values: list[Word] = field(default_factory=list)
    options: dict[str, Word] = field(default_factory=dict)

    @property
    def namespace(self) -> str:
        """The namespace that the command names, "" for none."""
        return self.options["namespace"].text if "namespace" in self.options else ""

    @property
    def dry(self) -> bool:
        """Whether it is only tried out."""
        return "dry-run" in self.options and self.options["dry-run"].text not in ("none", "false")

    def objects(self) -> list[tuple[str, str, Word]]:
        """Kind as it is written, name, and the word of each object that is named: ``job/a``, ``job a b``."""
        found = []
        if self.words and "/" in self.words[0].text:
            for word in self.words:
                kind, _, name = word.text.partition("/")
                found += [(kind, name, word)] if name else []
            return found
        kind = self.words[0].text if self.words else ""
        if len(self.words) == 1 and "all" in self.options:
            return [(one, "", self.words[0]) for one in kind.split(",")]
        return [(one, word.text, word) for word in self.words[1:] for one in kind.split(",")]


def read_kubectl(words: Sequence[Word]) -> Kubectl | None:
    """The command of words that begin with ``kubectl``; None when it has no verb."""
    rest = list(words[1:])
    found = Kubectl("", words[0])
    while rest:
        word = rest.pop(0)
        if word.text == "--" and found.verb in ("create", "run"):
            break
        if not word.text.startswith("-") or word.text == "-":
            if found.verb:
                found.words.append(word)
            else:
                found.verb, found.word = word.text, word
            continue
        _option(found, word, rest)
    return found if found.verb else None


def _option(found: Kubectl, word: Word, rest: list[Word]) -> None:
    name, equals, value = word.text.partition("=")
    short = name[:2]
    if not name.startswith("--") and short in _SHORT and len(name) > 2 and _SHORT[short] in _WITH_VALUE:
        name, equals, value = _SHORT[short], "=", word.text[2:].removeprefix("=")
    else:
        name = _SHORT.get(name, name.removeprefix("--").removeprefix("-"))
    given = Word(value, word.line, word.column, word.bare, word.known)
    if not equals and name in _WITH_VALUE:
        given = rest.pop(0) if rest else given
    if name in LISTED and name in found.options:
        given = Word(f"{found.options[name].text},{given.text}", given.line, given.column, given.bare, given.known)
    target = {"filename": found.files, "kustomize": found.folders}.get(name)
    if target is None:
        found.options[name] = given
    elif name == "filename":
        target += [Word(text, given.line, given.column, given.bare, given.known) for text in given.text.split(",")]
    else:
        target.append(given)


def kind_named(text: str, kinds: Sequence[str]) -> str | None:
    """The kind that a resource's name means: singular, plural or short, with or without its group."""
    name = text.partition(".")[0].lower()
    name = _ALIASES.get(name, name)
    for kind in kinds:
        low = kind.lower()
        if name in (low, f"{low}s", f"{low}es", re.sub("y$", "ies", low)):
            return kind
    return None


def pairs(words: Sequence[Word]) -> dict[str, str | None]:
    """Labels as ``key=value`` sets them; ``key-`` removes one."""
    found: dict[str, str | None] = {}
    for word in words:
        key, equals, value = word.text.partition("=")
        if equals:
            found[key] = value
        elif key.endswith("-"):
            found[key[:-1]] = None
    return found


def created(one: Kubectl) -> dict[str, object] | None:
    """The object that ``kubectl create`` or ``run`` makes without a file; None for kinds that nothing here looks at."""
    words = [word.text for word in one.words]
    kind = "Pod" if one.verb == "run" else kind_named(words[0], _CREATED) if words else None
    name = words[-1] if words and (one.verb == "run" or len(words) > 1) else ""
    if kind is None or not name or "from" in one.options:
        return None
    given = one.options.get("labels") or (one.options.get("selector") if one.verb == "run" else None)
    texts = given.text.split(",") if given is not None else []
    labels = {key: value for key, equals, value in (text.partition("=") for text in texts) if equals}
    metadata: dict[str, object] = {"name": name, **({"labels": labels} if labels else {})}
    if kind == "PriorityClass":
        value = one.options["value"].text if "value" in one.options else "0"
        number = int(value) if re.fullmatch(r"-?\d{1,12}", value) else 0
        default = "global-default" in one.options and one.options["global-default"].text != "false"
        head = {"apiVersion": "scheduling.k8s.io/v1", "kind": kind, "metadata": metadata}
        return {**head, "value": number, **({"globalDefault": True} if default else {})}
    image = one.options["image"].text if "image" in one.options else "unknown"
    pod = {"containers": [{"name": name, "image": image}], "restartPolicy": "Never"}
    if kind == "Namespace":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata}
    if kind == "Pod":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": pod}
    if kind == "Job":
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata, "spec": {"template": {"spec": pod}}}
    if kind == "CronJob":
        schedule = one.options["schedule"].text if "schedule" in one.options else ""
        job = {"spec": {"template": {"spec": pod}}}
        head = {"apiVersion": "batch/v1", "kind": kind, "metadata": metadata}
        return {**head, "spec": {"schedule": schedule, "jobTemplate": job}}
    replicas = one.options["replicas"].text if "replicas" in one.options else "1"
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": pod["containers"]}}
    spec: dict[str, object] = {"replicas": int(replicas) if replicas.isdigit() else 1, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
