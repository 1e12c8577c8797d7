"""To which part of a scenario does a document belong, or why to none?"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from kueue_sim.inputs.hyperpod.requests import is_request, without_settings
from kueue_sim.inputs.hyperpod.snapshot import GROUPS
from kueue_sim.inputs.kueue.manager.configuration_objects import holds_configuration
from kueue_sim.inputs.kueue.manager.installed_release import names_release
from kueue_sim.inputs.kueue.manifests import IGNORED_KINDS, OBJECT_KINDS
from kueue_sim.inputs.kueue.work_kinds import is_job, is_managed, job_kinds
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.foreign import foreign, refusal
from kueue_sim.inputs.text.yamltext import OURS

Section = Literal["scenario", "test", "objects", "requests", "cluster", "workloads", ""]
KUEUE = "kueue.x-k8s.io/"
NO_MANIFEST = "no Kubernetes manifest"
UNLABELLED = "no queue-name label, so Kueue does not manage it"
"""Why a job goes nowhere, unless its namespace has a default queue."""
_ALIKE = 0.8
"""How alike a group is to Kueue's own when it is that one, misspelt."""
_GROUPS = {
    **dict.fromkeys(("Namespace", "Node", "Pod", "LimitRange", "ResourceQuota"), ""),
    **dict.fromkeys(("ResourceClaim", "ResourceClaimTemplate", "DeviceClass"), "resource.k8s.io"),
    **dict.fromkeys(("TrainingRuntime", "ClusterTrainingRuntime"), "trainer.kubeflow.org"),
    "PriorityClass": "scheduling.k8s.io",
    "RuntimeClass": "node.k8s.io",
    "Configuration": "config.kueue.x-k8s.io",
}
"""API groups of the kinds that are not Kueue's own."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """The section a document goes to; "" with the reason why it goes to none."""

    section: Section
    why: str = ""


def belonging(document: Field, unnamed: bool = False) -> Belonging:
    """Where a document belongs. ``unnamed``: jobs without a queue's name are managed as well."""
    kind, api = document.get("kind").value, str(document.get("apiVersion").value or "")
    if said := refusal(document.value):
        return Belonging("", said)
    if kind is None and (what := foreign(document.value)):
        return Belonging("", f"{NO_MANIFEST} but {what}")
    if not isinstance(document.value, Mapping | list):
        return Belonging("", NO_MANIFEST)
    if kind in ("Scenario", "PolicyTest") and (api.startswith(OURS) or not api):
        return Belonging("scenario" if kind == "Scenario" else "test")
    if kind is None:
        return _without_kind(document)
    if (kind in OBJECT_KINDS or kind in IGNORED_KINDS) and is_foreign(str(kind), api):
        return Belonging("", f"a {kind} of {api.rpartition('/')[0] or 'another group'}, which Kueue does not know")
    if kind == "Pod":
        return _pod(document, unnamed)
    if kind == "Namespace" and not document.get("metadata", "name").present:
        generated = document.get("metadata", "generateName").present
        return Belonging("" if generated else "objects", "the cluster makes up its name, so nothing can refer to it")
    if kind in OBJECT_KINDS or kind in IGNORED_KINDS or holds_configuration(document) or names_release(document):
        return Belonging("objects")
    if is_job(document):
        managed = unnamed or is_managed(document)
        return Belonging("workloads") if managed else Belonging("", UNLABELLED)
    if _is_slip(str(kind), api):
        return Belonging("objects")
    if kind in job_kinds() and "/" in api:
        return Belonging("", f"a {kind} of {api.rpartition('/')[0]}, which Kueue does not manage")
    return Belonging("", "neither policy nor work")


def is_foreign(kind: str, api: str) -> bool:
    """Whether a kind that Kueue knows is that of another API group, as with Topology or Workload of other projects."""
    if not api:
        return False
    group, own = api.rpartition("/")[0], _GROUPS.get(kind, KUEUE.rstrip("/"))
    if not own:
        return bool(group)
    return group != own and difflib.SequenceMatcher(None, group, own).ratio() < _ALIKE


def _without_kind(document: Field) -> Belonging:
    if holds_configuration(document) or names_release(document):
        return Belonging("objects")
    if document.get(GROUPS).present:
        return Belonging("cluster")
    if is_request(document):
        return Belonging("requests")
    told = without_settings(document.value)
    return Belonging("", f"{NO_MANIFEST}; {told[0]}" if told else NO_MANIFEST)


def _pod(document: Field, unnamed: bool) -> Belonging:
    """A Pod on a node takes room there; one with a queue is work."""
    if document.get("spec", "nodeName").present:
        return Belonging("objects")
    if is_managed(document) or unnamed:
        return Belonging("workloads")
    return Belonging("", UNLABELLED)


def _is_slip(kind: str, api: str) -> bool:
    """A kind of Kueue that does not exist, or one without an apiVersion that is called almost like one that does."""
    if api:
        return api.startswith(KUEUE)
    return bool(difflib.get_close_matches(kind, OBJECT_KINDS, n=1, cutoff=0.8))
