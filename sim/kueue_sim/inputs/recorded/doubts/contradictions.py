"""Where does a dump contradict itself, or what runs the policy of today? It is kept as it is, and said."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from kueue_sim.inputs.kubernetes.pods import canonical
from kueue_sim.inputs.recorded.conditions import Manifest, is_true, status_of
from kueue_sim.inputs.recorded.summary import counted, job_name
from kueue_sim.units import exact_quantity, format_quantity

Slot = tuple[str, str, str]
"""ClusterQueue, flavor, resource."""


def contradictions(workloads: Iterable[Mapping[str, Any]], policy: Sequence[Manifest]) -> list[str]:
    """One sentence for each, none where everything fits."""
    workloads = list(workloads)
    queues = {str(one["metadata"]["name"]): one for one in policy if one.get("kind") == "ClusterQueue"}
    held = _held(workloads)
    limits = {slot: amount for name, one in queues.items() for slot, amount in _limits(name, one)}
    found = []
    for slot, amount in sorted(held.items()):
        if slot[0] not in queues:
            continue
        limit = limits.get(slot, Fraction(0))
        if slot not in limits:
            found.append(f"{_holding(slot, amount)}, of which it has no quota: kept")
        elif limit is not None and amount > limit:
            found.append(f"{_holding(slot, amount)}, its quota allows {_text(limit, slot[2])}: kept")
    found += _beyond_their_cohorts(held, queues, [one for one in policy if one.get("kind") == "Cohort"])
    return found + _not_evicted_yet(workloads, policy)


def _not_evicted_yet(workloads: Iterable[Mapping[str, Any]], policy: Iterable[Manifest]) -> list[str]:
    """A sentence on what holds quota only because Kueue had not looked at it since it was stopped."""
    drained = {
        (str(one["kind"]), str(one["metadata"].get("namespace") or ""), str(one["metadata"].get("name")))
        for one in policy
        if (one.get("spec") or {}).get("stopPolicy") == "HoldAndDrain"
    }
    running = [one for one in workloads if is_true(one, "Admitted") and not is_true(one, "Evicted")]
    off = [one for one in running if one["spec"].get("active") is False]
    draining = [one for one in running if one not in off and not drained.isdisjoint(_queues_of(one))]
    sentences = {
        "evicted at the start, as they run in a queue with stopPolicy HoldAndDrain": draining,
        "evicted at the start, as they run though they were deactivated": off,
    }
    return [counted(what, [*map(job_name, found)]) for what, found in sentences.items() if found]


def _queues_of(one: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Kind, namespace and name of the queues whose stop ends a Workload that has quota."""
    holds_in = str((status_of(one).get("admission") or {}).get("clusterQueue"))
    local = str(one["metadata"].get("namespace") or ""), str(one["spec"].get("queueName"))
    return {("ClusterQueue", "", holds_in), ("LocalQueue", *local)}


def _beyond_their_cohorts(
    held: Mapping[Slot, Fraction], queues: Mapping[str, Manifest], cohorts: Iterable[Manifest]
) -> list[str]:
    """A sentence for each tree of Cohorts whose ClusterQueues hold more than there is in it, as borrowing cannot."""
    parents = {str(one["metadata"].get("name")): _parent(one) for one in cohorts}
    objects = [*queues.values(), *cohorts]
    quota: dict[Slot, Fraction] = {}
    taken: dict[Slot, Fraction] = {}
    for one in objects:
        name, root = str(one["metadata"].get("name")), _root(one, parents)
        for (_, flavor, resource), amount in _nominal(name, one):
            slot = (root, flavor, resource)
            quota[slot] = quota.get(slot, Fraction(0)) + amount
    for (name, flavor, resource), amount in held.items():
        root = _root(queues[name], parents) if name in queues else ""
        taken[root, flavor, resource] = taken.get((root, flavor, resource), Fraction(0)) + amount
    return [
        f"ClusterQueues below {root} hold {_text(amount, resource)} {resource} of flavor {flavor}, "
        f"there is quota of {_text(quota[root, flavor, resource], resource)}: kept"
        for (root, flavor, resource), amount in sorted(taken.items())
        if root and amount > quota.get((root, flavor, resource), amount)
    ]


def _parent(one: Mapping[str, Any]) -> str:
    """The Cohort above a ClusterQueue or Cohort, in the words of either version of the API; "" for none."""
    spec = one.get("spec") or {}
    return str(spec.get("cohortName") or spec.get("cohort") or spec.get("parentName") or spec.get("parent") or "")


def _root(one: Mapping[str, Any], parents: Mapping[str, str]) -> str:
    """The Cohort at the top of its tree, "" of a ClusterQueue in none; of a cycle any of it."""
    name = str(one["metadata"].get("name")) if one.get("kind") == "Cohort" else _parent(one)
    seen: set[str] = set()
    while parents.get(name) and name not in seen:
        seen.add(name)
        name = parents[name]
    return name


def _held(workloads: Iterable[Mapping[str, Any]]) -> dict[Slot, Fraction]:
    total: dict[Slot, Fraction] = {}
    for one in workloads:
        admission = status_of(one).get("admission")
        if not admission or not is_true(one, "QuotaReserved"):
            continue
        reclaimed = {str(part.get("name")): part.get("count") for part in status_of(one).get("reclaimablePods") or ()}
        for pod_set in admission.get("podSetAssignments") or ():
            held = _held_still(pod_set.get("count"), reclaimed.get(str(pod_set.get("name"))))
            for resource, flavor in (pod_set.get("flavors") or {}).items():
                slot = (str(admission.get("clusterQueue")), str(flavor), str(resource))
                amount = _amount((pod_set.get("resourceUsage") or {}).get(resource, 0))
                total[slot] = total.get(slot, Fraction(0)) + amount * held
    return total


def _held_still(pods: Any, reclaimed: Any) -> Fraction:
    """The share of a pod set's quota that its pods still hold: those that ended for good gave theirs back (R1.27)."""
    if not isinstance(pods, int) or not isinstance(reclaimed, int) or pods <= 0:
        return Fraction(1)
    return Fraction(max(0, pods - reclaimed), pods)


def _limits(name: str, queue: Mapping[str, Any]) -> Iterable[tuple[Slot, Fraction | None]]:
    """The most a ClusterQueue may hold: nominal quota, in a cohort the borrowing limit more; None without limit."""
    for slot, resource in _quotas(name, queue):
        most: Fraction | None = _amount(resource.get("nominalQuota", 0))
        if _parent(queue):
            more = resource.get("borrowingLimit")
            most = None if more is None or most is None else most + _amount(more)
        yield slot, most


def _nominal(name: str, one: Mapping[str, Any]) -> Iterable[tuple[Slot, Fraction]]:
    """The nominal quota of a ClusterQueue or Cohort."""
    return ((slot, _amount(resource.get("nominalQuota", 0))) for slot, resource in _quotas(name, one))


def _quotas(name: str, one: Mapping[str, Any]) -> Iterable[tuple[Slot, Mapping[str, Any]]]:
    for group in (one.get("spec") or {}).get("resourceGroups") or ():
        for flavor in group.get("flavors") or ():
            for resource in flavor.get("resources") or ():
                yield (name, str(flavor.get("name")), str(resource.get("name"))), resource


def _amount(value: Any) -> Fraction:
    """A quantity; 0 for what is none, which is a mistake where the scenario is checked."""
    try:
        return exact_quantity(value)
    except ValueError:
        return Fraction(0)


def _holding(slot: Slot, amount: Fraction) -> str:
    name, flavor, resource = slot
    return f"{name} holds {_text(amount, resource)} {resource} of flavor {flavor}"


def _text(amount: Fraction, resource: str) -> str:
    return format_quantity(canonical({resource: amount})[resource], resource)


def without_lost_references(objects: Sequence[Manifest]) -> tuple[list[Manifest], list[str]]:
    """The objects as Kueue takes them where they name what is not there any more, and a sentence for each kind of that.

    A LocalQueue of a ClusterQueue that does not exist gives out nothing, so it is left out and its work waits. A
    ClusterQueue that is being deleted, or names a ResourceFlavor or AdmissionCheck that does not exist, is inactive:
    what it holds it keeps, and it admits nothing. What checks said that do not exist any more decides nothing.
    """
    named = [one for one in objects if one.get("kind") in ("ClusterQueue", "ResourceFlavor", "AdmissionCheck")]
    there = {(str(one["kind"]), str(one["metadata"].get("name"))) for one in named}
    kinds = {kind for kind, _ in there}
    kept: list[Manifest] = []
    orphans, notes = [], []
    for one in objects:
        kind, owner = one.get("kind"), ("ClusterQueue", str((one.get("spec") or {}).get("clusterQueue")))
        if kind == "LocalQueue" and "ClusterQueue" in kinds and owner not in there:
            orphans.append(f"{one['metadata'].get('namespace')}/{one['metadata'].get('name')}")
            continue
        why = _inactive(one, there, kinds) if kind == "ClusterQueue" else ""
        if why:
            notes.append(f"{one['metadata']['name']} is inactive, so it admits nothing: {why}")
        kept.append(_held_back(one, there, kinds) if why else _without_lost_checks(one, there))
    if orphans:
        notes.append(counted("left out, LocalQueues of a ClusterQueue that does not exist, whose work waits", orphans))
    return [*kept, *_stand_ins(kept, there, kinds)], notes


_Names = set[tuple[str, str]]
"""Kind and name of each object that is there."""


def _inactive(queue: Manifest, there: _Names, kinds: set[str]) -> str:
    """Why a ClusterQueue is inactive, "" where it is not for such a reason."""
    if queue["metadata"].get("deletionTimestamp"):
        return "it is being deleted"
    flavors = [name for name in _flavors(queue) if "ResourceFlavor" in kinds and ("ResourceFlavor", name) not in there]
    checks = [name for name in _checks(queue) if "AdmissionCheck" in kinds and ("AdmissionCheck", name) not in there]
    lost = [*(f"ResourceFlavor {name}" for name in flavors), *(f"AdmissionCheck {name}" for name in checks)]
    return f"there is no {', '.join(lost)}" if lost else ""


def _held_back(queue: Manifest, there: _Names, kinds: set[str]) -> Manifest:
    """A ClusterQueue that admits nothing, without the checks that do not exist."""
    spec = dict(queue.get("spec") or {})
    if spec.get("stopPolicy", "None") == "None":
        spec["stopPolicy"] = "Hold"
    if "AdmissionCheck" in kinds:
        strategy = spec.get("admissionChecksStrategy") or {}
        rules = [one for one in strategy.get("admissionChecks") or () if ("AdmissionCheck", one.get("name")) in there]
        spec["admissionChecksStrategy"] = {**strategy, "admissionChecks": rules}
        spec["admissionChecks"] = [one for one in spec.get("admissionChecks") or () if ("AdmissionCheck", one) in there]
        spec = {name: value for name, value in spec.items() if value or not name.startswith("admissionChecks")}
    return {**queue, "spec": spec}


def _without_lost_checks(one: Manifest, there: _Names) -> Manifest:
    """A Workload without the states of checks that do not exist; any other object as it is."""
    states = status_of(one).get("admissionChecks") if one.get("kind") == "Workload" else None
    if not states:
        return one
    left = [state for state in states if ("AdmissionCheck", str(state.get("name"))) in there]
    return {**one, "status": {**status_of(one), "admissionChecks": left}}


def _stand_ins(objects: Iterable[Manifest], there: _Names, kinds: set[str]) -> list[Manifest]:
    """A plain flavor for each that a ClusterQueue names and that does not exist."""
    if "ResourceFlavor" not in kinds:
        return []
    named = [name for one in objects if one.get("kind") == "ClusterQueue" for name in _flavors(one)]
    lost = dict.fromkeys(name for name in named if ("ResourceFlavor", name) not in there)
    head = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor"}
    return [{**head, "metadata": {"name": name}} for name in lost]


def _flavors(queue: Mapping[str, Any]) -> list[str]:
    groups = (queue.get("spec") or {}).get("resourceGroups") or ()
    return [str(flavor.get("name")) for group in groups for flavor in group.get("flavors") or ()]


def _checks(queue: Mapping[str, Any]) -> list[str]:
    spec = queue.get("spec") or {}
    rules = (spec.get("admissionChecksStrategy") or {}).get("admissionChecks") or ()
    return [*map(str, spec.get("admissionChecks") or ()), *(str(one.get("name")) for one in rules)]
