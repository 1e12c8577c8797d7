"""When will it start? The start of pending or planned work as a distribution over possible futures.

What runs and what waits at the instant is known; how long it runs and what else comes is not, and is drawn from a
history, one future per seed. Every future is simulated with Kueue's decisions, so queues, preemption and borrowing
count as they do in the cluster.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from time import time

from kueue_sim.engine import simulate
from kueue_sim.errors import InputError, Mistake
from kueue_sim.model import PastJob, Scenario, Workload
from kueue_sim.units import format_duration, format_instant, parse_duration, parse_instant
from kueue_sim.whatif.execution.execution import Progress
from kueue_sim.whatif.execution.executors import Crew, crew_of
from kueue_sim.whatif.execution.partly import Haste, partly
from kueue_sim.whatif.execution.replication import last_submission
from kueue_sim.whatif.execution.scenario_source import FromFile, Given, origin_of
from kueue_sim.whatif.forecasting.asked import Work, asked_about
from kueue_sim.whatif.forecasting.correction import Correction, Hindcast, order_statistic
from kueue_sim.whatif.forecasting.hindcast import FUTURES, earlier_instants, hindcast
from kueue_sim.whatif.forecasting.lines import Lines
from kueue_sim.whatif.forecasting.never import Never
from kueue_sim.whatif.forecasting.own_past import own_past
from kueue_sim.whatif.forecasting.starting import Played, starts
from kueue_sim.whatif.forecasting.unblock import Unblocking, unblocking
from kueue_sim.whatif.learning.futures import History, history_of, history_of_cluster, recorded_history
from kueue_sim.whatif.learning.onward import check_run_times, usual_ahead_ms
from kueue_sim.whatif.learning.present import Present, Recording

EARLIER, HELP = "trying all earlier forecasts", "looking for all that would help"
"""What may be left out when time is over."""
SEEDS = 50
HINDCASTS = 40
MOST_TRIED_S = 15.0
"""Seconds of real time that earlier forecasts of a cluster may take."""
MOST_EXPLAINED = 5
"""Workloads of which is looked for what would help, which takes a number of runs for each."""


@dataclass(frozen=True, slots=True)
class StartForecast:
    """``starts_ms`` holds, per future, milliseconds from the instant to the first admission; None: not in the time that
    this future was looked at, which is in ``looked_ms``. ``ahead_ms`` is the longest of these.

    ``message`` is what Kueue says of it at the instant, or who stands before it, "" if it starts at once; ``before``
    counts what waits in its ClusterQueue and is looked at earlier; ``changes`` are small changes each of which would
    admit it at once, None where nobody looked for them, because that was not asked for or time was over.
    ``blocked``: it does not start at once. ``never``: nor later, whatever ends, as long as nobody changes the policy,
    the nodes or the work itself; no future is played for that.
    ``correction`` is what earlier forecasts teach, None where there are too few, or where it starts at once; they teach
    nothing of ``backoff_ms``, the end of its backoff, before which it does not start.
    """

    workload: str
    team: str
    starts_ms: tuple[int | None, ...]
    ahead_ms: int
    message: str
    before: int
    changes: tuple[Unblocking, ...] | None
    correction: Correction | None = None
    blocked: bool = False
    looked_ms: tuple[int, ...] = ()
    never: bool = False
    backoff_ms: int = 0

    def quantile(self, share: float) -> int | None:
        """The time by which it has started with this probability, None if that lies beyond what was looked at."""
        return self._time(self.starts_ms, share)

    def later_than(self, share: float) -> int:
        """What ``quantile`` is at least: futures without a start are taken to start where nobody looked further."""
        looked = zip(self.starts_ms, self.looked_ms, strict=True)
        found = self._time([end if at is None else at for at, end in looked], share)
        return self.ahead_ms if found is None else found

    def _time(self, starts_ms: Sequence[int | None], share: float) -> int | None:
        if self.never:
            return None
        if self.correction is not None:
            found = self.correction.time(starts_ms, self.ahead_ms, share)
            return None if found is None else max(found, self.backoff_ms)
        return order_statistic(starts_ms, share)


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecasts of all work asked about, at one instant.

    ``earlier`` are those made before, and ``correction`` is what they teach, None where too few have a known end.
    ``seeds`` futures were played of the ``asked``, of which ``cut`` not to their end because time was over: what had
    not started in them counts as later than in all others. ``learned`` says what they were drawn from, "" for the past
    itself. ``taken`` is when an imported cluster was dumped, "" for a scenario that is not one.
    """

    title: str
    at_ms: int
    seeds: int
    starts: tuple[StartForecast, ...]
    earlier: tuple[Hindcast, ...] = ()
    correction: Correction | None = None
    asked: int = 0
    learned: str = ""
    cut: int = 0
    left_out: tuple[str, ...] = ()
    taken: str = ""

    @property
    def seen_from(self) -> str:
        """The instant as people know it: of the calendar for an imported cluster, else how long after the start."""
        if not self.taken:
            return format_duration(self.at_ms)
        return format_instant(parse_instant(self.taken) + self.at_ms)

    @property
    def untried(self) -> bool:
        """Whether times are as drawn because there was no time to try earlier forecasts."""
        return self.correction is None and EARLIER in self.left_out

    def kept(self, share: float) -> tuple[int, int]:
        """How many earlier forecasts held, as drawn, what they promised with this probability, and of how many."""
        found = [kept for item in self.earlier if (kept := item.kept(share, self.at_ms)) is not None]
        return sum(found), len(found)

    def records(self) -> list[dict[str, object]]:
        """One row per workload; times in seconds from the instant, None beyond what was looked at."""
        return [
            {
                "workload": item.workload,
                "team": item.team,
                **{
                    name: None if (at := item.quantile(share)) is None else at / 1000
                    for name, share in (("p10_s", 0.1), ("p50_s", 0.5), ("p90_s", 0.9))
                },
                "never": 1.0 if item.never else sum(at is None for at in item.starts_ms) / len(item.starts_ms),
                "before": item.before,
                "message": item.message,
                "changes": None if item.changes is None else [str(change) for change in item.changes],
            }
            for item in self.starts
        ]

    def content(self) -> dict[str, object]:
        """Everything as plain values; ``checked`` says how often the p90 of earlier forecasts held as drawn."""
        held, known = self.kept(0.9)
        return {
            "scenario": self.title,
            "at_s": self.at_ms / 1000,
            "seen_from": self.seen_from,
            "futures": {"played": self.seeds, "asked": self.asked, "cut": self.cut},
            "learned": self.learned,
            "checked": {"earlier": len(self.earlier), "known": known, "p90_held": held},
            "corrected": self.correction is not None,
            "left_out": list(self.left_out),
            "work": self.records(),
        }


def forecast(
    base: Given,
    work: Sequence[Work] = (),
    *,
    at: str | int | None = None,
    history: Given | None = None,
    seeds: int = SEEDS,
    ahead: str | int | None = None,
    hindcasts: int = HINDCASTS,
    explain: bool = True,
    executor: str | Crew | Executor = "local",
    workers: int | None = None,
    address: str | None = None,
    progress: Progress | None = None,
    within_s: float | None = None,
) -> Forecast:
    """When ``work`` (without any: all that waits) starts, seen from the instant ``at``, by default the last submission.

    Nothing of the scenario behind that instant is used but its planned timeline. ``history`` is a scenario to draw run
    times and arrivals from, by default the past of ``base``. ``hindcasts`` is at how many earlier instants the same is
    tried first, to correct the times by what was missed there; 0: never. ``explain`` False leaves out what would help,
    which takes a number of runs for each workload. ``ahead`` is how far to look, a week when absent, from a cluster
    with a short memory less. ``progress`` hears futures done and futures in all. After ``within_s`` seconds from the
    call, or Ctrl-C, the futures that are done are the answer; after Ctrl-C as they were drawn, and without what would
    help. Raises InputError.
    """
    deadline = _Deadline(None if within_s is None else time() + within_s)
    origin = origin_of(base)
    scenario = origin.scenario()
    scenario = replace(scenario, workloads=tuple(scenario.workloads))
    instant = _instant(scenario, at)
    before = earlier_instants(instant, hindcasts) if instant > 0 else []
    recording = Recording(scenario, instant, [instant, *before])
    present = recording.present(instant)
    given = None if history is None else recorded_history(origin_of(history).scenario())
    past = given or _own_history(recording, present, scenario.past)
    known, names = asked_about(present.light(), work, origin if isinstance(origin, FromFile) else None)
    ahead_ms = usual_ahead_ms(past, recorded=present.recorded) if ahead is None else parse_duration(ahead)
    check_run_times(known, past)
    at_once = _AtOnce(known, names)
    hoped = [name for name, one in at_once.told.items() if not one.never]
    own = bool(present.recorded and instant == 0 and hoped and hindcasts)
    crew, haste = crew_of(executor, workers, address), Haste()
    with crew.start() as runners:
        drawn = range(seeds if hoped else 0)
        calls = [partial(starts, known, past, hoped, [seed], ahead_ms, deadline.at_s) for seed in drawn]
        played = partly(runners, calls, crew.ahead, progress, deadline.left_s, ends_itself=True, haste=haste)
        found = [one for item in played for one in item]

        def tried_before() -> tuple[Hindcast, ...]:
            if own:
                return _in_own_past(runners, scenario, hindcasts, ahead_ms, deadline)
            return hindcast(
                runners, recording, before if hoped else [],
                seeds=min(seeds, FUTURES), ahead_ms=ahead_ms, given=given, within_s=deadline.left_s,
            )  # fmt: skip

        began = time()
        earlier: tuple[Hindcast, ...] = haste.unless(tried_before, ())
        late = deadline.at_s is not None and (deadline.over or (own and time() - began >= MOST_TRIED_S))
        left_out = [EARLIER] if hoped and hindcasts and (late or haste.asked) else []
    correction = Correction.of(earlier, instant)
    at_once.rule_out(found)
    if explain and not at_once.look_for_help(deadline, haste):
        left_out.append(HELP)
    return Forecast(
        scenario.name,
        instant,
        len(found),
        tuple(_start(one, found, correction, ahead_ms) for one in at_once.told.values()),
        earlier,
        correction,
        asked=seeds,
        learned=_learned(past, recorded=given is None and present.recorded),
        cut=sum(one.cut for one in found),
        left_out=tuple(left_out),
        taken=scenario.start if present.recorded or scenario.past else "",
    )


@dataclass(frozen=True, slots=True)
class _Deadline:
    """When the answer is due, in seconds of the clock on the wall; None: whenever it is ready."""

    at_s: float | None

    @property
    def left_s(self) -> float | None:
        """Seconds until then, None without a deadline."""
        return None if self.at_s is None else max(0.0, self.at_s - time())

    @property
    def over(self) -> bool:
        return self.at_s is not None and time() >= self.at_s


class _AtOnce:
    """What can be said of the work that is asked about without a look into the future."""

    def __init__(self, present: Present, names: Sequence[str]) -> None:
        now = simulate(present.onward([None] * len(present.running), present.waiting, (), 0))
        lines = Lines(present, now.pending)
        self._present = present
        self._never = Never(present, lines)
        self._waiting = {one.key: one for one in present.waiting}
        targets = [self._waiting[name] for name in names]
        self.told = {
            one.key: _told(one, one.key in now.pending or not one.active, lines, self._never) for one in targets
        }

    def rule_out(self, found: Sequence[Played]) -> None:
        """Says of what starts in no future why it can never start, where that is so."""
        hoped = [name for name, one in self.told.items() if one.blocked and not one.never]
        unstarted = [self._waiting[name] for name in hoped if _never_in(name, found)]
        for name, why in self._never.after_futures(unstarted).items():
            self.told[name] = replace(self.told[name], never=True, message=why)

    def look_for_help(self, deadline: _Deadline, haste: Haste) -> bool:
        """Finds what would let the first few start at once. Whether there was time for all of them."""
        names = list(self.told)[:MOST_EXPLAINED]
        for name in names:
            if self.told[name].blocked and not deadline.over:
                helps = partial(unblocking, self._present, self._waiting[name], deadline.at_s)
                self.told[name] = replace(self.told[name], changes=haste.unless(helps, None))
        return all(self.told[name].changes is not None for name in names)


def _instant(scenario: Scenario, at: str | int | None) -> int:
    """The instant that is asked for, in milliseconds, by default that of the last submission. Raises InputError."""
    instant = max(0, last_submission(scenario)) if at is None else parse_duration(at)
    if scenario.horizon_ms is not None and instant > scenario.horizon_ms:
        at_end = format_duration(scenario.horizon_ms)
        problem = f"the instant {format_duration(instant)} lies behind the end of the scenario, {at_end}"
        raise InputError([Mistake(None, problem)])
    return instant


def _in_own_past(
    runners: Executor, scenario: Scenario, number: int, ahead_ms: int, deadline: _Deadline
) -> tuple[Hindcast, ...]:
    """Forecasts that would have been made in the past of an imported cluster, where it remembers enough; times count
    from its present."""
    past = own_past(scenario)
    left_s = deadline.left_s
    left_s = None if left_s is None else min(MOST_TRIED_S, left_s)
    if past is None or left_s == 0.0:
        return ()
    instants = earlier_instants(past.now_ms, 2 * number)
    recording = Recording(past.scenario, past.now_ms, instants)
    found = hindcast(
        runners, recording, instants, seeds=FUTURES, ahead_ms=ahead_ms, started=past.started, within_s=left_s
    )
    return tuple(replace(one, at_ms=one.at_ms - past.now_ms) for one in found)


def _own_history(recording: Recording, present: Present, past: Sequence[PastJob]) -> History:
    if present.recorded:
        return history_of_cluster(present, past)
    return history_of(present, recording.arrivals(present.at_ms))


def _learned(history: History, recorded: bool) -> str:
    """One sentence about where run times and arrivals come from, "" where that goes without saying."""
    if not recorded:
        return ""
    ends = len(history.known)
    if not ends:
        return "run times as the scenario says; nothing has ended yet, so nothing else is expected to come"
    days = format_duration(history.end_ms - history.start_ms)
    return f"run times and arrivals learned from {ends} ended jobs of {days}"


def _told(target: Workload, blocked: bool, lines: Lines, never: Never) -> StartForecast:
    """What can be said of a workload at the instant, before any future is played."""
    message, status = lines.answer(target) if blocked else "", target.status
    backoff_ms = status.requeue_at_ms if status is not None and status.on_hold else None
    return StartForecast(
        target.key,
        f"{target.namespace}/{target.queue_name}",
        (),
        0,
        message,
        len(lines.before(target)),
        None if blocked else (),
        blocked=blocked,
        never=blocked and never.at_once(target, message),
        backoff_ms=max(0, backoff_ms or 0),
    )


def _never_in(name: str, found: Sequence[Played]) -> bool:
    """Whether the workload starts in none of the futures, all of which were played to their end."""
    return bool(found) and all(one.starts.get(name) is None and not one.cut for one in found)


def _start(told: StartForecast, found: Sequence[Played], correction: Correction | None, ahead_ms: int) -> StartForecast:
    """The same with its futures. One that was cut off counts as later than all others."""
    return replace(
        told,
        starts_ms=tuple(one.starts.get(told.workload) for one in found),
        ahead_ms=max((one.ahead_ms for one in found), default=ahead_ms),
        looked_ms=tuple(one.ahead_ms for one in found),
        correction=correction if told.blocked else None,
    )
