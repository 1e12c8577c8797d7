"""What became of the objects of a dump? One line per kind of thing, by the names users know."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kueue_sim.inputs.kueue.references import MULTIKUEUE
from kueue_sim.inputs.recorded.conditions import condition, is_true, status_of

MOST_NAMES = 8
"""Names in a line; more are counted."""
_POLICY = ("ClusterQueue", "Cohort", "LocalQueue", "ResourceFlavor", "Topology", "AdmissionCheck")


def job_name(workload: Mapping[str, Any]) -> str:
    """Namespace and name of the job a Workload was made for; without an owner its own."""
    metadata = workload["metadata"]
    owners = [one for one in metadata.get("ownerReferences") or () if one.get("kind") != "Workload"]
    name = owners[0].get("name") if len(owners) == 1 else metadata.get("name")
    return f"{metadata.get('namespace')}/{name}"


def job_names(workloads: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """The names of the jobs that Workloads were made for, by namespace and name of the Workload; without those of
    which a namespace has several, such as slices of elastic jobs, or which are the name of another Workload."""
    found = {
        (str(one["metadata"].get("namespace")), str(one["metadata"].get("name"))): job_name(one).partition("/")[2]
        for one in workloads
    }
    taken = Counter((namespace, name) for (namespace, _), name in found.items())
    return {
        own: name
        for own, name in found.items()
        if name != own[1] and taken[own[0], name] == 1 and (own[0], name) not in found
    }


def state_of(workload: Mapping[str, Any], queues: Iterable[tuple[str, str]], at: str) -> str:
    """What an unfinished Workload does at the instant of the dump, in words. ``queues`` are the LocalQueues there
    are."""
    holds = is_true(workload, "QuotaReserved") and bool(status_of(workload).get("admission"))
    if holds:
        if is_true(workload, "Evicted"):
            return "evicted, pods still end"
        return "running" if is_true(workload, "Admitted") else "quota reserved, checks outstanding"
    if (workload.get("spec") or {}).get("active") is False:
        return "inactive"
    if (condition(workload, "QuotaReserved") or {}).get("reason") == "AdmissionGated":
        return "held back by an admission gate"
    namespace, queue = str(workload["metadata"].get("namespace")), str(workload["spec"].get("queueName"))
    if (namespace, queue) not in queues:
        return "waiting for a LocalQueue that does not exist"
    until = (status_of(workload).get("requeueState") or {}).get("requeueAt")
    return "waiting for the end of a backoff" if until is not None and until > at else "waiting"


_STATES = (
    "running",
    "quota reserved, checks outstanding",
    "evicted, pods still end",
    "waiting",
    "waiting for the end of a backoff",
    "waiting for a LocalQueue that does not exist",
    "held back by an admission gate",
    "inactive",
)


_UNTOLD = {
    "quota reserved, checks outstanding": "when outstanding checks answer is in no dump: they are Ready at once; "
    "admissionChecks says what they answer and when",
    "evicted, pods still end": "how long evicted pods take to end is in no dump: they have ended at the start; "
    "timing.termination says how long",
}
"""What a dump does not tell of the work in a state, what is taken for it, and where another answer is given."""


def untold(workloads: Iterable[Mapping[str, Any]], queues: Iterable[tuple[str, str]], at: str) -> list[str]:
    """What is assumed of work because a dump does not tell it."""
    known, workloads = set(queues), list(workloads)
    found = {state_of(one, known, at) for one in workloads}
    lines = [line for state, line in _UNTOLD.items() if state in found]
    unready: dict[str, list[str]] = {}
    for one in workloads:
        ready = condition(one, "PodsReady") if state_of(one, known, at) == "running" else None
        if ready is not None and ready.get("status") == "False":
            recovers = ready.get("reason") == "WaitForRecovery"
            unready.setdefault(_RECOVERY if recovers else _START, []).append(job_name(one))
    return [*lines, *(counted(what, names) for what, names in sorted(unready.items()))]


_START = (
    "when pods that are not ready yet become so is in no dump: they are at the start; podsReady of a workload says "
    "when (--set workloads.NAME.podsReady=20m)"
)
_RECOVERY = (
    "when pods that failed are ready again is in no dump: they never are, so that their recovery timeout evicts them; "
    "podsReady in the timeline says when"
)


def dispatched(workloads: Iterable[Mapping[str, Any]], policy: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is taken for work that holds quota here and that MultiKueue sends to another cluster."""
    specs = {(one.get("kind"), one["metadata"].get("name")): one.get("spec") or {} for one in policy}
    found = []
    for one in workloads:
        status = status_of(one)
        controllers = [
            specs.get(("AdmissionCheck", check.get("name")), {}).get("controllerName")
            for check in status.get("admissionChecks") or ()
        ]
        if MULTIKUEUE in controllers and is_true(one, "QuotaReserved") and status.get("admission"):
            found.append(job_name(one) + (f" on {status['clusterName']}" if status.get("clusterName") else ""))
    return [counted("of other clusters (MultiKueue), they take no node here", found)] if found else []


def work_lines(workloads: Iterable[Mapping[str, Any]], queues: Iterable[tuple[str, str]], at: str) -> list[str]:
    """A line for each state in which there is work."""
    known = set(queues)
    found: dict[str, list[str]] = {}
    for one in workloads:
        found.setdefault(state_of(one, known, at), []).append(job_name(one))
    return [counted(state, found[state]) for state in _STATES if state in found]


def counted(what: str, names: Sequence[str]) -> str:
    """``running: 3 (a/x, a/y, b/z)``; of many names the first ones."""
    shown = ", ".join(names[:MOST_NAMES])
    more = f", and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{what}: {len(names)} ({shown}{more})"


def policy_line(policy: Iterable[Mapping[str, Any]]) -> str:
    """How many policy objects of each kind there are."""
    numbers: dict[str, int] = {}
    for one in policy:
        kind = str(one.get("kind"))
        numbers[kind] = numbers.get(kind, 0) + 1
    kinds = [kind for kind in _POLICY if kind in numbers] + sorted(set(numbers) - set(_POLICY))
    return "policy: " + ", ".join(f"{numbers[kind]} {kind}" for kind in kinds)
