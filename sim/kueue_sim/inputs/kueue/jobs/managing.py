"""Does Kueue manage a job, and which LocalQueue does the job go to?"""

from dataclasses import dataclass

from kueue_sim.inputs.kubernetes.pods import PREFIX
from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.queues import Directory
from kueue_sim.inputs.kueue.release import is_at_least
from kueue_sim.inputs.text.field import Field
from kueue_sim.model.label_matching import selects

QUEUE = PREFIX + "queue-name"
DEFAULT_QUEUE = "default"
_NAMING = ("labels", "annotations")
_LABEL_MISSING = f"the label {QUEUE} is missing"


@dataclass(frozen=True, slots=True)
class Managed:
    """The queue of a job that Kueue manages; ``queue`` "" waits for ever (manageJobsWithoutQueueName)."""

    queue: str


def managed(manifest: Field, kind: JobKind, namespace: str, directory: Directory) -> Managed | str:
    """The queue of a job, or why Kueue does not manage it."""
    integrations = directory.integrations
    if not integrations.enabled(kind.framework):
        return f"integrations.frameworks does not list {kind.framework}, so Kueue does not manage {kind.kind}s"
    version = str(manifest.get("apiVersion").value or "").rpartition("/")[2]
    if version and kind.version and version != kind.version:
        return f"Kueue manages {kind.kind}s of {kind.groups[0]}/{kind.version}, none of {version}"
    label = queue_label(manifest.get("metadata"), directory)
    selected = selects(integrations.namespaces, directory.namespace_labels(namespace))
    if label.present:
        if not selected and is_at_least(directory.settings, "0.15"):
            return f"managedJobsNamespaceSelector does not select namespace {namespace!r}; Kueue ignores its jobs"
        return Managed(directory.named(label, namespace)[1])
    if selected and directory.has_default_queue(namespace):
        return Managed(DEFAULT_QUEUE)
    if selected and integrations.without_queue_name:
        return Managed("")
    as_annotation = manifest.get("metadata", "annotations").get(QUEUE).present
    hint = "; an annotation of that name counts up to Kueue 0.14 only" if as_annotation else ""
    return f"{_LABEL_MISSING}; Kueue does not manage jobs without it{hint}"


def queue_label(metadata: Field, directory: Directory) -> Field:
    """The queue an object names: its label, up to 0.14 also an annotation."""
    label = metadata.get("labels").get(QUEUE)
    if label.present or is_at_least(directory.settings, "0.15"):
        return label
    return metadata.get("annotations").get(QUEUE)


def _names_queue(labels: object) -> bool:
    return isinstance(labels, dict) and QUEUE in labels


def is_managed(manifest: Field) -> bool:
    """Whether an object or a pod template in it names a queue, so that Kueue hears of its pods (R1.16)."""
    pending: list[object] = [manifest.value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            metadata = value.get("metadata")
            if isinstance(metadata, dict) and any(_names_queue(metadata.get(part)) for part in _NAMING):
                return True
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return False
