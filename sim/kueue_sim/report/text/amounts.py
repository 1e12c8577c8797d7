"""What a workload asks for, and what it was given, in words."""

from kueue_sim.engine.facts import Fact
from kueue_sim.model import PodSetAssignment, Workload
from kueue_sim.report.text.wording import count
from kueue_sim.units import format_duration, format_quantity


def request_in_words(workload: Workload) -> str:
    """Its pods, what each of them asks for, and how long it runs."""
    parts = []
    for item in workload.pod_sets:
        amounts = ", ".join(f"{format_quantity(n, resource)} {resource}" for resource, n in item.requests.items())
        least = f" (at least {item.min_count})" if item.min_count is not None else ""
        parts.append(f"{count(item.count, 'pod')}{least} of {amounts or 'nothing'}")
    run = "runs until deleted" if workload.runtime_ms is None else f"runs {format_duration(workload.runtime_ms)}"
    return f"{' + '.join(parts)}; {run}"


def given_in_words(pod_sets: tuple[PodSetAssignment, ...]) -> str:
    """How much of what it was given, from which flavor."""
    parts = []
    for item in pod_sets:
        for resource, flavor in item.flavors.items():
            parts.append(f"{format_quantity(item.usage.get(resource, 0), resource)} {resource} from flavor {flavor}")
    return ", ".join(parts) or "without quota"


def holding_in_words(fact: Fact) -> str:
    """Who holds how much, by the fact of its admission."""
    amounts: dict[str, int] = {}
    for item in fact.pod_sets:
        for resource, amount in item.usage.items():
            amounts[resource] = amounts.get(resource, 0) + amount
    text = ", ".join(f"{format_quantity(amount, resource)} {resource}" for resource, amount in amounts.items())
    return f"{fact.cluster_queue}'s {fact.workload} ({text})"
