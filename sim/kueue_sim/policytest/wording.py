"""An expectation in words, as failures and listings print it."""

from kueue_sim.policytest.expectations import ClassRange, Decision, Endless, Expectation, Measured, NoLoop, Order
from kueue_sim.units import format_duration


def in_words(one: Expectation) -> str:
    """What is expected, as one line."""
    if isinstance(one, Decision):
        return _decision(one)
    if isinstance(one, Order):
        return f"{one.of} in this order: {', '.join(one.workloads)}"
    if isinstance(one, Measured):
        return f"{one.bound.text} over {one.seeds} seeds" if one.seeds > 1 else one.bound.text
    if isinstance(one, ClassRange):
        if one.of == "workloads":
            return f"workloads of class {one.name} wait at most {format_duration(one.limit * 1000)} on average"
        return f"ClusterQueues of class {one.name} hold at least {one.limit:.1%} of their quota"
    if isinstance(one, Endless):
        who = f" of {', '.join(one.workloads)}" if one.workloads else ""
        return f"endless preemption{who}{_at(one.at_ms)}"
    if isinstance(one, NoLoop):
        return "no loop of preemption"
    return f"the decisions recorded in {one.file.name}"


def _decision(one: Decision) -> str:
    verb = {"waits": "to wait", "started": "to start", "finished": "to finish"}.get(one.kind, f"to be {one.kind}")
    text = f"{' and '.join(one.workloads)} {'never ' if one.never else ''}{verb}{_at(one.at_ms)}"
    if one.within_ms is not None:
        text += f" within {format_duration(one.within_ms)}"
    if one.times is not None:
        text += f" {one.times} times"
    if one.by:
        text += f" by {one.by}"
    if one.pods is not None:
        text += f" with {one.pods} pods"
    if one.nodes:
        text += f" on {' '.join(f'{name}:{count}' for name, count in one.nodes)}"
    for resource, flavor in one.flavors:
        text += f" on {f'{resource}=' if resource else ''}{flavor}"
    if one.reason:
        text += f" ({one.reason})"
    return f"{text}: {one.message}" if one.message else text


def _at(at_ms: int | None) -> str:
    return "" if at_ms is None else f" at {format_duration(at_ms)}"
