"""What does a scenario say about the life of workloads: pods that become ready, admission checks, changes?"""

from collections.abc import Iterable

from kueue_sim.inputs.kubernetes.selectors import tolerations
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import ADMISSION_CHECK, CHECK_ANSWER, POD_SET_UPDATE, RECLAIM
from kueue_sim.model import Action, CheckAnswer, CheckBehavior, PodSet, PodSetUpdate, Reclaim

NEVER = "never"
ANSWERS = ("Ready", "Retry", "Rejected", "Failed")
STATES = ("Pending", "Ready", "Retry", "Rejected")
WORKLOAD_ACTIONS = {
    "activate": (),
    "deactivate": (),
    "podsReady": (),
    "podsFailed": (),
    "openGate": ("gate",),
    "check": ("check", "state"),
    "priority": ("priority", "priorityClass"),
}
"""Actions on one workload, with the further fields each one takes."""
_NAMES = {"podsReady": "pods-ready", "podsFailed": "pods-failed", "openGate": "open-gate"}


def ready_times(field: Field) -> tuple[int | None, ...]:
    """Per start, milliseconds from admission until all pods are ready; None for never."""
    items = field.items() if isinstance(field.value, list) else [field] if field.present else []
    return tuple(None if item.value == NEVER else item.duration() for item in items)


def reclaims(field: Field, pod_sets: Iterable[PodSet]) -> tuple[Reclaim, ...]:
    """How the number of pods that need no quota any more grows, in order of time."""
    counts = {one.name: one.count for one in pod_sets}
    first = next(iter(counts), "")
    found = []
    for item in field.items():
        item.only(*RECLAIM)
        name = item.get("podSet").text(first)
        if name not in counts:
            item.get("podSet").wrong(f"there is no pod set {name!r}; {near_miss(name, counts)}")
        pods = item.get("pods").integer(0, minimum=0)
        if pods > counts.get(name, pods):
            item.get("pods").wrong(f"{pods} is more than the {counts[name]} pods of pod set {name!r}")
        found.append(Reclaim(item.get("after").duration(), name, pods))
    return tuple(sorted(found, key=lambda one: one.after_ms))


def check_behaviors(field: Field, checks: Iterable[str], workloads: Iterable[str]) -> tuple[CheckBehavior, ...]:
    """What admission checks answer. ``workloads`` are the keys of those that are known by name."""
    known, keys = sorted(checks), set(workloads)
    found = []
    for item in field.items():
        item.only(*ADMISSION_CHECK)
        name, workload = item.get("check").needed("check"), item.get("workload").text()
        if name and name not in known:
            item.get("check").wrong(f"there is no AdmissionCheck {name!r}; {near_miss(name, known)}")
        if workload and "/" not in workload:
            workload = f"default/{workload}"
        if workload and workload not in keys:
            item.get("workload").wrong(f"there is no workload {workload!r}; {near_miss(workload, keys)}")
        plain = CheckBehavior(name)
        found.append(
            CheckBehavior(
                name,
                tuple(map(_answer, item.get("answers").items())) or plain.answers,
                workload,
                item.get("retryLimit").integer(plain.retry_limit, minimum=0),
                item.get("retryBase").duration(plain.retry_base_ms),
                item.get("retryMax").duration(plain.retry_max_ms),
            )
        )
    return tuple(found)


def _answer(item: Field) -> CheckAnswer:
    item.only(*CHECK_ANSWER)
    updates = item.get("podSetUpdates")
    if updates.present and item.get("state").text("Ready") != "Ready":
        updates.wrong("podSetUpdates come with the state Ready")
    return CheckAnswer(
        item.get("state").choice(ANSWERS, "Ready"),  # type: ignore[arg-type]
        item.get("after").duration(),
        item.get("requeueAfter").optional_duration(),
        tuple(map(_update, updates.items())),
    )


def _update(item: Field) -> PodSetUpdate:
    item.only(*POD_SET_UPDATE)
    return PodSetUpdate(
        item.get("name").text(), item.get("nodeSelector").labels(), tolerations(item.get("tolerations"))
    )


def workload_action(item: Field, at_ms: int, workload: str) -> Action:
    """An action on one workload, whose key is ``workload``."""
    name = item.get("do").text()
    state = item.get("state")
    if name == "check" and not state.present:
        item.wrong(f"state is missing; {near_miss('', STATES)}")
    named = {"check": "check", "openGate": "gate"}.get(name)
    return Action(
        at_ms,
        _NAMES.get(name, name),  # type: ignore[arg-type]
        workload,
        name=item.get(named).needed(named) if named else item.get("priorityClass").text(),
        state=state.choice(STATES, "Pending"),  # type: ignore[arg-type]
        priority=item.get("priority").integer(),
    )
