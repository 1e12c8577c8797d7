"""What happened to one Workload, as far as the states tell that a watch saw of it?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kueue_sim.inputs.recorded.conditions import Manifest, condition, eviction_count, is_true, since, status_of
from kueue_sim.units import parse_instant

_STATES = ("QuotaReserved", "Admitted", "Evicted", "Finished", "PodsReady")


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was decided or happened at an instant: *Admitted* with the flavors, *Evicted* with the reason,
    *Finished*. ``message`` is Kueue's."""

    at: str
    type: str
    what: str = ""
    message: str = ""


@dataclass(slots=True)
class Watched:
    """One Workload. ``first`` is how it was seen first, ``last`` the state before the next one, empty before the first;
    ``existed`` says whether it was there before the watch began: then the lists begin with what it held by then.
    ``earlier`` counts the admissions before those."""

    first: Manifest
    existed: bool
    last: Manifest
    decisions: list[Decision] = field(default_factory=list)
    ready: list[str | None] = field(default_factory=list)
    reserved: list[str] = field(default_factory=list)
    checks: list[dict[str, tuple[str, str]]] = field(default_factory=list)
    releases: list[int] = field(default_factory=list)
    """Seconds from each eviction to the release of its quota."""
    changes: list[tuple[str, str, Any]] = field(default_factory=list)
    """Instant, name and value of what changed: ``priority``, ``active``, ``by Kueue`` (it is not active any more),
    ``ready``, ``deleted``, ``check`` (its name and state), ``reclaimable`` (pod sets and pods)."""
    dated: int = 0
    earlier: int = 0

    @property
    def admitted(self) -> list[str]:
        """When it was admitted, the admission included that it had when the watch began."""
        at_first = since(self.first, "Admitted") if self.existed and is_true(self.first, "Admitted") else None
        held = [at_first] if at_first else []
        return held + [item.at for item in self.decisions if item.type == "Admitted"]

    @property
    def gone(self) -> bool:
        """Whether it was deleted before it had finished."""
        return any(what == "deleted" for _, what, _ in self.changes)

    def take_over(self) -> None:
        """What a Workload has when the watch begins: an admission, answers of checks, and how often it was evicted."""
        first = self.first
        holds = is_true(first, "QuotaReserved") and bool(status_of(first).get("admission"))
        self.earlier = eviction_count(first) - (holds and is_true(first, "Evicted"))
        if holds:
            self.reserved.append(since(first, "QuotaReserved") or "")
            self.checks.append({})
            self._note_checks(first, self.reserved[-1])
        if self.admitted:
            self.ready.append(since(first, "PodsReady") if is_true(first, "PodsReady") else None)

    def follow(self, now: Manifest, clock: str) -> None:
        """What changed since the last state of this Workload; ``clock`` is taken for changes that leave no time."""
        before: Mapping[str, Any] = self.last or {"metadata": {}, "status": {}}
        turned = {kind for kind in _STATES if is_true(now, kind) and _moved(before, now, kind)}
        if "QuotaReserved" in turned:
            self.reserved.append(since(now, "QuotaReserved") or clock)
            self.checks.append({})
        if "Admitted" in turned:
            self.ready.append(None)
            self.decisions.append(Decision(since(now, "Admitted") or clock, "Admitted", _flavors_of(now)))
        self._note_readiness(before, now, turned, clock)
        if "Evicted" in turned:
            self._note_eviction(now, clock)
        if is_true(before, "Admitted") and is_true(before, "QuotaReserved") and not is_true(now, "QuotaReserved"):
            evicted_at, free_at = since(now, "Evicted"), since(now, "QuotaReserved")
            if evicted_at and free_at:
                self.releases.append((parse_instant(free_at) - parse_instant(evicted_at)) // 1000)
        if "Finished" in turned:
            self.decisions.append(Decision(since(now, "Finished") or clock, "Finished"))
        if self.checks and is_true(now, "QuotaReserved"):
            self._note_checks(now, clock)
        reclaimable = _reclaimable(now)
        if reclaimable != _reclaimable(before) and reclaimable:
            self.changes.append((clock, "reclaimable", reclaimable))
        if self.last:
            self._note_changes(now, clock)

    def _note_readiness(self, before: Mapping[str, Any], now: Manifest, turned: set[str], clock: str) -> None:
        """When the pods were ready first after an admission; what they are later is a change."""
        if "PodsReady" in turned and self.ready and self.ready[-1] is None:
            self.ready[-1] = since(now, "PodsReady")
        elif "PodsReady" in turned:
            self.changes.append((since(now, "PodsReady") or clock, "ready", True))
        running = is_true(now, "Admitted") and not is_true(now, "Evicted")
        if running and is_true(before, "PodsReady") and not is_true(now, "PodsReady") and "QuotaReserved" not in turned:
            self.changes.append((since(now, "PodsReady") or clock, "ready", False))

    def _note_eviction(self, now: Manifest, clock: str) -> None:
        evicted = condition(now, "Evicted") or {}
        if self.changes and self.changes[-1][1:] == ("active", False) and _of_kueue(evicted):
            self.changes[-1] = (self.changes[-1][0], "by Kueue", False)
        at, reason, message = since(now, "Evicted") or clock, str(evicted.get("reason")), str(evicted.get("message"))
        self.decisions.append(Decision(at, "Evicted", reason, message))

    def _note_checks(self, now: Manifest, clock: str) -> None:
        """The first answer of each check to the present reservation; ``Pending`` until there is one. What a check says
        after its answer is a change."""
        said = self.checks[-1]
        former = {one.get("name"): one.get("state") for one in status_of(self.last).get("admissionChecks") or ()}
        for one in status_of(now).get("admissionChecks") or ():
            name, state, at = str(one.get("name")), str(one.get("state")), str(one.get("lastTransitionTime") or clock)
            if said.get(name, ("Pending", ""))[0] == "Pending":
                said[name] = (state, at)
            elif state not in ("Pending", former.get(name)):
                self.changes.append((at, "check", (name, state)))

    def _note_changes(self, now: Manifest, clock: str) -> None:
        """What somebody changed in its spec since the last state: priority, and whether it is active."""
        old, new = self.last.get("spec") or {}, now.get("spec") or {}
        if old.get("priority") != new.get("priority") and new.get("priority") is not None:
            self.changes.append((clock, "priority", new["priority"]))
        active = bool(new.get("active", True))
        by_kueue = not active and is_true(now, "Evicted") and _of_kueue(condition(now, "Evicted") or {})
        if bool(old.get("active", True)) != active and not by_kueue:
            self.changes.append((clock, "active", active))


def _of_kueue(evicted: Mapping[str, Any]) -> bool:
    """Whether Kueue deactivated it, and not a user."""
    return str(evicted.get("reason")).startswith("DeactivatedDueTo")


def _reclaimable(manifest: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(str(one["name"]), int(one["count"])) for one in status_of(manifest).get("reclaimablePods") or ()]


def _moved(before: Mapping[str, Any], now: Mapping[str, Any], kind: str) -> bool:
    return not is_true(before, kind) or since(before, kind) != since(now, kind)


def _flavors_of(manifest: Mapping[str, Any]) -> str:
    """What an admission gave, as text: flavors and pods of each pod set."""
    admission = status_of(manifest).get("admission") or {}
    parts = []
    for one in admission.get("podSetAssignments") or ():
        flavors = ", ".join(f"{name} {flavor}" for name, flavor in sorted((one.get("flavors") or {}).items()))
        parts.append(f"{one.get('name')} {one.get('count')} ({flavors})")
    return f"{admission.get('clusterQueue')}: {'; '.join(sorted(parts))}"
