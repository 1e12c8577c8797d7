"""Which numbers of a scenario are worth moving, and how far?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from kueue_sim.inputs.text.named_overrides import LIMITS, settable

if TYPE_CHECKING:
    from kueue_sim.inputs.text.field import Field

_WORDS = {"nominalQuota": "quota", "borrowingLimit": "may borrow", "lendingLimit": "lends at most", "weight": "weight"}


@dataclass(frozen=True, slots=True)
class Slider:
    """One number that can be moved: its short path, words for it, its ends, its steps, and where it stands now."""

    path: str
    label: str
    low: float
    high: float
    step: float
    value: float


def sliders_of(manifests: "Sequence[Field]", resource: str) -> tuple[Slider, ...]:
    """Quotas and limits of ``resource`` and the weights that are written in the policy, in its order.

    A limit that is not written has no slider: without one everything may be borrowed or lent.
    """
    numbers = {path: number for path, value in settable(manifests).items() if (number := _number(value)) is not None}
    total = sum(number for path, number in numbers.items() if path.endswith(f".{resource}.nominalQuota"))
    return tuple(_slider(path, number, total) for path, number in numbers.items() if _worth_moving(path, resource))


def _worth_moving(path: str, resource: str) -> bool:
    end = path.rpartition(".")[2]
    return end == "weight" or (end in LIMITS and path.endswith(f".{resource}.{end}"))


def _slider(path: str, value: float, total: float) -> Slider:
    kind, _, rest = path.partition(".")
    subject, _, end = rest.rpartition(".")
    label = f"{subject.split('.')[0]}: {_WORDS[end]}"
    if end == "weight":
        return Slider(path, label, 0, max(2 * value, 2), 1 if value >= 10 else 0.5, value)
    return Slider(path, label if kind == "clusterQueues" else f"{label} ({kind})", 0, max(total, 2 * value), 1, value)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return int(number) if number == int(number) else number


def overrides_of(moved: Mapping[str, float]) -> list[tuple[str, object]]:
    """What the scenario is loaded with: whole numbers as such, weights with decimals as quantities. Raises ValueError
    where a value is no number."""
    for path, value in moved.items():
        if not isfinite(value):
            raise ValueError(f"{path}: {value} is no number that a slider has")
    return [(path, int(value) if value == int(value) else f"{value:g}") for path, value in moved.items()]


__all__ = ["Slider", "overrides_of", "sliders_of"]
