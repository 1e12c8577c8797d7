"""Would the forecast have been right before? Forecasts at earlier instants of a past, where the end is known."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from random import Random
from time import monotonic

from kueue_sim.whatif.forecasting.correction import Hindcast
from kueue_sim.whatif.forecasting.starting import starts
from kueue_sim.whatif.learning.futures import History, history_of
from kueue_sim.whatif.learning.present import Present, Recording

FUTURES = 9
"""Futures per earlier forecast, at most."""
FIRST = 0.25
"""Share of the past before the first of them: it needs a past of its own."""


def earlier_instants(until_ms: int, number: int) -> list[int]:
    """``number`` instants evenly spread over the past behind its first quarter."""
    return [round(until_ms * (FIRST + (1 - FIRST) * index / number)) for index in range(number)]


def hindcast(
    runners: Executor,
    recording: Recording,
    instants: Iterable[int],
    *,
    seeds: int,
    ahead_ms: int,
    each: int = 1,
    given: History | None = None,
    started: Mapping[str, int] | None = None,
    within_s: float | None = None,
) -> tuple[Hindcast, ...]:
    """Forecasts at these instants, of up to ``each`` workloads of different queues wherever anything waited.

    Each knows nothing of what happened behind its instant; ``seeds`` is its number of futures. ``given`` is the
    history to draw from instead of the past. ``started`` is when workloads really were admitted first, where the
    recording only plays again what a cluster did: then run times that are not known are drawn. After ``within_s``
    seconds no more forecasts are begun.
    """
    played = []
    began = monotonic()
    for at in instants:
        present = recording.present(at)
        keys = _asked(recording, present, each, started)
        if keys and (within_s is None or monotonic() - began < within_s):
            history = given or history_of(present, recording.arrivals(at), endless=started is None)
            future = runners.submit(starts, present.light(), history, keys, range(seeds), ahead_ms)
            played.append((at, keys, future))
    first = recording.first_admitted if started is None else started
    return tuple(
        Hindcast(
            at, tuple(one.starts[key] for one in future.result()), ahead_ms, first[key] - at if key in first else None
        )
        for at, keys, future in played
        for key in keys
    )


def _asked(recording: Recording, present: Present, most: int, started: Mapping[str, int] | None) -> list[str]:
    """Up to ``most`` workloads that wait for their first admission, of different queues, at random; where it is known
    when they really started, those that really waited."""
    first, at = recording.first_admitted, present.at_ms
    waiting = [item for item in present.waiting if not first.get(item.key, at + 1) <= at]
    if started is not None:
        waiting = [item for item in waiting if started.get(item.key, at + 1) > at]
    Random(f"hindcast:{at}").shuffle(waiting)
    one_each = {(item.namespace, item.queue_name): item.key for item in waiting}
    return list(one_each.values())[:most]
