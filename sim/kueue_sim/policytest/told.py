"""What became of each workload, instant by instant: the facts of a run arranged for questions about decisions."""

from collections.abc import Iterable

from kueue_sim.engine.facts import Fact, Run
from kueue_sim.model import TopologyAssignment

WAITS, RESERVED, ADMITTED = "waits", "holds quota without being admitted", "admitted"
EVICTED, FINISHED, DELETED, DEACTIVATED = "being evicted", "finished", "deleted", "deactivated"
_STATE_AFTER = {
    "Submitted": WAITS,
    "Requeued": WAITS,
    "QuotaReserved": RESERVED,
    "Admitted": ADMITTED,
    "Preempted": EVICTED,
    "Evicted": EVICTED,
    "Deactivated": DEACTIVATED,
    "Reactivated": WAITS,
    "Finished": FINISHED,
    "Deleted": DELETED,
}


class Lives:
    """The facts about each workload, in order. ``keys`` are the workloads submitted, in order of submission."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._facts: dict[str, list[Fact]] = {}
        for fact in run.facts:
            if fact.workload:
                self._facts.setdefault(fact.workload, []).append(fact)
        self.keys = tuple(self._facts)

    def of(self, key: str, *types: str) -> list[Fact]:
        """The facts of these types about one workload."""
        return [fact for fact in self._facts.get(key, ()) if fact.type in types]

    def state(self, key: str, at_ms: int) -> str:
        """How the workload stands once that instant has settled; "" before it is submitted."""
        state = ""
        for fact in self._until(key, at_ms):
            state = _STATE_AFTER.get(fact.type, state)
        return state

    def admission(self, key: str, at_ms: int) -> Fact | None:
        """The admission that holds at that instant, None when the workload holds none."""
        found = None
        for fact in self._until(key, at_ms):
            if fact.type == "Admitted":
                found = fact
            elif fact.type in _STATE_AFTER:
                found = None
        return found

    def answer(self, key: str, at_ms: int | None) -> tuple[str, str]:
        """Reason and message of the last evaluation at that instant, None: at the end; empty when there was none."""
        if at_ms is None and key in self._run.pending:
            return self._run.pending[key]
        end = self._run.end_ms if at_ms is None else at_ms
        found = ("", "")
        for fact in self._until(key, end):
            if fact.type == "Pending":
                found = (fact.reason, fact.message)
            elif fact.type == "Admitted":
                found = ("", "")
        return found

    def _until(self, key: str, at_ms: int) -> Iterable[Fact]:
        return (fact for fact in self._facts.get(key, ()) if fact.at_ms <= at_ms)


def exact(at_ms: int) -> str:
    """An instant to the millisecond, which ``format_duration`` would round: ``1h 20s``."""
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        number, at_ms = divmod(at_ms, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts) or "0s"


def told(fact: Fact) -> str:
    """One decision in words, as expectations, recordings and failures print it."""
    when = exact(fact.at_ms)
    if fact.type == "Admitted":
        return f"{when} admitted {fact.workload} in {fact.cluster_queue}: {places(fact)}"
    if fact.type == "Preempted":
        return f"{when} preempted {fact.workload} by {fact.by} ({fact.reason})"
    if fact.type == "Evicted":
        return f"{when} evicted {fact.workload} ({fact.reason})"
    return f"{when} {fact.type.lower()} {fact.workload}"


def places(fact: Fact) -> str:
    """Pods and flavor per resource of an admission: ``main 4 × nvidia.com/gpu=a100``."""
    parts = []
    for item in fact.pod_sets:
        flavors = " ".join(f"{resource}={flavor}" for resource, flavor in sorted(item.flavors.items()))
        domains = _domains(item.topology)
        parts.append(f"{item.name} {item.count} × {flavors or 'no quota'}{domains}")
    return ", ".join(parts)


def _domains(topology: TopologyAssignment | None) -> str:
    if topology is None:
        return ""
    return " on " + " ".join(f"{'/'.join(domain.values)}:{domain.count}" for domain in topology.domains)


def recorded(run: Run) -> tuple[str, ...]:
    """Every decision of a run, one line each, in an order that does not depend on ties inside an instant."""
    types = ("Admitted", "Preempted", "Evicted", "Finished")
    rank = {"Finished": 0, "Preempted": 1, "Evicted": 1, "Admitted": 2}
    facts = [fact for fact in run.facts if fact.type in types]
    facts.sort(key=lambda fact: (fact.at_ms, rank[fact.type], fact.workload))
    waiting = sorted(f"end waits {key}" for key, state in run.states.items() if state == "pending")
    return (*map(told, facts), *waiting)
