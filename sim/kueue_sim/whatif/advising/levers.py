"""What may move: a path with the values it may take, what it stands at, and what moving it costs.

The cost of a change is, without prices, the sum of the relative changes: twice the quota costs 1, half of it 0.5. What
stands at 0, at no limit or at a word costs 1 however it moves. Quota that goes from one queue to another costs what the
change of both quotas costs. With prices it is the sum of price times change, in units of the value; what has no price
is free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.named_overrides import find_target, is_named, quota_paths
from kueue_sim.inputs.text.overrides import Change, document_steps, names_of
from kueue_sim.inputs.text.relative import read_move, slot_of
from kueue_sim.units import exact_quantity
from kueue_sim.whatif.sweeping.grid import Axis, Settings


@dataclass(frozen=True, slots=True)
class Lever:
    """``values`` in order, the present one among them. ``now`` is what the input says, None when it says nothing.
    ``a_unit``: what a unit costs without prices, None where that follows from ``now``."""

    path: str
    values: tuple[str, ...]
    now: str | None
    a_unit: float | None = None

    def cost(self, value: str, price: float | None, priced: bool) -> float:
        """What it costs to move to ``value``; ``priced``: prices hold, ``price`` None is free."""
        if value == self.now:
            return 0.0
        old, new = _number(self.now), _number(value)
        if priced:
            return 0.0 if price is None else price * (abs(new - old) if old is not None and new is not None else 1.0)
        if self.a_unit is not None and new is not None:
            return abs(new) * self.a_unit
        return abs(new - old) / abs(old) if old and new is not None else 1.0


def levers_of(axes: Sequence[Axis], loaded: Loaded) -> list[Lever]:
    """The levers with what they stand at; staying there is always among the values."""
    if not axes:
        raise InputError([Mistake(None, "at least one path must be free to move")])
    return [
        replace(_lever(axis, "0"), a_unit=_cost_of_moving(axis.path, loaded))
        if is_move(axis.path)
        else _lever(axis, present_value(axis.path, loaded))
        for axis in axes
    ]


def is_move(path: str) -> bool:
    """Whether a path names quota that goes from one queue to another: nothing has moved at present."""
    return read_move(f"{path} 1") is not None


def _cost_of_moving(path: str, loaded: Loaded) -> float:
    """The relative changes of both quotas, for one unit. Raises InputError."""
    moving = read_move(f"{path} 1")
    assert moving is not None
    paths = {name: quota_paths(name, loaded.manifests) for name in (moving.giver, moving.taker)}
    try:
        slot = slot_of(moving, paths[moving.giver])
    except ValueError as error:
        raise InputError([Mistake(None, f"move {path}: {error}")]) from None
    quotas = [_number(present_value(paths[name][slot], loaded)) for name in paths if slot in paths[name]]
    return sum(1 / quota for quota in quotas if quota)


def _lever(axis: Axis, now: str | None) -> Lever:
    same = next((value for value in axis.values if _same(value, now)), None)
    if same is not None:
        return Lever(axis.path, axis.values, same)
    if now is None:
        return Lever(axis.path, (UNSET, *axis.values), UNSET)
    values = (*axis.values, now)
    numbers = [_number(value) for value in values]
    if None not in numbers:
        values = tuple(sorted(values, key=lambda value: _number(value) or 0.0))
    return Lever(axis.path, values, now)


UNSET = "null"
"""The value of what the input does not say."""


def present_value(path: str, loaded: Loaded) -> str | None:
    """What the input says at a path, as text; None when it says nothing there."""
    change = Change(path, None)
    steps = change.steps
    root: Field = loaded.document
    if is_named(path):
        target = find_target(path, loaded.manifests)
        if isinstance(target, str):
            raise InputError([Mistake(None, f"{path}: no such value; {target}")])
        root, steps = target.manifest, target.steps
    elif change.of_manifest:
        roots = [item for item in loaded.manifests if steps[0][0] in names_of(item.value)]
        root, steps = (roots[0], steps[1:]) if roots else (root, steps)
    else:
        steps = document_steps(root, change)
    value: object = root.value
    for step, _ in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list):
            value = next((item for index, item in enumerate(value) if step in {str(index), *names_of(item)}), None)
    return None if value is None or isinstance(value, Mapping | list) else _text(value)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(text: str | None) -> float | None:
    """A value as a number: a quantity in its base unit."""
    try:
        return None if text is None else float(exact_quantity(text))
    except ValueError:
        return None


def _same(value: str, now: str | None) -> bool:
    number = _number(now)
    return value == now or (number is not None and _number(value) == number)


@dataclass(frozen=True, slots=True)
class Move:
    """One combination of values. ``settings`` holds only what differs from the present."""

    settings: Settings
    cost: float


def move(levers: Sequence[Lever], values: Sequence[str], prices: Mapping[str, float]) -> Move:
    """The move to these values, one per lever."""
    chosen = tuple((lever.path, value) for lever, value in zip(levers, values, strict=True) if value != lever.now)
    costs = [
        lever.cost(value, prices.get(lever.path), bool(prices)) for lever, value in zip(levers, values, strict=True)
    ]
    return Move(chosen, sum(costs))


def all_moves(levers: Sequence[Lever], prices: Mapping[str, float]) -> list[Move]:
    """Every combination, the cheapest first; equal costs in the order of the values."""
    moves = [move(levers, values, prices) for values in product(*(lever.values for lever in levers))]
    return sorted(moves, key=lambda item: item.cost)
