"""Which jobs does Kueue manage? The part of its Configuration that decides this, before any queue is asked."""

from dataclasses import dataclass

from kueue_sim.inputs.kubernetes.selectors import label_selector
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Expression, LabelSelector

SYSTEM_NAMESPACES = ("kube-system", "kueue-system")
_OUTSIDE_SYSTEM = LabelSelector(expressions=(Expression("kubernetes.io/metadata.name", "NotIn", SYSTEM_NAMESPACES),))
FRAMEWORKS = (
    "batch/job",
    "deployment",
    "jobset.x-k8s.io/jobset",
    "kubeflow.org/jaxjob",
    "kubeflow.org/mpijob",
    "kubeflow.org/mxjob",
    "kubeflow.org/paddlejob",
    "kubeflow.org/pytorchjob",
    "kubeflow.org/tfjob",
    "kubeflow.org/xgboostjob",
    "leaderworkerset.x-k8s.io/leaderworkerset",
    "pod",
    "ray.io/raycluster",
    "ray.io/rayjob",
    "ray.io/rayservice",
    "sparkoperator.k8s.io/sparkapplication",
    "statefulset",
    "trainer.kubeflow.org/trainjob",
    "workload.codeflare.dev/appwrapper",
)
"""Names under integrations.frameworks."""


@dataclass(frozen=True, slots=True)
class Integrations:
    """``frameworks`` None: all of them, also those that Kueue's own default leaves off. ``namespaces`` selects where
    jobs are managed, ``without_queue_name`` whether also those that name no queue."""

    frameworks: tuple[str, ...] | None = None
    without_queue_name: bool = False
    namespaces: LabelSelector = _OUTSIDE_SYSTEM

    def enabled(self, framework: str) -> bool:
        """Whether Kueue manages the jobs of a framework; of a kind with a controller of its own it does."""
        return not framework or self.frameworks is None or framework in self.frameworks


def read_integrations(configuration: Field) -> Integrations:
    """What the Configuration says; without one, every framework and all but the system's namespaces."""
    configuration.get("integrations").only("frameworks", "externalFrameworks", "labelKeysToCopy", "podOptions")
    names = configuration.get("integrations", "frameworks")
    for item in names.items():
        item.choice(FRAMEWORKS, "")
    selector = configuration.get("managedJobsNamespaceSelector")
    return Integrations(
        names.strings() if names.present else None,
        configuration.get("manageJobsWithoutQueueName").boolean(),
        label_selector(selector) or _OUTSIDE_SYSTEM,
    )
