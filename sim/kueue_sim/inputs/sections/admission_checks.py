"""What do admission checks answer? The ``admissionChecks`` section as behaviors."""

from collections.abc import Iterable

from kueue_sim.inputs.kubernetes.selectors import tolerations
from kueue_sim.inputs.text.field import Field, near_miss
from kueue_sim.inputs.text.schema import ADMISSION_CHECK, CHECK_ANSWER, POD_SET_UPDATE
from kueue_sim.model import AdmissionCheck, CheckAnswer, CheckBehavior, PodSetUpdate

ANSWERS = ("Ready", "Retry", "Rejected", "Failed")
STATES = ("Pending", "Ready", "Retry", "Rejected")
"""The states that Kueue knows of a check of a workload."""


def check_behaviors(
    field: Field, checks: Iterable[AdmissionCheck], workloads: Iterable[str]
) -> tuple[CheckBehavior, ...]:
    """What admission checks answer. ``workloads`` are the keys of those that are known by name."""
    strategies = {one.name: one for one in checks}
    known, keys = sorted(strategies), set(workloads)
    found = []
    for item in field.items():
        item.only(*ADMISSION_CHECK)
        name, workload = item.get("check").needed("check"), item.get("workload").text()
        if name and name not in known:
            item.get("check").missing(f"there is no AdmissionCheck {name!r}; {near_miss(name, known)}")
        if workload and "/" not in workload:
            workload = f"default/{workload}"
        if workload and workload not in keys:
            item.get("workload").missing(f"there is no workload {workload!r}; {near_miss(workload, keys)}")
        own = strategies.get(name, AdmissionCheck(name))
        found.append(
            CheckBehavior(
                name,
                tuple(map(_answer, item.get("answers").items())) or CheckBehavior(name).answers,
                workload,
                item.get("retryLimit").integer(own.retry_limit, minimum=0),
                item.get("retryBase").duration(own.retry_base_ms),
                item.get("retryMax").duration(own.retry_max_ms),
            )
        )
    return tuple(found)


def _answer(item: Field) -> CheckAnswer:
    item.only(*CHECK_ANSWER)
    updates = pod_set_updates(item, "Ready")
    return CheckAnswer(
        item.get("state").choice(ANSWERS, "Ready"),  # type: ignore[arg-type]
        item.get("after").duration(),
        item.get("requeueAfter").optional_duration(),
        updates,
    )


def pod_set_updates(item: Field, default: str) -> tuple[PodSetUpdate, ...]:
    """What an answer adds to the pods; ``default`` is the state of one that says none."""
    updates = item.get("podSetUpdates")
    if updates.present and item.get("state").text(default) != "Ready":
        updates.wrong("podSetUpdates come with the state Ready")
    return tuple(map(_update, updates.items()))


def _update(item: Field) -> PodSetUpdate:
    item.only(*POD_SET_UPDATE)
    return PodSetUpdate(
        item.get("name").text(), item.get("nodeSelector").labels(), tolerations(item.get("tolerations"))
    )
