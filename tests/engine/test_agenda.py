"""The agenda is an environment of SimPy's: what is planned and SimPy's own events share one queue and one clock."""

from collections.abc import Iterator

from simpy.events import Event

from kueue_sim.engine.agenda import Agenda, Planned
from kueue_sim.engine.due import ARRIVAL, END


def test_what_falls_on_one_instant_comes_at_once_by_kind_and_in_the_order_of_planning() -> None:
    agenda, seen = Agenda(), []
    for delay, kind, item in ((5, ARRIVAL, "a"), (5, END, "b"), (3, ARRIVAL, "c"), (5, END, "d")):
        agenda.plan(delay, kind, item)

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, [item for _, _, _, item in due]))

    agenda.play(100, instant)
    assert seen == [(3, ["c"]), (5, ["b", "d", "a"])]


def test_a_process_of_simpy_goes_on_beside_what_is_planned() -> None:
    agenda, seen = Agenda(), []

    def process() -> Iterator[Event]:
        for _ in range(3):
            seen.append((agenda.now, "process"))
            yield agenda.timeout(2)

    def instant(now: int, due: list[Planned]) -> None:
        seen.append((now, "plan"))
        if now < 3:
            agenda.plan(1, END, None)

    agenda.plan(2, END, None)
    agenda.process(process())
    agenda.play(4, instant)
    assert seen == [(0, "process"), (2, "process"), (2, "plan"), (3, "plan")]
    agenda.play(5, instant)
    assert seen[4:] == [(4, "process")]


def test_plans_are_put_off_or_forgotten() -> None:
    agenda, seen = Agenda(), []
    for delay, item in ((1, "stays"), (2, "later"), (3, "never")):
        agenda.plan(delay, END, item)
    agenda.put_off(10, lambda planned: planned[3] == "later", lambda planned: planned[3] == "never")
    agenda.play(100, lambda now, due: seen.append((now, due[0][3])))
    assert seen == [(1, "stays"), (12, "later")]
