"""Does a run do what was expected of it? One judge per kind of expectation; a failure says what came instead."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

from kueue_sim.engine.facts import Fact, Standstill
from kueue_sim.errors import Place
from kueue_sim.policytest.expectations import (
    ClassRange,
    Decision,
    Endless,
    Expectation,
    Measured,
    NoLoop,
    Order,
    Recording,
)
from kueue_sim.policytest.intervals import mean_interval
from kueue_sim.policytest.reading import matching
from kueue_sim.policytest.told import ADMITTED, FINISHED, WAITS, Lives, exact, recorded, told
from kueue_sim.policytest.wording import in_words
from kueue_sim.report.text.loops import loop_in_words
from kueue_sim.report.text.stopped import inactive_in_full
from kueue_sim.result import Result
from kueue_sim.results.metrics.conditions import figure_text
from kueue_sim.results.metrics.metric_values import Measures
from kueue_sim.units import format_duration

Replications = Callable[[int], Sequence[Result]]
"""Runs of the same scenario with this many seeds, the first of them the run itself."""
_EXPLAINED_LINES = 16


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that does not hold. ``explanation`` is the story of the decision, "" if there is none."""

    place: Place | None
    expected: str
    got: str
    explanation: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        story = "".join(f"\n    {line}" for line in self.explanation.splitlines())
        return f"{where}expected {self.expected}\n  got {self.got}{story}"


class Checker:
    """Judges expectations about one result."""

    def __init__(self, result: Result, replications: Replications | None = None) -> None:
        self._result = result
        self._replications = replications

    def failures(self, expectations: Sequence[Expectation]) -> list[Failure]:
        """All that do not hold, in order."""
        return [failure for one in expectations if (failure := self._judge(one)) is not None]

    def _judge(self, one: Expectation) -> Failure | None:
        if isinstance(one, Decision):
            return self._decision(one)
        if isinstance(one, Order):
            return self._order(one)
        if isinstance(one, Measured):
            return self._measured(one)
        if isinstance(one, ClassRange):
            return self._class_range(one)
        if isinstance(one, Recording):
            return self._recording(one)
        if isinstance(one, NoLoop):
            return self._no_loop(one)
        return self._judge_endless(one)

    @cached_property
    def _lives(self) -> Lives:
        return Lives(self._result.run)

    @cached_property
    def _measures(self) -> Measures:
        return Measures(self._result)

    def _failure(self, one: Expectation, got: str, key: str = "") -> Failure:
        return Failure(one.place, in_words(one), got, self._story(key) if key else "")

    def _story(self, key: str) -> str:
        """The workload's life in words, the middle left out when it is long."""
        lines = self._result.explain(key).splitlines()
        if len(lines) > _EXPLAINED_LINES:
            half = _EXPLAINED_LINES // 2
            lines = [*lines[:half], f"… {len(lines) - 2 * half} lines …", *lines[-half:]]
        return "\n".join(lines)

    # -- decisions ----------------------------------------------------------------------------------------

    def _decision(self, one: Decision) -> Failure | None:
        for pattern in one.workloads:
            keys = matching(pattern, self._lives.keys)
            if not keys:
                return self._failure(one, f"no workload {pattern!r} was submitted")
            for key in keys:
                if self._holds(one, key) is one.never:
                    return self._failure(one, self._got(one, key), key)
        return None

    def _holds(self, one: Decision, key: str) -> bool:
        if one.kind == "waits":
            return self._waits(one, key)
        if one.kind == "admitted" and one.at_ms is not None:
            fact = self._lives.admission(key, one.at_ms)
            return fact is not None and _suits(one, fact)
        if one.kind == "finished" and one.at_ms is not None:
            return self._lives.state(key, one.at_ms) == FINISHED
        found = [fact for fact in self._happened(one, key) if _suits(one, fact)]
        return len(found) == one.times if one.times is not None else bool(found)

    def _waits(self, one: Decision, key: str) -> bool:
        at = self._result.run.end_ms if one.at_ms is None else one.at_ms
        reason, message = self._lives.answer(key, one.at_ms)
        return (
            self._lives.state(key, at) == WAITS
            and (not one.reason or reason == one.reason)
            and (not one.message or _says(message, one.message) or _says(self._in_full(key, message, at), one.message))
        )

    def _in_full(self, key: str, message: str, at_ms: int) -> str:
        """Which queue is stopped, where Kueue calls it inactive: both ways of saying it are understood."""
        workload = self._result.history.lives[key].workload
        return inactive_in_full(self._result.scenario, workload, message, at_ms)

    def _happened(self, one: Decision, key: str) -> list[Fact]:
        """The facts of the expected type in the expected span of time."""
        facts = self._lives.of(key, one.kind.capitalize())
        if one.at_ms is not None:
            return [fact for fact in facts if fact.at_ms == one.at_ms]
        return [fact for fact in facts if one.within_ms is None or fact.at_ms <= one.within_ms]

    def _got(self, one: Decision, key: str) -> str:
        """What is true of the workload instead."""
        if one.kind in ("waits", "admitted", "finished") and (one.at_ms is not None or one.kind == "waits"):
            at = self._result.run.end_ms if one.at_ms is None else one.at_ms
            state = self._lives.state(key, at) or "not submitted yet"
            reason, message = self._lives.answer(key, one.at_ms)
            held = self._lives.admission(key, at)
            detail = f": {told(held)}" if held is not None and state == ADMITTED else ""
            detail = f": {message} ({reason})" if message and state == WAITS else detail
            return f"{key} {state} at {exact(at)}{detail}"
        facts = self._lives.of(key, one.kind.capitalize())
        if not facts:
            return f"{key} was never {one.kind}"
        more = f" and {len(facts) - 4} more" if len(facts) > 4 else ""
        return "; ".join(told(fact) for fact in facts[:4]) + more

    # -- order, bounds ------------------------------------------------------------------------------------

    def _order(self, one: Order) -> Failure | None:
        """Instants are compared, since Kueue says nothing about the order inside one."""
        before, at = "", -1
        kind = one.of.capitalize()
        for name in one.workloads:
            last, latest = before, at
            for key in matching(name, self._lives.keys) or [name]:
                facts = self._lives.of(key, kind)
                if not facts:
                    return self._failure(one, f"{key} was never {one.of}", key if key in self._lives.keys else "")
                if facts[0].at_ms < at:
                    return self._failure(one, f"{key} was {one.of} before {before}", key)
                if facts[0].at_ms >= latest:
                    last, latest = key, facts[0].at_ms
            before, at = last, latest
        return None

    def _measured(self, one: Measured) -> Failure | None:
        if one.seeds > 1 and self._replications is not None:
            return self._interval(one, self._replications(one.seeds))
        value = self._measures.value(one.bound.path)
        if one.bound.holds(value):
            return None
        is_open = bool(self._measures.open_ends([one.bound.path]))
        return self._failure(
            one, figure_text(value, one.bound.path, is_open) if value is not None else "no value at all"
        )

    def _interval(self, one: Measured, outcomes: Sequence[Result]) -> Failure | None:
        values, is_open = [], False
        for outcome in outcomes:
            measures = Measures(outcome)
            value = measures.value(one.bound.path)
            is_open = is_open or bool(measures.open_ends([one.bound.path]))
            if value is None:
                return self._failure(one, f"no value at all with seed {outcome.scenario.seed}")
            values.append(value)
        low, high = mean_interval(values, one.confidence)
        if one.bound.holds(low) and one.bound.holds(high):
            return None
        between = f"{figure_text(low, one.bound.path, is_open)} to {figure_text(high, one.bound.path, is_open)}"
        return self._failure(one, f"{between} ({one.confidence:.0%} interval of {len(values)} seeds)")

    def _class_range(self, one: ClassRange) -> Failure | None:
        if one.of == "workloads":
            waits = [
                life.stays[0].waited_ms / 1000
                for key, life in self._result.history.lives.items()
                if life.stays and _of_class(key.partition("/")[2], one.name)
            ]
            if not waits:
                return self._failure(one, f"no workload of class {one.name!r} was admitted")
            mean = sum(waits) / len(waits)
            return None if mean <= one.limit else self._failure(one, f"{format_duration(mean * 1000)} on average")
        teams = [team for team in self._result.teams if _of_class(team.cluster_queue, one.name)]
        nominal = sum(team.nominal for team in teams)
        if not nominal:
            return self._failure(one, f"no ClusterQueue of class {one.name!r} has quota")
        share = sum((team.allocation or 0) * team.nominal for team in teams) / nominal
        return None if share >= one.limit else self._failure(one, f"{share:.1%}")

    # -- whole runs ---------------------------------------------------------------------------------------

    def _recording(self, one: Recording) -> Failure | None:
        if one.lines is None:
            return Failure(one.place, in_words(one), f"no file {one.file}; --update records the decisions in it")
        lines = recorded(self._result.run)
        if lines == one.lines:
            return None
        changes = difflib.unified_diff(one.lines, lines, "recorded", "now", lineterm="", n=1)
        return Failure(one.place, in_words(one), "different decisions", "\n".join(changes))

    def _judge_endless(self, one: Endless) -> Failure | None:
        found = self._result.run.standstills
        if any(_is_meant(one, standstill) for standstill in found):
            return None
        got = "; ".join(
            f"endless preemption of {', '.join(item.workloads)} at {format_duration(item.at_ms)}" for item in found
        )
        return Failure(one.place, in_words(one), got or "no instant that repeats itself")

    def _no_loop(self, one: NoLoop) -> Failure | None:
        loops = self._result.loops
        told = "; ".join(loop_in_words(loop, self._result.resource) for loop in loops)
        return Failure(one.place, in_words(one), told) if loops else None


def _is_meant(one: Endless, standstill: Standstill) -> bool:
    named = all(matching(pattern, standstill.workloads) for pattern in one.workloads)
    return named and one.at_ms in (None, standstill.at_ms)


def _suits(one: Decision, fact: Fact) -> bool:
    """Whether a fact of the right type is also the expected one in its details."""
    if one.by and not matching(one.by, [fact.by]):
        return False
    if one.reason and fact.reason != one.reason:
        return False
    if one.message and not _says(fact.message, one.message):
        return False
    if one.pods is not None and sum(item.count for item in fact.pod_sets) != one.pods:
        return False
    if one.nodes and _nodes(fact) != one.nodes:
        return False
    given = [pair for item in fact.pod_sets for pair in item.flavors.items()]
    for resource, flavor in one.flavors:
        mine = [name for known, name in given if resource in ("", known)]
        if not mine or any(name != flavor for name in mine):
            return False
    return True


def _nodes(fact: Fact) -> tuple[tuple[str, int], ...]:
    """Pods per domain that the topology gave to an admission, by name."""
    counts: dict[str, int] = {}
    for domain in (domain for item in fact.pod_sets if item.topology for domain in item.topology.domains):
        counts[domain.values[-1]] = counts.get(domain.values[-1], 0) + domain.count
    return tuple(sorted(counts.items()))


def _says(message: str, expected: str) -> bool:
    """Whether the message holds the expected text; ``*`` in it stands for anything."""
    return fnmatchcase(message, f"*{expected.replace('[', '[[]')}*")


def _of_class(name: str, of: str) -> bool:
    return name == of or name.startswith(f"{of}-") or f"-{of}-" in name
