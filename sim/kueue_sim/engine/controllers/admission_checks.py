"""Admission checks: which ones a workload needs, what they answer and when, and what follows (R6.70–R6.74)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from kueue_sim.model import (
    AdmissionCheck,
    AdmissionCheckRule,
    CheckAnswer,
    CheckBehavior,
    ClusterQueue,
    PodSetAssignment,
    PodSetUpdate,
)
from kueue_sim.policy.workloads.backoff import backoff_ms
from kueue_sim.policy.workloads.status import Check, Status
from kueue_sim.policy.workloads.workload_info import Reservation

PROVISIONING = "kueue.x-k8s.io/provisioning-request"
"""The controller of checks that ask an autoscaler for nodes."""


class Provisioner(Protocol):
    """Who brings nodes for ProvisioningRequests."""

    def provision(self, now: int, reservation: Reservation) -> CheckAnswer:
        """What a request for the pods of this reservation is answered."""
        ...


def needed_checks(queue: ClusterQueue, assignments: Iterable[PodSetAssignment]) -> list[str]:
    """Names of the checks that an admission with these flavors needs, sorted. Implements R1.19."""
    if not queue.admission_checks:
        return []
    flavors = {flavor for assignment in assignments for flavor in assignment.flavors.values()}
    return sorted({rule.name for rule in queue.admission_checks if _covers(rule, flavors)})


def general_checks(queue: ClusterQueue) -> list[str]:
    """Names of the checks that any admission in this ClusterQueue needs, sorted. Implements R1.19."""
    flavors = {quotas.name for group in queue.resource_groups for quotas in group.flavors}
    return sorted(rule.name for rule in queue.admission_checks if not rule.on_flavors or flavors <= {*rule.on_flavors})


def _covers(rule: AdmissionCheckRule, flavors: set[str]) -> bool:
    return not rule.on_flavors or not flavors.isdisjoint(rule.on_flavors)


class CheckControllers:
    """Stands for the controllers of all admission checks of a scenario."""

    def __init__(self, behaviors: Sequence[CheckBehavior], checks: Sequence[AdmissionCheck] = ()) -> None:
        self._provisioning = {
            one.name: CheckBehavior(
                one.name,
                retry_limit=one.retry_limit,
                retry_base_ms=one.retry_base_ms,
                retry_max_ms=one.retry_max_ms,
            )
            for one in checks
            if one.controller == PROVISIONING
        }
        self.provisioner: Provisioner | None = None
        self._behaviors: Mapping[tuple[str, str], CheckBehavior] = {
            (behavior.check, behavior.workload): behavior for behavior in behaviors
        }

    def answer(self, now: int, check: str, workload: str, status: Status, reservation: Reservation) -> CheckAnswer:
        """What the check will say about the present reservation; Ready at once when nothing is known of it.

        Where nodes come and go, a check for ProvisioningRequests of which nothing is known asks for those it needs.
        A failed ProvisioningRequest is answered with Retry, or Rejected when its retries are used up (R6.73).
        """
        behavior = self._behaviors.get((check, workload)) or self._behaviors.get((check, ""))
        if behavior is None and (self.provisioner is None or check not in self._provisioning):
            return CheckAnswer()
        if behavior is None:
            assert self.provisioner is not None
            behavior, answer = self._provisioning[check], self.provisioner.provision(now, reservation)
        else:
            answer = behavior.answers[min(status.reservations, len(behavior.answers)) - 1]
        if answer.state != "Failed":
            return answer
        retries = status.retries.get(check, 0)
        if retries >= behavior.retry_limit:
            return CheckAnswer("Rejected", answer.after_ms)
        wait = backoff_ms(retries + 1, behavior.retry_base_ms, behavior.retry_max_ms) // 1000 * 1000
        return CheckAnswer("Retry", answer.after_ms, wait)


def list_checks(status: Status, needed: Sequence[str], now: int) -> None:
    """The workload's status lists exactly the checks it needs, new ones as Pending. Implements R6.2."""
    status.checks = {name: status.checks.get(name) or Check(since_ms=now) for name in needed}


def all_ready(status: Status) -> bool:
    """Whether no check of the workload keeps it from being admitted; so without any."""
    return all(check.state == "Ready" for check in status.checks.values())


def pod_updates(status: Status) -> tuple[PodSetUpdate, ...]:
    """What the checks that are ready add to the pods, by name of the check."""
    ready = (status.checks[name] for name in sorted(status.checks) if status.checks[name].state == "Ready")
    return tuple(update for check in ready for update in check.updates)


def in_state(status: Status, state: str) -> list[str]:
    """Names of the checks in this state, sorted."""
    return sorted(name for name, check in status.checks.items() if check.state == state)


def retry_at_ms(status: Status) -> int | None:
    """When the last of the checks in state Retry lets the workload try again; None for at once (R6.70)."""
    times = [
        check.since_ms // 1000 * 1000 + check.requeue_after_ms
        for check in status.checks.values()
        if check.state == "Retry" and check.requeue_after_ms is not None
    ]
    return max(times, default=None)


def message(names: Sequence[str], state: str) -> str:
    """Kueue's description of checks in one state."""
    noun = "AdmissionCheck" if len(names) == 1 else "AdmissionChecks"
    quoted = "; ".join(f'"{name}"' for name in names)
    return f"{noun} in {state} state: {quoted}"
