"""Places that wait for others: MultiKueue sends work to another cluster, a ProvisioningRequest brings nodes (R20.18).

In both cases the topology is decided after the admission check has answered: for nodes to come by a second pass, in
another cluster not by this one at all.
"""

from kueue_sim.policy.compiled_policy import CompiledPolicy, CompiledQueue
from kueue_sim.policy.workloads.workload_info import Reservation

MULTIKUEUE = "kueue.x-k8s.io/multikueue"
PROVISIONING = "kueue.x-k8s.io/provisioning-request"


def is_dispatched(compiled: CompiledPolicy, queue: str) -> bool:
    """Whether a MultiKueue check sends the queue's workloads to other clusters, which place them (R20.18)."""
    rules = compiled.queues[queue].spec.admission_checks
    return any(rule.name in compiled.checks and compiled.checks[rule.name].controller == MULTIKUEUE for rule in rules)


def is_placed_later(compiled: CompiledPolicy, queue: CompiledQueue, flavor: str, held: Reservation | None) -> bool:
    """Whether an admission check has to answer before pods of a flavor can be placed; ``held`` in a second pass."""
    if is_dispatched(compiled, queue.name):
        return True
    return held is None and any(
        rule.name in compiled.checks
        and compiled.checks[rule.name].controller == PROVISIONING
        and (not rule.on_flavors or flavor in rule.on_flavors)
        for rule in queue.spec.admission_checks
    )
