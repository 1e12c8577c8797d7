"""How the controllers of admission checks behave: what they answer to a reservation, and when (R6.70–R6.73)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from kueue_sim.model.objects import Toleration

CheckState = Literal["Pending", "Ready", "Retry", "Rejected"]
"""What a check says about one workload."""


@dataclass(frozen=True, slots=True)
class PodSetUpdate:
    """What a check that is Ready adds to the pods of one pod set, "" for those of all (R20.20)."""

    pod_set: str = ""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What a check says ``after_ms`` the reservation of quota, and for Retry how long to wait from then on.

    ``Failed`` is a failed ProvisioningRequest: Retry with a growing wait, Rejected once the retries are used up.
    ``updates`` are what Ready brings the pods.
    """

    state: Literal["Ready", "Retry", "Rejected", "Failed"] = "Ready"
    after_ms: int = 0
    requeue_after_ms: int | None = None
    updates: tuple[PodSetUpdate, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckBehavior:
    """Answers of one check to the first, second, … reservation; the last one holds for all further ones.

    ``workload`` "" stands for all workloads that have no behavior of their own. The rest is the retry strategy
    of a ProvisioningRequestConfig, unless somebody says otherwise (R6.73).
    """

    check: str
    answers: tuple[CheckAnswer, ...] = (CheckAnswer(),)
    workload: str = ""
    retry_limit: int = 3
    retry_base_ms: int = 60_000
    retry_max_ms: int = 1_800_000
