"""What flavor assignment asks the preemption oracle: would evicting others make room for one amount (R5.23, R10.40)?

While flavors are compared, a resource that does not fit now may still be had by evicting others. Whether, is a
search for victims as if the workload asked for this one amount and nothing else. The answer ranks the flavor:
nobody may be evicted, or somebody of the own queue has to go, or others alone. The search that follows for the
whole request may end otherwise.

``Preemption.simulate`` (``preemption/targets.py``) is the oracle; this is what it promises.
"""

from abc import ABC, abstractmethod

from kueue_sim.policy.compiled_policy import CompiledQueue
from kueue_sim.policy.flavors.flavor_fungibility import FlavorMode
from kueue_sim.policy.workloads.workload_info import Pending

Standing = tuple[int, bool, int]
"""How an amount stands to the quota tree at this moment: borrowing level, whether a subtree below the root could hold
the amount, and what is missing, more than the amount where too much is in use already (R2.21, R2.13)."""


class Oracle(ABC):
    """Answers whether evicting others would make room. Asked while flavors are scanned, never twice for one amount."""

    @abstractmethod
    def rules_out(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, standing: Standing) -> bool:
        """Whether it is known without a search that nobody may be evicted, which ``simulate`` would say then."""

    @abstractmethod
    def keeps_level(self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, level: int) -> bool:
        """Whether it is known without a search that the borrowing level is this one afterwards, whoever is evicted."""

    @abstractmethod
    def simulate(
        self, queue: CompiledQueue, pending: Pending, slot: int, amount: int, standing: Standing
    ) -> tuple[FlavorMode, int]:
        """(NO_CANDIDATES, PREEMPT_OWN or RECLAIM; borrowing level afterwards). Implements R5.23–R5.24.

        ``standing`` is that of the amount now.
        """
