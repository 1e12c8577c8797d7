"""Which fields and API versions does the simulated release of Kueue not have yet, and what becomes of them?"""

from collections.abc import Iterable

from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Policy, has_since, release_of

GROUP = "kueue.x-k8s.io"
FIRST_OF_V1BETA2 = "0.15.0"


def newer_fields(version: str, policy: Policy, manifests: Iterable[Field] = ()) -> list[str]:
    """A sentence for each; an API server would drop such fields, and refuse such objects."""
    release = release_of(version)
    found = [
        f"Kueue {version} has no flavorFungibility.preference; ClusterQueue {queue.name} goes without"
        for queue in policy.cluster_queues
        if queue.flavor_fungibility.preference is not None and not release.flavor_preference
    ]
    found += [
        f"Kueue {version} has no fairSharing of Cohorts; the weight of {cohort.name} is ignored"
        for cohort in policy.cohorts
        if cohort.fair_weight != 1 and not release.tournament
    ]
    newer = [item for item in manifests if item.get("apiVersion").value == f"{GROUP}/v1beta2"]
    if newer and not has_since(version, FIRST_OF_V1BETA2):
        kinds = ", ".join(sorted({str(item.get("kind").value) for item in newer}))
        found.append(
            f"Kueue {version} reads {GROUP}/v1beta1 only; objects of v1beta2 ({kinds}) are converted for it here"
        )
    return found
