"""The agenda is an environment of SimPy's: what is planned and SimPy's own events share one queue and one clock."""

from collections.abc import Iterator

from simpy.events import Event

from kueue_sim.engine.agenda import Agenda
from kueue_sim.engine.due import ACTION, ARRIVAL, END, FREE, TIMER, Planned, Timer
from kueue_sim.model import Workload


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


def _workload(name: str, at_ms: int) -> Workload:
    return Workload(name, "default", "queue", (), created_ms=at_ms)


def test_who_is_expected_comes_in_turn_with_what_is_planned_and_lies_ahead_until_then() -> None:
    agenda, seen = Agenda(), []

    def process() -> Iterator[Event]:
        yield agenda.timeout(5)
        seen.append((agenda.now, ["process"]))

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, [item.name if isinstance(item, Workload) else item for _, _, _, item in due]))

    def ahead() -> list[str]:
        return [one[3].name for one in agenda.ahead if one[1] == ARRIVAL]

    agenda.process(process())
    agenda.plan(7, FREE, "later")
    agenda.plan(5, FREE, "after")
    agenda.plan(5, ACTION, "before")
    agenda.expect(iter((_workload("first", 5), _workload("second", 8))))
    agenda.play(5, instant)
    assert (seen, ahead()) == ([], ["first"])
    agenda.play(8, instant)
    assert seen == [(5, ["process"]), (5, ["before", "first", "after"]), (7, ["later"])]
    assert ahead() == ["second"]
    agenda.put_off(100, lambda planned: True, lambda planned: False)
    agenda.play(9, instant)
    assert (agenda.now_ms, seen[3:], agenda.ahead) == (8, [(8, ["second"])], [])


def test_those_who_arrive_at_one_instant_come_by_key_and_the_first_ones_at_the_beginning() -> None:
    agenda, seen = Agenda(), []
    agenda.expect(iter([_workload("b", -3), _workload("a", 0), _workload("d", 4), _workload("c", 4)]))
    agenda.play(100, lambda now, due: seen.append((now, [item.name for _, _, _, item in due])))
    assert seen == [(0, ["a", "b"]), (4, ["c", "d"])]


def test_what_was_planned_for_an_instant_that_has_passed_happens_at_once() -> None:
    agenda, seen = Agenda(), []
    agenda.plan(5, ACTION, "now")

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, [item for _, _, _, item in due]))
        if len(seen) == 1:
            agenda.plan_at(3, FREE, "missed")
            agenda.plan_at(9, FREE, "ahead")

    agenda.play(100, instant)
    assert seen == [(5, ["now"]), (5, ["missed"]), (9, ["ahead"])]


def test_an_arrival_an_end_and_a_timer_that_are_all_of_their_instant_are_told_apart() -> None:
    agenda, seen = Agenda(), []
    for delay, kind, key in (
        (3, END, "over"), (5, END, "ends"), (6, TIMER, "timer"), (7, TIMER, "c"), (7, END, "a"), (7, END, "b"),
    ):  # fmt: skip
        agenda.plan(delay, kind, Timer(key, _nothing))
    agenda.expect(iter((_workload("alone", 4), _workload("w", 5), _workload("x", 8), _workload("y", 8))))
    agenda.play(
        100,
        lambda now, due: seen.append((now, [item.key for _, _, _, item in due])),
        lambda now, workload: seen.append((now, workload.name)),
        lambda now, item: seen.append((now, item.key)),
        lambda now, timer: seen.append((now, timer.key)),
    )
    together = [(5, ["ends", "default/w"]), (6, "timer"), (7, ["a", "b", "c"]), (8, ["default/x", "default/y"])]
    assert seen == [(3, "over"), (4, "alone"), *together]


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
