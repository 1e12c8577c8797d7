"""Would this job start now? If not: why, what smallest change would let it, and when it starts otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import time

from kueue_sim.engine import Fact, Run, simulate
from kueue_sim.errors import InputError
from kueue_sim.model import Scenario, Workload
from kueue_sim.whatif.execution.scenario_source import FromFile, Given, Origin, origin_of
from kueue_sim.whatif.forecasting.asked import Work, asked_about, names_of, names_of_queue
from kueue_sim.whatif.forecasting.forecast import StartForecast, forecast
from kueue_sim.whatif.forecasting.lines import Lines
from kueue_sim.whatif.forecasting.unblock import Unblocking, unblocking
from kueue_sim.whatif.learning.present import present_of

FUTURES = 20


@dataclass(frozen=True, slots=True)
class AdmitAnswer:
    """``starts_now`` with the ``flavors`` it gets, by pod set and resource, and whom it preempts; otherwise Kueue's
    ``message`` and the ``changes`` each of which would let it start, None where no time was left to look for them. What
    gets quota and no nodes does not start; it has flavors and victims as well.
    ``otherwise`` is when it starts by itself, None when it starts now or when run times are not known, as ``unknown``
    says."""

    workload: str
    starts_now: bool
    flavors: Mapping[str, Mapping[str, str]]
    preempts: tuple[str, ...]
    message: str
    changes: tuple[Unblocking, ...] | None
    otherwise: StartForecast | None
    unknown: str = ""

    def content(self) -> dict[str, object]:
        """Everything as plain values; times in seconds from now."""
        later = self.otherwise
        shares = (("p10_s", 0.1), ("p50_s", 0.5), ("p90_s", 0.9))
        times = None if later is None else {name: _seconds(later.quantile(share)) for name, share in shares}
        return {
            "workload": self.workload,
            "startsNow": self.starts_now,
            "flavors": {name: dict(flavors) for name, flavors in self.flavors.items()},
            "preempts": list(self.preempts),
            "message": self.message,
            "changes": None if self.changes is None else [str(change) for change in self.changes],
            "otherwise": times,
            "unknown": self.unknown,
        }

    def row(self) -> dict[str, object]:
        """The same in one line of a table."""
        found = self.content()
        times = found.pop("otherwise") or dict.fromkeys(("p10_s", "p50_s", "p90_s"))
        flavors = [f"{name}: {resource} {flavor}" for name, given in self.flavors.items()
                   for resource, flavor in given.items()]  # fmt: skip
        return {**found, "flavors": flavors, **times}  # type: ignore[dict-item]


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def admit(base: Given, work: Sequence[Work], *, within_s: float | None = 30.0) -> list[AdmitAnswer]:
    """An answer for each job of ``work``: files with manifests, short forms, or names of what waits; first of those
    named that get their quota at this instant.

    ``within_s`` seconds of real time are spent on when they start otherwise, and as many on what would help. Raises
    InputError.
    """
    origin = origin_of(base)
    scenario = origin.scenario()
    began = simulate(replace(scenario, horizon_ms=0, drain=False))
    given = _given(began)
    waited = {item.key: item for item in began.facts.workloads if not _held_before(item)}
    queues = {(one.namespace, one.name): names_of_queue(one) for one in scenario.policy.local_queues}
    named = [_named(item, waited, queues) if isinstance(item, str) else [] for item in work]
    keys = dict.fromkeys(key for found in named for key in found)
    at_once = [_starts(began, given[key]) for key in keys if key in given]
    rest = [item for item, found in zip(work, named, strict=True) if not found or not given.keys() >= set(found)]
    return [*at_once, *(_of_what_waits(base, origin, scenario, rest, within_s) if rest else ())]


def _of_what_waits(
    base: Given, origin: Origin, scenario: Scenario, work: Sequence[Work], within_s: float | None
) -> list[AdmitAnswer]:
    """Answers for work that holds nothing after the first instant."""
    present = present_of(scenario, 0)
    known, names = asked_about(present.light(), work, origin if isinstance(origin, FromFile) else None)
    run = simulate(known.onward([None] * len(known.running), known.waiting, (), 0))
    given = _given(run)
    blocked = [name for name in names if name not in given]
    lines = Lines(known, run.pending)
    later, unknown = _otherwise(base, work, within_s) if blocked else ({}, "")
    until = None if within_s is None else time() + within_s
    found = []
    for name in names:
        if name in given:
            found.append(_starts(run, given[name]))
            continue
        target = next(one for one in known.waiting if one.key == name)
        message = lines.answer(target)
        changes = unblocking(known, target, until)
        found.append(AdmitAnswer(name, False, {}, (), message, changes, later.get(name), unknown))
    return found


def _given(run: Run) -> dict[str, Fact]:
    """What got quota, by key, with the last that was said of it."""
    return {fact.workload: fact for fact in run.facts if fact.type in ("Admitted", "QuotaReserved")}


def _held_before(workload: Workload) -> bool:
    return workload.status is not None and workload.status.admission is not None


def _named(name: str, waited: Mapping[str, Workload], queues: Mapping[tuple[str, str], Sequence[str]]) -> list[str]:
    """The keys of what waited and goes by this name, or waited in a queue of this name."""
    return [
        key
        for key, one in waited.items()
        if name in names_of(one) or name in queues.get((one.namespace, one.queue_name), ())
    ]


def _starts(run: Run, given: Fact) -> AdmitAnswer:
    flavors = {one.name: one.flavors for one in given.pod_sets}
    victims = dict.fromkeys(
        fact.workload for fact in run.facts if fact.type == "Preempted" and fact.by == given.workload
    )
    own = [fact for fact in run.facts if fact.workload == given.workload and fact.type in ("Unschedulable", "Started")]
    waits = own[-1].message if own and own[-1].type == "Unschedulable" else ""
    message = f"it gets its quota now, but some of its pods fit on no node: {waits}" if waits else ""
    return AdmitAnswer(given.workload, not waits, flavors, tuple(victims), message, (), None)


def _otherwise(base: Given, work: Sequence[Work], within_s: float | None) -> tuple[Mapping[str, StartForecast], str]:
    """When all of it starts by itself, or why that is not known."""
    try:
        found = forecast(base, work, at=0, seeds=FUTURES, explain=False, hindcasts=0, within_s=within_s)
    except InputError as error:
        return {}, str(error)
    return {one.workload: one for one in found.starts}, ""
