"""The agenda is an environment of SimPy's: what is planned and SimPy's own events share one queue and one clock."""

from collections.abc import Iterator

from simpy.events import Event

from kueue_sim.engine.agenda import EXPECTED, Agenda
from kueue_sim.engine.due import ACTION, ARRIVAL, FREE, TIMER, Planned, Timer


def _nothing(now: int) -> None:
    """Timers of these tests do nothing."""


def test_what_falls_on_one_instant_comes_at_once_by_kind_and_within_a_kind_by_key_or_as_planned() -> None:
    agenda, seen = Agenda(), []
    for delay, kind, item in (
        (5, FREE, "a"), (5, TIMER, Timer("k", _nothing)), (3, FREE, "b"), (5, ACTION, "y"), (5, ACTION, "x"),
        (5, TIMER, Timer("j", _nothing)),
    ):  # fmt: skip
        agenda.plan(delay, kind, item)

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, [item.key if isinstance(item, Timer) else item for _, _, _, item in due]))

    agenda.play(100, instant)
    assert seen == [(3, ["b"]), (5, ["y", "x", "j", "k", "a"])]


def test_who_is_expected_comes_in_turn_with_what_is_planned_and_lies_ahead_until_then() -> None:
    agenda, seen = Agenda(), []

    def process() -> Iterator[Event]:
        yield agenda.timeout(5)
        seen.append((agenda.now, ["process"]))

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, [item for _, _, _, item in due]))
        if now == 5:
            agenda.expected = (8, ARRIVAL, EXPECTED, "second")

    agenda.process(process())
    agenda.plan(7, FREE, "later")
    agenda.plan(5, FREE, "after")
    agenda.plan(5, ACTION, "before")
    agenda.expected = (5, ARRIVAL, EXPECTED, "first")
    agenda.play(5, instant)
    assert seen == []
    assert [one[3] for one in agenda.ahead if one[1] == ARRIVAL] == ["first"]
    agenda.play(8, instant)
    assert seen == [(5, ["process"]), (5, ["before", "first", "after"]), (7, ["later"])]
    agenda.put_off(100, lambda planned: True, lambda planned: False)
    agenda.play(9, instant)
    assert (agenda.now_ms, seen[3:], agenda.ahead) == (8, [(8, ["second"])], [])


def test_a_process_of_simpy_goes_on_beside_what_is_planned() -> None:
    agenda, seen = Agenda(), []

    def process() -> Iterator[Event]:
        for _ in range(3):
            seen.append((agenda.now, "process"))
            yield agenda.timeout(2)

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, "plan"))
        if now < 3:
            agenda.plan(1, FREE, None)

    agenda.plan(2, FREE, None)
    agenda.process(process())
    agenda.play(4, instant)
    assert seen == [(0, "process"), (2, "process"), (2, "plan"), (3, "plan")]
    agenda.play(5, instant)
    assert seen[4:] == [(4, "process")]


def test_plans_are_put_off_or_forgotten() -> None:
    agenda, seen = Agenda(), []
    for delay, item in ((1, "stays"), (2, "later"), (3, "never")):
        agenda.plan(delay, FREE, item)
    agenda.put_off(10, lambda planned: planned[3] == "later", lambda planned: planned[3] == "never")
    agenda.play(100, lambda now, due: seen.append((now, due[0][3])))
    assert seen == [(1, "stays"), (12, "later")]
