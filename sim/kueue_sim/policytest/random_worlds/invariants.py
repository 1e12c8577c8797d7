"""What must hold in every run, whatever the policy: replays the facts and reports each breach in words.

Where the timeline changes the policy, each decision is held against the policy of its instant. Nothing here asks for
usage within quota while evicted workloads still hold theirs: Kueue itself admits others before those are gone (rule
R12.4).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

from kueue_sim.engine.facts import Fact, Run
from kueue_sim.model import Action, ClusterQueue, Cohort, PreemptionPolicy, Scenario, StopPolicy, Workload
from kueue_sim.policytest.random_worlds.reference_quota import ReferenceQuota, Slot, amounts_of
from kueue_sim.policytest.told import told
from kueue_sim.units import format_duration

_WAITING, _HOLDING, _LEAVING, _GONE = "waiting", "holding", "leaving", "gone"
_AFTER_CHANGES = frozenset(("Policy", "QuotaReserved", "Admitted", "Preempted", "Pending"))
"""Facts that cycles and the change itself bring about; the others of an instant may also come before it."""


@dataclass(slots=True)
class _Life:
    workload: Workload
    state: str = ""
    since_ms: int = 0
    fewer: Fraction = Fraction(1)
    reserved: bool = False
    """Whether it holds quota while its admission checks are not ready."""
    backs_off: bool = False
    """Whether a check told it to try again later, and it has not come back for that since."""
    queued_ms: int = -1
    """When it took its place in the queue; before the end of an admission that moves it, its creation."""
    held: dict[Slot, int] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, int, str]:
        """Place in a strict queue: priority, age, uid (R3.3)."""
        since_ms = self.workload.created_ms if self.queued_ms < 0 else self.queued_ms
        return -self.workload.priority, since_ms // 1000, self.workload.uid


def breaches(scenario: Scenario, run: Run) -> list[str]:
    """Every invariant that a run breaks, each with the fact that broke it. Empty for a sound run."""
    return _Replay(scenario, run).breaches()


class _Replay:
    """Walks through the facts, keeping books of its own."""

    def __init__(self, scenario: Scenario, run: Run) -> None:
        self._run = run
        self._policy = scenario.policy
        changes = [action for action in scenario.timeline if action.do in ("apply", "stop")]
        self._changes = sorted(changes, key=lambda action: action.at_ms)[::-1]
        self._books = ReferenceQuota(scenario.policy)
        self._queues = {queue.name: queue for queue in scenario.policy.cluster_queues}
        self._fair = scenario.settings.fair_sharing is not None
        self._shares_only = self._fair and scenario.settings.release.shares_alone
        target = {(queue.namespace, queue.name): queue.cluster_queue for queue in scenario.policy.local_queues}
        self._lives = {workload.key: _Life(workload) for workload in scenario.workloads}
        self._queue_of = {
            key: target.get((life.workload.namespace, life.workload.queue_name), "")
            for key, life in self._lives.items()
        }
        self._horizon = scenario.horizon_ms
        self._found: list[str] = []

    def breaches(self) -> list[str]:
        handlers: dict[str, Callable[[Fact, _Life], None]] = {
            "Submitted": self._submitted,
            "QuotaReserved": self._quota_reserved,
            "Check": self._checked,
            "Admitted": self._admitted,
            "Started": self._started,
            "Preempted": self._preempted,
            "Evicted": self._evicted,
            "Requeued": self._requeued,
            "Finished": self._finished,
            "Deleted": self._deleted,
        }
        last = 0
        for fact in self._run.facts:
            self._ask(fact.at_ms >= last, fact, "happens before the fact recorded ahead of it")
            last = fact.at_ms
            while self._changes and self._is_changed(fact):
                self._change(self._changes.pop())
            handler = handlers.get(fact.type)
            if handler is not None:
                handler(fact, self._lives[fact.workload])
        if self._horizon is not None and last > self._horizon:
            self._found.append(f"something happens at {format_duration(last)}, after the horizon")
        self._compare_states()
        return self._found

    def _ask(self, holds: bool, fact: Fact, problem: str) -> None:
        if not holds:
            self._found.append(f"{told(fact)}: {problem}")

    def _expect(self, fact: Fact, life: _Life, *states: str) -> None:
        self._ask(life.state in states, fact, f"it was {life.state or 'never submitted'}")

    # -- the policy ---------------------------------------------------------------------------------------

    def _is_changed(self, fact: Fact) -> bool:
        """Whether the next change came before this fact: ends and arrivals of its instant precede it, cycles follow."""
        at_ms = self._changes[-1].at_ms
        return at_ms < fact.at_ms or (at_ms == fact.at_ms and fact.type in _AFTER_CHANGES)

    def _change(self, action: Action) -> None:
        """From now on the policy is another; what is held stays charged."""
        queues = {queue.name: queue for queue in self._policy.cluster_queues}
        cohorts = {cohort.name: cohort for cohort in self._policy.cohorts}
        if action.do == "stop" and action.target in queues:
            queues[action.target] = replace(queues[action.target], stop_policy=StopPolicy(action.stop_policy))
        queues |= {one.name: one for one in action.objects if isinstance(one, ClusterQueue)}
        cohorts |= {one.name: one for one in action.objects if isinstance(one, Cohort)}
        self._policy = replace(self._policy, cluster_queues=tuple(queues.values()), cohorts=tuple(cohorts.values()))
        self._books, self._queues = ReferenceQuota(self._policy), queues
        for key, life in self._lives.items():
            if life.state == _HOLDING:
                self._books.charge(self._queue_of[key], life.held)

    # -- one fact -----------------------------------------------------------------------------------------

    def _submitted(self, fact: Fact, life: _Life) -> None:
        self._expect(fact, life, "")
        self._ask(fact.at_ms == life.workload.created_ms, fact, "submitted at another time than it says")
        life.state = _WAITING

    def _quota_reserved(self, fact: Fact, life: _Life) -> None:
        """Quota is held from now on, the checks are still asked."""
        self._takes_quota(fact, life)
        life.reserved = True

    def _admitted(self, fact: Fact, life: _Life) -> None:
        """With quota that was reserved before, it is the same quota."""
        if not life.reserved:
            self._takes_quota(fact, life)
            return
        self._expect(fact, life, _HOLDING)
        self._ask(life.held == amounts_of(fact.pod_sets), fact, f"{life.held} was reserved")
        life.reserved, life.since_ms = False, fact.at_ms

    def _checked(self, fact: Fact, life: _Life) -> None:
        """With Retry a backoff begins, which holds even if the workload is preempted before its check evicts it."""
        life.backs_off = life.backs_off or fact.reason == "Retry"

    def _started(self, fact: Fact, life: _Life) -> None:
        """Its pods run from now on."""
        self._expect(fact, life, _HOLDING)
        life.since_ms = fact.at_ms

    def _takes_quota(self, fact: Fact, life: _Life) -> None:
        """Quota and limits hold without those that leave; a strict queue keeps its order; no stopped queue admits."""
        self._expect(fact, life, _WAITING)
        queue = self._queue_of[fact.workload]
        self._ask(fact.cluster_queue == queue, fact, f"its ClusterQueue is {queue}")
        self._ask(self._queues[queue].stop_policy is StopPolicy.NONE, fact, f"{queue} is stopped")
        life.state, life.since_ms, life.held, life.backs_off = _HOLDING, fact.at_ms, amounts_of(fact.pod_sets), False
        self._sizes(fact, life)
        excess = self._books.overcharge(queue, life.held)
        self._ask(not excess, fact, f"admitted although then {excess}")
        if self._queues[queue].queueing_strategy == "StrictFIFO":
            mine = {key: other for key, other in self._lives.items() if self._queue_of[key] == queue}
            waiting = [key for key, other in mine.items() if other.state == _WAITING and not other.backs_off]
            ahead = [key for key in waiting if mine[key].order < life.order]
            self._ask(not ahead, fact, f"admitted before {', '.join(ahead)} in a StrictFIFO queue")
        life.queued_ms = -1

    def _sizes(self, fact: Fact, life: _Life) -> None:
        """Every pod set gets all its pods, or at least the fewest it accepts, and exactly what those request."""
        life.fewer = Fraction(1)
        given = {item.name: item for item in fact.pod_sets}
        for pods in life.workload.pod_sets:
            item = given.get(pods.name)
            if item is None:
                self._ask(not any(pods.requests.values()), fact, f"nothing for pod set {pods.name}")
                continue
            fewest = pods.count if pods.min_count is None else pods.min_count
            self._ask(fewest <= item.count <= pods.count, fact, f"{item.count} pods for pod set {pods.name}")
            if life.workload.keeps_work and 0 < item.count < pods.count:
                life.fewer = Fraction(item.count, pods.count)
            wanted = {name: amount * item.count for name, amount in pods.requests.items() if amount}
            given_amounts = {name: amount for name, amount in item.usage.items() if amount}
            self._ask(given_amounts == wanted, fact, f"{given_amounts} for requests of {wanted}")

    def _preempted(self, fact: Fact, life: _Life) -> None:
        self._expect(fact, life, _HOLDING)
        problem = self._forbidden(fact, life.workload, self._lives[fact.by].workload)
        self._ask(not problem, fact, problem)
        self._ask(self._lives[fact.by].state == _WAITING, fact, "the preemptor does not wait")
        self._leave(life)

    def _forbidden(self, fact: Fact, victim: Workload, preemptor: Workload) -> str:
        """Why the preemptor's policy does not allow this victim with this reason (R10.8, R10.34, R11.51)."""
        queue, other = self._queue_of[preemptor.key], self._queue_of[victim.key]
        rules = self._queues[queue].preemption
        own = fact.reason == "InClusterQueue"
        if own is not (queue == other):
            return f"reason {fact.reason} between {queue} and {other}"
        if other not in self._books.neighbours(queue):
            return f"{other} is in another tree than {queue}"
        if fact.reason == "InCohortFairSharing" and not self._fair:
            return "fair sharing is off"
        if fact.reason == "InCohortReclaimWhileBorrowing":
            threshold = rules.max_priority_threshold
            if self._shares_only or rules.borrow_within_cohort is PreemptionPolicy.NEVER:
                return "borrowWithinCohort is off"
            if victim.priority >= preemptor.priority or (threshold is not None and victim.priority > threshold):
                return f"priority {victim.priority} is not below {preemptor.priority} and threshold {threshold}"
        policy = rules.within_cluster_queue if own else rules.reclaim_within_cohort
        allowed = policy is PreemptionPolicy.ANY or victim.priority < preemptor.priority
        if policy is PreemptionPolicy.LOWER_OR_NEWER_EQUAL_PRIORITY and victim.priority == preemptor.priority:
            allowed = preemptor.created_ms // 1000 < victim.created_ms // 1000
        if policy is PreemptionPolicy.NEVER or not allowed:
            return f"policy {policy} does not allow priority {victim.priority} for {preemptor.priority}"
        return ""

    def _evicted(self, fact: Fact, life: _Life) -> None:
        """One that a check ends takes a new place in the queue (R3.4)."""
        self._expect(fact, life, _HOLDING)
        if fact.reason == "AdmissionCheck":
            life.backs_off, life.queued_ms = False, fact.at_ms
        self._leave(life)

    def _leave(self, life: _Life) -> None:
        """Its quota no longer counts: later admissions may already rely on it (R12.3)."""
        life.state, life.reserved = _LEAVING, False
        self._books.charge(self._queue_of[life.workload.key], life.held, -1)

    def _requeued(self, fact: Fact, life: _Life) -> None:
        self._expect(fact, life, _LEAVING)
        life.state = _WAITING

    def _finished(self, fact: Fact, life: _Life) -> None:
        self._expect(fact, life, _HOLDING)
        """Work runs as long as it says, and longer in proportion where fewer pods share it."""
        ran, runtime = fact.at_ms - life.since_ms, life.workload.runtime_ms
        lasts = None if runtime is None else ceil(runtime / life.fewer)
        self._ask(ran == lasts, fact, f"ran {format_duration(ran)}")
        self._leave(life)
        life.state = _GONE

    def _deleted(self, fact: Fact, life: _Life) -> None:
        if life.state == _HOLDING:
            self._leave(life)
        life.state = _GONE

    # -- the end ------------------------------------------------------------------------------------------

    def _compare_states(self) -> None:
        """The final states the run reports are those its facts lead to."""
        words = {"pending": _WAITING, "quotaReserved": _HOLDING, "admitted": _HOLDING, "evicted": _LEAVING}
        for key, life in sorted(self._lives.items()):
            if life.state not in ("", _GONE) and key not in self._run.left:
                self._found.append(f"{key} is not there at the end; by its facts it is {life.state}")
        for key, state in sorted(self._run.left.items()):
            told_state = self._lives[key].state
            expected = words.get(state, state)
            if told_state != expected and not (told_state == _LEAVING and state == "pending"):
                self._found.append(f"{key} ends as {state}; by its facts it is {told_state}")
