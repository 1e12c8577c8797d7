"""The life of one workload in words: every attempt, whom it waited for, who evicted it and under which rule."""

from collections.abc import Sequence

from kueue_sim.engine.facts import Fact, Run
from kueue_sim.engine.pods.progress import due, pace_of
from kueue_sim.engine.witness import Refusal, Testimony
from kueue_sim.model import Policy, Scenario
from kueue_sim.model.team_names import with_teams
from kueue_sim.report.text.amounts import given_in_words, holding_in_words, request_in_words
from kueue_sim.report.text.before_the_start import BeforeTheStart
from kueue_sim.report.text.limits import Limits, beyond_capacity
from kueue_sim.report.text.loops import loop_in_words, ways_out
from kueue_sim.report.text.reasons import Passing, holders_in_words, overtaking_in_words
from kueue_sim.report.text.stopped import inactive_in_full
from kueue_sim.report.text.timed_lines import TimedLines
from kueue_sim.report.text.wording import count, fewer_pods, rule_in_words
from kueue_sim.results.history.history import History
from kueue_sim.results.quota.quota_over_time import eras
from kueue_sim.results.tables.loops import Loop
from kueue_sim.units import format_duration, format_moment

_NOTHING_SEEN = Testimony()
_FREES = ("Finished", "Deleted", "Requeued", "Deactivated")
_COMES = ("Submitted", "Requeued", "Reactivated")
_LEAVES = ("QuotaReserved", "Admitted", "Deactivated", "Deleted", "Finished")
_NAMED = 5
TOLD_ROUNDS = 2
"""Rounds of a loop that are told one by one, if there are more than twice as many."""
_UNHEARD_MS = 1000
"""Who got no answer for so long after it came to its queue was not looked at itself; Kueue's order knows seconds."""


def explain(
    scenario: Scenario,
    run: Run,
    history: History,
    key: str,
    loops: Sequence[Loop] = (),
    testimony: Testimony = _NOTHING_SEEN,
) -> str:
    """Implements ``Result.explain``; of ``loops`` that the workload takes part in, the first rounds are told."""
    mine = [loop for loop in loops if key in loop.workloads and loop.rounds > 2 * TOLD_ROUNDS]
    return with_teams("\n".join(_Telling(scenario, run, history, key, mine, testimony).lines()))


class _Telling:
    """Replays the facts up to the end of one workload, remembering who holds quota around it."""

    def __init__(
        self, scenario: Scenario, run: Run, history: History, key: str, loops: Sequence[Loop], testimony: Testimony
    ) -> None:
        self._run = run
        self._history = history
        self._life = history.lives[key]
        self._key = key
        self._scenario = scenario
        self._roots = _roots(scenario.policy)
        self._flavors = _flavors(scenario.policy).get(self._life.queue, set())
        self._limits = Limits(eras(scenario, run))
        self._holders: dict[str, Fact] = {}
        self._freed: list[str] = []
        self._instant = -1
        self._out = TimedLines()
        self._same: tuple[str, int, int] = ("", 0, 0)
        self._leaving = False
        self._standing_ms: int | None = None
        self._strict = any(
            queue.queueing_strategy == "StrictFIFO" and queue.name == self._life.queue
            for queue in scenario.policy.cluster_queues
        )
        self._before = BeforeTheStart()
        self._refused = self._refused_before()
        self._came_ms: int | None = None
        self._said: list[Loop] = []
        self._untold = {_first_untold(loop): loop for loop in loops}
        self._refusals = testimony.refusals
        self._ties = testimony.ties
        self._put_off = testimony.put_off
        self._passing = Passing(testimony.overtaken)

    def lines(self) -> list[str]:
        self._head()
        for fact in self._run.facts:
            if self._came_ms is not None and fact.at_ms >= self._came_ms + _UNHEARD_MS:
                self._unheard(self._came_ms)
            self._follow(fact)
            self._passed_over(fact)
            if (fact.workload == self._key or fact.by == self._key) and not self._goes_on(fact):
                self._came_ms = fact.at_ms if fact.type in _COMES else None
                self._tell(fact)
        if self._came_ms is not None:
            self._unheard(self._came_ms)
        self._flush_same()
        self._flush_passing()
        self._end()
        return self._out.texts()

    def _refused_before(self) -> dict[str, Fact]:
        """What Kueue said last, before the simulation began, of those that wait in its queue; the head of it last."""
        queue = self._life.queue
        waiting = [
            life.workload
            for life in self._history.lives.values()
            if life.queue == queue and life.workload.status is not None and life.submitted_ms is not None
        ]
        waiting.sort(key=lambda one: (one.priority, -one.waits_from_ms))
        return {
            one.key: Fact(0, "Pending", one.key, queue, one.status.reason, one.status.message)
            for one in waiting
            if one.status is not None and one.status.message and one.status.admission is None
        }

    def _goes_on(self, fact: Fact) -> bool:
        """Whether it is one more of the rounds of a loop, after the first ones; that is said once."""
        for since_ms, loop in self._untold.items():
            if since_ms <= fact.at_ms < loop.to_ms:
                if loop not in self._said:
                    self._said.append(loop)
                    self._came_ms = None
                    self._say(fact.at_ms, f"and so on until {format_moment(loop.to_ms)}")
                    self._more(loop_in_words(loop, self._history.resource))
                    self._more(f"known ways out: {'; '.join(ways_out(loop))}")
                return True
        return False

    def _head(self) -> None:
        workload = self._life.workload
        queue = self._life.queue or "no ClusterQueue"
        self._out.plain(f"{self._key} ({workload.kind}, priority {workload.priority}) in {queue}")
        self._out.plain(f"asks for {request_in_words(workload)}")
        self._out.plain("")

    def _say(self, at_ms: int, text: str) -> None:
        self._flush_same()
        self._flush_passing()
        self._out.at(at_ms, text)

    def _flush_passing(self) -> None:
        rest = self._passing.rest()
        if rest:
            self._more(rest)

    def _more(self, text: str) -> None:
        self._out.more(text)

    # -- what goes on around it ---------------------------------------------------------------------------

    def _follow(self, fact: Fact) -> None:
        if fact.at_ms != self._instant:
            self._instant, self._freed = fact.at_ms, []
        if fact.type in ("Admitted", "QuotaReserved", "Resized"):
            self._holders[fact.workload] = fact
        elif fact.type in _FREES:
            held = self._holders.pop(fact.workload, None)
            if held is not None and fact.workload != self._key and self._related(held):
                self._freed.append(f"{fact.workload} ({_freed_how(fact)})")
        if fact.type in _LEAVES or fact.type == "Pending":
            self._refused.pop(fact.workload, None)
        if fact.type == "Pending" and fact.cluster_queue == self._life.queue:
            self._refused[fact.workload] = fact

    def _related(self, admitted: Fact) -> bool:
        """Whether that admission uses a flavor this workload could use, in the same cohort tree."""
        mine, theirs = self._life.queue, admitted.cluster_queue
        if self._roots.get(mine, mine) != self._roots.get(theirs, theirs):
            return False
        return any(flavor in self._flavors for item in admitted.pod_sets for flavor in item.flavors.values())

    # -- its own facts ------------------------------------------------------------------------------------

    def _tell(self, fact: Fact) -> None:
        now = fact.at_ms
        before = self._before.words(self._life.workload, fact) if fact.workload == self._key else ""
        if before:
            self._was(fact, before)
        elif fact.by == self._key:
            self._say(now, f"evicts {fact.workload} of {fact.cluster_queue} ({fact.reason})")
            self._more(f"rule: {rule_in_words(fact.reason)}")
        elif fact.type == "Submitted":
            self._say(now, f"submitted to {self._life.workload.queue_name or 'no queue'}")
        elif fact.type == "Pending":
            self._pending(fact)
        elif fact.type == "Admitted":
            self._admitted(fact)
        elif fact.type in ("Preempted", "Evicted"):
            self._evicted(fact)
        else:
            self._other(fact)

    def _was(self, fact: Fact, words: str) -> None:
        """What was so already when the simulation began."""
        self._leaving = self._leaving or fact.type == "Evicted"
        self._say(fact.at_ms, f"{words}: {given_in_words(fact.pod_sets)}" if fact.pod_sets else words)
        status = self._life.workload.status
        answer = fact.message if status is None or fact.type != "Submitted" else status.message
        if answer and (self._life.workload.active or fact.type != "Submitted"):
            self._more(answer)
            self._came_ms = None

    def _unheard(self, came_ms: int) -> None:
        """Who was refused in its place: the head of its strict queue (R3.11), otherwise one of its shape (R3.41)."""
        self._came_ms = None
        refused = [fact for fact in self._refused.values() if self._strict or self._alike(fact.workload)]
        if refused:
            who = "at the head of its StrictFIFO queue" if self._strict else "of the same shape"
            self._say(came_ms, f"not evaluated itself: {refused[-1].workload}, {who}, is refused")
            answer = refused[-1].message or refused[-1].reason
            self._more(answer)
            refusals = self._refusals.get((refused[-1].at_ms, refused[-1].workload, answer))
            if refusals is None:
                self._held(answer)  # it was refused before this one came, and nobody looked on then
            else:
                self._short(refused[-1], refusals)

    def _passed_over(self, fact: Fact) -> None:
        """Who went first, as it happens; the rest of many for one reason when something else is told of it."""
        if fact.type not in ("Admitted", "QuotaReserved", "Preempted"):
            return
        other = fact.by if fact.type == "Preempted" else fact.workload
        found = self._passing.told(fact.at_ms, other, fact.type == "Preempted")
        if found is not None:
            text = overtaking_in_words(found, self._life.workload.queue_name)
            self._out.at(found.at_ms, text)

    def _alike(self, other: str) -> bool:
        mine, theirs = self._life.workload, self._history.lives[other].workload
        return (mine.pod_sets, mine.priority) == (theirs.pod_sets, theirs.priority)

    def _pending(self, fact: Fact) -> None:
        answer = fact.message or fact.reason or "no answer"
        text, times, _ = self._same
        if answer == text:
            self._same = (text, times + 1, fact.at_ms)
            return
        self._say(fact.at_ms, f"not admitted: {answer}")
        self._same = (answer, 0, fact.at_ms)
        stopped = self._stopped(answer, fact.at_ms)
        if stopped:
            self._more(stopped)
            return
        if not answer.startswith("Workload didn't fit") and "Pending the preemption" in answer:
            return
        for line in self._limits.capacity(fact.at_ms, self._life.workload, self._life.queue, answer):
            self._more(line)
        refusals = self._refusals.get((fact.at_ms, self._key, answer))
        if refusals is not None:
            self._short(fact, refusals)
            return
        if beyond_capacity(self._life.workload, answer):
            return
        self._held(answer)

    def _held(self, answer: str) -> None:
        """Who holds what it could use, at this moment."""
        holders = [held for held in self._holders.values() if held.workload != self._key and self._related(held)]
        if holders:
            what = "room" if "topology" in answer else "quota"
            self._more(f"{what} is held by {_listed([holding_in_words(held) for held in holders])}")

    def _short(self, fact: Fact, refusals: Sequence[Refusal]) -> None:
        """Which limits keep what is short, and who holds it."""
        refused = self._history.lives[fact.workload].workload
        for line in self._limits.told(fact.at_ms, refused, self._life.queue, refusals, self._holders.values()):
            self._more(line)
        for line in holders_in_words(refusals):
            self._more(line)

    def _flush_same(self) -> None:
        _, times, last = self._same
        if times:
            self._more(f"the same answer {count(times, 'more time')}, last at {format_moment(last)}")
        self._same = ("", 0, 0)

    def _admitted(self, fact: Fact) -> None:
        stay = next(
            stay for stay in self._life.stays if stay.admitted_ms == fact.at_ms and stay.pod_sets == fact.pod_sets
        )
        workload = self._life.workload
        fewer = fewer_pods(workload, fact.pod_sets)
        given = f"{fewer}, {given_in_words(fact.pod_sets)}" if fewer else given_in_words(fact.pod_sets)
        self._say(fact.at_ms, f"admitted after waiting {format_duration(stay.waited_ms)}: {given}")
        if fewer and workload.keeps_work and workload.runtime_ms is not None:
            longer = due(workload, 0, False, pace_of(workload, fact.pod_sets))
            again = workload.checkpoint_every_ms is not None and stay is not self._life.stays[0]
            kept = ", less what it keeps of earlier runs" if again else ""
            self._more(f"its whole work takes {format_duration(longer or 0)} with so few pods{kept}")
        if stay.waited_ms and self._freed:
            self._more(f"made room at this instant: {_listed(self._freed)}")
        if self._run.nodes is None and (stay.started_ms or 0) > fact.at_ms:
            self._more(f"its pods are ready {format_duration((stay.started_ms or 0) - fact.at_ms)} later")

    def _evicted(self, fact: Fact) -> None:
        self._leaving = True
        verb = "preempted" if fact.type == "Preempted" else "evicted"
        by = self._history.lives.get(fact.by)
        who = f" by {by.queue}'s {fact.by}" if by else ""
        self._say(fact.at_ms, f"{verb}{who} ({fact.reason})")
        self._more(f"rule: {rule_in_words(fact.reason)}")
        if fact.message:
            self._more(fact.message)
        tie = self._ties.get((fact.at_ms, fact.by))
        if tie is not None:
            self._more(f"arbitrary: cohorts {tie[0]} and {tie[1]} have the same share, and Kueue takes from either")
        if fact.lost_ms:
            self._more(f"loses {format_duration(fact.lost_ms)} of work")

    def _other(self, fact: Fact) -> None:
        if fact.type in ("Unschedulable", "Interrupted") and self._standing_ms is None:
            self._standing_ms = fact.at_ms
        gone = "its pods are gone" if self._leaving else "its quota is taken back"
        until = self._put_off.get(fact.at_ms)
        back = "waits again in the queue" if until is None else f"its backoff ends at {format_moment(until)}"
        kept = "" if until is None or fact.reason != "Retry" else f"; keeps its quota until {format_moment(until)}"
        words = {
            "Requeued": f"{gone}; {back}",
            "Deactivated": "out of its queue until it is activated; its quota is free",
            "Reactivated": "active again; waits in the queue",
            "Check": f"admission check {fact.message} is {fact.reason}{kept}",
            "QuotaReserved": "holds quota and waits for its admission checks",
            "Finished": "finished",
            "Deleted": "deleted",
            "Started": f"its pods run{self._stood(fact.at_ms)}",
            "Resized": "some of its pods need no quota any more",
            "Reassigned": "its pods get other places, as a node of theirs failed or was emptied",
            "Unschedulable": "admitted, but some of its pods fit on no node",
            "Interrupted": "pods died with their node"
            if fact.reason == "NodeFailed"
            else "pods had to leave their node",
        }
        self._leaving = self._leaving and fact.type != "Requeued"
        if fact.type in ("Started", *_FREES):
            self._standing_ms = None
        text = words.get(fact.type, fact.type)
        self._say(fact.at_ms, f"{text}: {fact.message}" if fact.message and fact.type != "Check" else text)
        if fact.lost_ms:
            self._more(f"loses {format_duration(fact.lost_ms)} of work")

    def _stood(self, at_ms: int) -> str:
        """How long its pods have waited for nodes."""
        since = self._standing_ms
        return "" if since is None else f" after waiting {format_duration(at_ms - since)} for nodes"

    def _end(self) -> None:
        state = self._run.states.get(self._key, "never submitted")
        if state in ("finished", "deleted"):
            return
        self._out.plain("")
        stood = self._stood(self._run.end_ms)
        pods = f"; its pods do not run{stood}" if stood else ""
        self._out.plain(f"At the end ({format_moment(self._run.end_ms)}) it is unfinished: {state}{pods}.")
        reason, message = self._run.pending.get(self._key, ("", ""))
        if message:
            stopped = self._stopped(message, self._run.end_ms)
            self._out.plain(f"{reason}: {message}" + (f": {stopped}" if stopped else ""))

    def _stopped(self, answer: str, at_ms: int) -> str:
        """Why a queue is inactive, where somebody stopped it."""
        return inactive_in_full(self._scenario, self._life.workload, answer, at_ms)


def _first_untold(loop: Loop) -> int:
    """When the first rounds of a loop are over."""
    return loop.from_ms + TOLD_ROUNDS * max(1, (loop.to_ms - loop.from_ms) // loop.rounds)


def _roots(policy: Policy) -> dict[str, str]:
    """The root cohort of every ClusterQueue that has one."""
    parents = {cohort.name: cohort.parent for cohort in policy.cohorts}
    roots = {}
    for queue in policy.cluster_queues:
        name = queue.cohort
        while name and parents.get(name):
            name = parents[name]
        if name:
            roots[queue.name] = f"cohort {name}"
    return roots


def _flavors(policy: Policy) -> dict[str, set[str]]:
    return {
        queue.name: {flavor.name for group in queue.resource_groups for flavor in group.flavors}
        for queue in policy.cluster_queues
    }


def _listed(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return "; ".join(items[:_NAMED]) + more


def _freed_how(fact: Fact) -> str:
    words = {"Finished": "finished", "Deleted": "was deleted", "Deactivated": "was deactivated"}
    return words.get(fact.type, "was evicted")
