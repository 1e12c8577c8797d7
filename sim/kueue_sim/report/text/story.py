"""What happened, line by line: who was admitted or evicted, when, and why in Kueue's own reasons."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from kueue_sim.engine.controllers.object_changes import changed
from kueue_sim.engine.facts import Fact
from kueue_sim.model import Action
from kueue_sim.report.text.before_the_start import BeforeTheStart
from kueue_sim.report.text.wording import amount, count, fewer_pods, resource_name, rule_in_words, team_name
from kueue_sim.results.quota.field_changes import Change, policy_changes
from kueue_sim.results.quota.quota_over_time import Slot, hours
from kueue_sim.units import format_duration, format_quantity

if TYPE_CHECKING:
    from kueue_sim.results import RunResult


@dataclass(frozen=True, slots=True)
class Line:
    """One decision. ``kind`` is the fact's type; ``team`` and ``workload`` are "" for changes of the policy."""

    at_ms: int
    kind: str
    team: str
    workload: str
    text: str


def story(result: "RunResult") -> Iterator[Line]:
    """Every decision worth telling, in the order it happened; a submission that is admitted at once is one line."""
    return _Telling(result).lines()


_ANSWERS = ("Pending", "Admitted", "Deleted")
"""What a workload hears last at an instant; earlier answers of the same instant are steps on the way."""
_NODE_WORDS = {
    "cordon": "is cordoned",
    "uncordon": "is uncordoned",
    "drain": "is drained",
    "taint": "has other taints",
    "fail": "fails",
    "repair": "is repaired",
    "add-nodes": "is added",
    "remove-node": "is removed",
}
_FIELDS_TOLD = 5
_UNHEARD = "not evaluated yet: behind another workload, or of the same shape as one just refused"


class _Telling:
    """Goes through the facts once, remembering what every slot holds to tell what is borrowed."""

    def __init__(self, result: "RunResult") -> None:
        self._result = result
        self._held: Counter[Slot] = Counter()
        self._now_held: dict[str, Fact] = {}
        self._waiting_since: dict[str, int] = {}
        self._standing: dict[str, int] = {}
        self._policy = result.scenario.policy
        self._actions = [one for one in result.scenario.timeline if one.do in ("apply", "stop")]
        self._before = BeforeTheStart()
        self._namespaces = {key.partition("/")[0] for key in result.history.lives}

    def lines(self) -> Iterator[Line]:
        for _, facts in groupby(self._result.run.facts, key=lambda fact: fact.at_ms):
            instant = list(facts)
            answered = {fact.workload: place for place, fact in enumerate(instant) if fact.type in _ANSWERS}
            for place, fact in enumerate(instant):
                if fact.type == "Pending" and answered[fact.workload] != place:
                    continue
                text = self._text(fact)
                if text:
                    yield Line(fact.at_ms, fact.type, team_name(self._team(fact)), self.name(fact.workload), text)

    def name(self, key: str) -> str:
        """A workload's name; with its namespace only where several teams could have used the same name."""
        namespace, _, name = key.partition("/")
        twins = (f"{other}/{name}" in self._result.history.lives for other in self._namespaces if other != namespace)
        return key if any(twins) else name

    def _team(self, fact: Fact) -> str:
        life = self._result.history.lives.get(fact.workload)
        return fact.cluster_queue or (life.queue if life else "")

    def _text(self, fact: Fact) -> str:
        before = self._so_before(fact)
        if fact.type == "Submitted":
            self._waits(fact)
        elif before and fact.type in ("Evicted", "Deactivated"):
            return before
        elif fact.type == "Pending":
            return f"{self._submitted(fact)}waits: {fact.message or fact.reason}"
        elif fact.type == "Admitted":
            return self._admitted(fact, before)
        elif fact.type == "Resized":
            return self._resized(fact)
        elif fact.type in ("Preempted", "Evicted"):
            return self._evicted(fact)
        elif fact.type == "Unschedulable":
            self._standing.setdefault(fact.workload, fact.at_ms)
            return f"admitted, but some of its pods fit on no node: {fact.message}"
        elif fact.type == "Interrupted":
            self._standing.setdefault(fact.workload, fact.at_ms)
            lost = f", {format_duration(fact.lost_ms)} of work lost" if fact.lost_ms else ""
            happened = "pods died with node" if fact.reason == "NodeFailed" else "pods had to leave node"
            return f"{happened} {fact.message}{lost}"
        elif fact.type == "Started" and fact.workload in self._standing:
            waited = format_duration(fact.at_ms - self._standing.pop(fact.workload))
            return f"its pods run on {fact.message}, after waiting {waited} for nodes"
        elif fact.type in ("Requeued", "Deactivated", "Finished", "Deleted"):
            return self._left(fact)
        elif fact.type == "Policy":
            return self._policy_changed(fact)
        elif fact.type == "Node":
            return f"node {fact.message} {_NODE_WORDS.get(fact.reason, fact.reason)}"
        return ""

    def _so_before(self, fact: Fact) -> str:
        """What the fact says of the time before the simulation began, "" for what happened in it."""
        life = self._result.history.lives.get(fact.workload) if fact.at_ms == 0 else None
        return "" if life is None else self._before.words(life.workload, fact)

    def _waits(self, fact: Fact) -> None:
        workload = self._result.history.lives[fact.workload].workload
        self._waiting_since[fact.workload] = fact.at_ms if workload.status is None else workload.waits_from_ms

    def _admitted(self, fact: Fact, before: str) -> str:
        since = self._waiting_since.pop(fact.workload, fact.at_ms)
        self._give_back(self._result.history.lives[fact.workload].workload.replaces or "")
        self._now_held[fact.workload] = fact
        waited = format_duration(fact.at_ms - since)
        now = f"admitted after {waited}" if fact.at_ms > since else f"{self._submitted(fact)}admitted at once"
        when = before or now
        parts = []
        for resource, flavor, used in _usage(fact):
            slot = (fact.cluster_queue, flavor, resource)
            over = self._over(slot, fact.at_ms)
            self._held[slot] += used
            borrowed = self._over(slot, fact.at_ms) - over
            note = f" ({format_quantity(borrowed, resource)} borrowed)" if borrowed else ""
            if used:
                parts.append(f"{format_quantity(used, resource)} {resource_name(resource)} of {flavor}{note}")
        fewer = fewer_pods(self._result.history.lives[fact.workload].workload, fact.pod_sets)
        when = f"{when} with {fewer}" if fewer else when
        return f"{when}: {', '.join(parts)}" if parts else when

    def _resized(self, fact: Fact) -> str:
        """Less quota: some of its pods need none any more."""
        before = self._now_held.get(fact.workload)
        for resource, flavor, used in _usage(before) if before is not None else []:
            self._held[fact.cluster_queue, flavor, resource] -= used
        self._now_held[fact.workload] = fact
        parts = []
        for resource, flavor, used in _usage(fact):
            self._held[fact.cluster_queue, flavor, resource] += used
            parts.append(f"{format_quantity(used, resource)} {resource_name(resource)} of {flavor}")
        return f"some pods need no quota any more; keeps {', '.join(parts)}"

    def _submitted(self, fact: Fact) -> str:
        return "submitted, " if self._result.history.lives[fact.workload].submitted_ms == fact.at_ms else ""

    def _over(self, slot: Slot, at_ms: int) -> int:
        nominal = self._result.figures.nominal.get(slot)
        quota = nominal.value(at_ms) if nominal else 0
        return max(0, self._held[slot] - quota)

    def _evicted(self, fact: Fact) -> str:
        verb = fact.type.lower()
        by = f" by {team_name(self._life_queue(fact.by))}'s {self.name(fact.by)}" if fact.by else ""
        lost = ""
        if fact.lost_ms and fact.workload in self._now_held:
            had = _usage(self._now_held[fact.workload])
            counted = self._result.resources
            resource = next((one for one in counted if any(name == one for name, _, _ in had)), counted[0])
            units = sum(used for name, _, used in had if name == resource)
            cost = amount(hours(units * fact.lost_ms, resource), resource)
            thrown = f" ({cost} {resource_name(resource)}-h)" if units else ""
            lost = f"; loses {format_duration(fact.lost_ms)} of work{thrown}"
        return f"{verb}{by}, {fact.reason}: {rule_in_words(fact.reason)}{lost}"

    def _policy_changed(self, fact: Fact) -> str:
        """What happened to an object of the policy, and which quota it has now where that is another."""
        name = fact.cluster_queue
        if fact.reason == "Terminating":
            return f"ClusterQueue {name} is deleted: it admits nothing and stays until its workloads end"
        if fact.reason == "Deleted":
            return f"{name} is gone"
        parts = []
        for (owner, flavor, resource), nominal in self._result.figures.nominal.items():
            before, now = nominal.value(fact.at_ms - 1), nominal.value(fact.at_ms)
            if owner == name and resource in self._result.resources and fact.at_ms and before != now:
                then = format_quantity(before, resource)
                parts.append(f"{format_quantity(now, resource)} {resource_name(resource)} of {flavor} (was {then})")
        told = [f"quota {', '.join(parts)}"] if parts else []
        told += self._fields_changed(fact, self._result.resources if parts else ())
        return ", ".join([f"the policy changed: {name}", *told])

    def _fields_changed(self, fact: Fact, told: Iterable[str]) -> list[str]:
        """What else an action changes in the policy, field by field, without quota of resources that is ``told``."""
        due = (one for one in self._actions if one.at_ms <= fact.at_ms and _of(one) == fact.cluster_queue)
        action = next(due, None)
        if action is None:
            return []
        self._actions.remove(action)
        former, self._policy = self._policy, changed(self._policy, action)
        quota = tuple(f"{resource}.nominalQuota" for resource in told)
        found = [
            f"{_field(change, len(action.objects) > 1)} {change.after} (was {change.before})"
            for change in policy_changes(former, self._policy)
            if not (change.object.startswith("ClusterQueue") and change.field.endswith(quota))
        ]
        more = [f"and {count(len(found) - _FIELDS_TOLD, 'more change')}"] if len(found) > _FIELDS_TOLD else []
        return found[:_FIELDS_TOLD] + more

    def _life_queue(self, key: str) -> str:
        return self._result.history.lives[key].queue

    def _give_back(self, key: str) -> None:
        """A workload holds nothing any more: it has left, or another slice of its job takes its place."""
        held = self._now_held.pop(key, None)
        if held is not None:
            for resource, flavor, used in _usage(held):
                self._held[held.cluster_queue, flavor, resource] -= used

    def _left(self, fact: Fact) -> str:
        self._give_back(fact.workload)
        self._standing.pop(fact.workload, None)
        if fact.type == "Requeued":
            self._waiting_since[fact.workload] = fact.at_ms
            return ""
        return fact.type.lower()


def _of(action: Action) -> str:
    """What the fact of an action calls what it changes."""
    return action.target or ", ".join(one.name for one in action.objects)


def _field(change: Change, several: bool) -> str:
    """A field, with its object where there are several, or an object as a whole."""
    return f"{change.object} {change.field}" if change.field and several else change.field or change.object


def _usage(fact: Fact) -> list[tuple[str, str, int]]:
    """Resource, flavor and amount of an admission, all pod sets together, in the order of the request."""
    found: Counter[tuple[str, str]] = Counter()
    for item in fact.pod_sets:
        for resource, flavor in item.flavors.items():
            found[resource, flavor] += item.usage.get(resource, 0)
    return [(resource, flavor, used) for (resource, flavor), used in found.items()]


def waiting(result: "RunResult") -> list[tuple[str, int, float, str, str]]:
    """What still waits at the end: team, workloads, longest wait in seconds, one of them, Kueue's message.

    Grouped by team and message, the most frequent first.
    """
    groups: dict[tuple[str, str], list[tuple[int, str]]] = {}
    heads = _strict_heads(result)
    for key, (reason, message) in result.run.pending.items():
        life = result.history.lives[key]
        since = life.waiting_since if life.waiting_since is not None else result.run.end_ms
        groups.setdefault((life.queue, message or reason or heads.get(life.queue, _UNHEARD)), []).append((since, key))
    rows = [
        (team_name(team), len(members), (result.run.end_ms - min(members)[0]) / 1000, min(members)[1], message)
        for (team, message), members in groups.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0], row[4]))


def _strict_heads(result: "RunResult") -> dict[str, str]:
    """Behind whom others wait at the end, of the StrictFIFO queues with a head that was refused (R3.11)."""
    strict = {one.name for one in result.scenario.policy.cluster_queues if one.queueing_strategy == "StrictFIFO"}
    heads: dict[str, tuple[int, int, str]] = {}
    for key, (_, message) in result.run.pending.items():
        life = result.history.lives[key]
        if message and life.queue in strict and life.waiting_since is not None:
            rank = (life.workload.priority, -life.waiting_since, key)
            heads[life.queue] = max(rank, heads.get(life.queue, rank))
    return {
        queue: f"not evaluated: behind {key} at the head of their StrictFIFO queue"
        for queue, (_, _, key) in heads.items()
    }
