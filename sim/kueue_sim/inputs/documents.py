"""Which scenario does a file hold? A scenario, or what a cluster runs by itself: Kueue manifests, HyperPod requests."""

from pathlib import Path

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.kueue.manifests import IGNORED_KINDS, OBJECT_KINDS
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.text.yamltext import holds_commands, read_yaml

VERSION = "kueue-sim/v1"


def read_document_file(path: Path, report: Report) -> list[Field]:
    """The documents of a scenario file; manifests and requests become a scenario that consists of a policy alone.

    Raises InputError when the file cannot be read.
    """
    text = read_text(path)
    if holds_commands(text):
        return [_policy_of(path, {"hyperpod": {"include": [path.name]}}, report)]
    documents = read_yaml(text, str(path), report)
    first = next((document for document in documents if document.present), None)
    if first is None and not report.mistakes:
        message = f"the file is empty; a scenario starts with apiVersion: {VERSION} and kind: Scenario"
        report.mistakes.append(Mistake(Place(str(path), 1, 1), message))
    report.check()
    if first is not None and _is_request(first):
        return [_policy_of(path, {"hyperpod": {"include": [path.name]}}, report)]
    if first is not None and _is_manifest(first):
        return [_policy_of(path, {"include": [path.name]}, report)]
    return documents


def is_generator(document: Field) -> bool:
    """Whether a document is a generator file of Kueue's performance suites; those have no kind."""
    return isinstance(document.value, dict) and "cohorts" in document.value and "kind" not in document.value


def _is_request(document: Field) -> bool:
    """Whether a document holds governance requests; those have no kind either."""
    if isinstance(document.value, dict) and "kind" in document.value:
        return False
    from kueue_sim.inputs.hyperpod.requests import is_request

    return is_request(document)


def _is_manifest(document: Field) -> bool:
    kind = document.get("kind").value
    return kind in OBJECT_KINDS or kind in IGNORED_KINDS or (isinstance(kind, str) and kind.endswith("List"))


def _policy_of(path: Path, policy: dict[str, object], report: Report) -> Field:
    source = Source("", {}, {(): Place(str(path), 1, 1)})
    return Field({"apiVersion": VERSION, "kind": "Scenario", "policy": policy}, source, report)
