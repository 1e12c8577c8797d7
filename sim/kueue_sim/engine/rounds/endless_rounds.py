"""What would go on for ever is not played for ever: rounds that take no time are given some, known ones are counted."""

from collections.abc import Iterator

from kueue_sim.engine.agenda import Agenda
from kueue_sim.engine.due import END, RELEASE, TIMER, Planned, in_turn
from kueue_sim.engine.facts import Counted, Standstill
from kueue_sim.engine.rounds.rounds import Rounds
from kueue_sim.engine.rounds.thrash import SUDDEN_MS, Ahead, Snapshot, Thrash, repetitions

ROUNDS_FOR_EVER = 100
"""Instants with evictions after which a run ends in which nothing else lies ahead, where rounds cannot be counted."""


class RoundAndRound(Exception):
    """Nothing can ever happen any more but the same rounds of evictions."""


class EndlessRounds:
    """``thrash`` is what is known of them, ``rounds`` the state they change, and ``agenda`` what lies ahead of them."""

    def __init__(self, thrash: Thrash, rounds: Rounds, agenda: Agenda) -> None:
        self._thrash = thrash
        self._rounds = rounds
        self._agenda = agenda
        rounds.slow_down(thrash.slow)

    def stand_still(self, now: int, victims: list[str], since_ms: int) -> None:
        """What went on since then would repeat itself for ever; it does not when these evictions take time (R12.36)."""
        if self._thrash.slow_down(victims):
            self._thrash.standstills.append(Standstill(now, *self._rounds.taking_part(since_ms)))

    def go_round(self, now: int, cycles: int, end_ms: int | None) -> int:
        """Somebody was evicted again, and nothing else happened: what is known to repeat is not played. There were
        ``cycles`` until now; returns how many it would have been. ``end_ms`` is the end of the run, None: open.

        Raises RoundAndRound where nothing ends the rounds.
        """
        thrash, rounds = self._thrash, self._rounds
        if not rounds.repeatable:
            self.look_ahead(now, end_ms)
            return 0
        ahead, reached = tuple(self._ahead()), rounds.pods_reached(now)
        state = rounds.phase(now), rounds.state(), rounds.answers()
        snapshot = Snapshot(now, rounds.facts, cycles, state, rounds.held(now), ahead, reached)
        known = thrash.known_round(snapshot)
        if known is None:
            return 0
        before, stays = known
        period = now - before.at_ms
        if period < SUDDEN_MS and thrash.slow_down(thrash.in_rounds):
            return 0
        times = repetitions(before, snapshot, stays, None if end_ms is None else end_ms + 1)
        if times is None:
            thrash.counted.append(Counted(now, period, 0, for_ever=True))
            raise RoundAndRound
        if times:
            thrash.counted.append(Counted(now, period, times))
            rounds.repeat(now, before, times)
            self._agenda.put_off(times * period, lambda planned: planned[2] not in stays, self._is_void)
        return times * (cycles - before.cycles)

    def look_ahead(self, now: int, end_ms: int | None) -> None:
        """Raises RoundAndRound where nothing lies ahead but rounds that are not known exactly, long enough."""
        thrash = self._thrash
        if not thrash.goes_on_for(ROUNDS_FOR_EVER) or end_ms is not None:
            return
        if all(item.key.startswith("~") or item.key in thrash.in_rounds for item in self._ahead()):
            thrash.counted.append(Counted(now, 0, 0, for_ever=True))
            raise RoundAndRound

    def _ahead(self) -> Iterator[Ahead]:
        """What is going to happen, without what is void."""
        for planned in self._agenda.ahead:
            if not self._is_void(planned):
                kind, key = in_turn(planned)
                yield Ahead(int(planned[0]), planned[2], kind, key, planned[3].what if kind == TIMER else "")

    def _is_void(self, planned: Planned) -> bool:
        """Whether it is about an admission that has ended already, or about pods as they are no longer."""
        _, kind, _, item = planned
        if kind == END:
            return item.evicted or not self._rounds.holds(item)
        if kind == TIMER:
            return item.is_void is not None and item.is_void()
        return kind == RELEASE and not self._rounds.holds(item)
