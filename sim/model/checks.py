"""How the controllers of admission checks behave: what they answer to a reservation, and when (R6.70–R6.73)."""

from dataclasses import dataclass
from typing import Literal

CheckState = Literal["Pending", "Ready", "Retry", "Rejected"]
"""What a check says about one workload."""


@dataclass(frozen=True, slots=True)
class CheckAnswer:
    """What a check says ``after_ms`` the reservation of quota, and for Retry how long to wait from then on.

    ``Failed`` is a failed ProvisioningRequest: Retry with a growing wait, Rejected once the retries are used up.
    """

    state: Literal["Ready", "Retry", "Rejected", "Failed"] = "Ready"
    after_ms: int = 0
    requeue_after_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CheckBehavior:
    """Answers of one check to the first, second, … reservation; the last one holds for all further ones.

    ``workload`` "" stands for all workloads that have no behavior of their own. The rest is the retry strategy
    of a ProvisioningRequestConfig (R6.73).
    """

    check: str
    answers: tuple[CheckAnswer, ...] = (CheckAnswer(),)
    workload: str = ""
    retry_limit: int = 3
    retry_base_ms: int = 60_000
    retry_max_ms: int = 1_800_000
