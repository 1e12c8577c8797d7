"""What does ``kubectl wait`` wait for, and how long? The answer needs a run; here only the question is read."""

import re
from dataclasses import dataclass
from typing import Literal

from kueue_sim.inputs.steps.kubectl import Kubectl
from kueue_sim.inputs.steps.live_objects import Identity
from kueue_sim.units import MAX_DURATION_MS

Condition = Literal["finished", "deleted", "admitted", "started", "failed"]
_DEFAULT_MS = 30_000
_WEEK_MS = 7 * 86_400_000
"""How long kubectl waits when the timeout is negative."""
_UNITS = {"": 1000, "ns": 1e-6, "us": 1e-3, "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
_NAMES: dict[str, Condition] = {
    "complete": "finished", "completed": "finished", "finished": "finished", "succeeded": "finished",
    "delete": "deleted", "create": "admitted", "admitted": "admitted", "quotareserved": "admitted",
    "available": "started", "ready": "started", "running": "started", "podsready": "started", "jobrunning": "started",
    "failed": "failed",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wait:
    """Waits from an instant on until all ``objects`` are in a condition, at most ``timeout_ms``.

    ``where`` is the place of the command.
    """

    objects: tuple[Identity, ...]
    condition: Condition
    since_ms: int
    timeout_ms: int
    where: str


@dataclass(frozen=True, slots=True)
class Waited:
    """How long a wait took, and whether the condition held then."""

    ms: int
    met: bool


def condition(one: Kubectl) -> Condition | None:
    """What a command waits for; None for conditions that nothing here tells."""
    text = one.options["for"].text if "for" in one.options else ""
    name = text.removeprefix("condition=").lower()
    if text.startswith("jsonpath"):
        name = text.rpartition("=")[2].strip("'\"").lower()
    name = re.sub(r"=true$", "", name)
    return _NAMES.get(name)


def timeout_ms(one: Kubectl) -> int:
    """How long a command waits at most."""
    if "timeout" not in one.options:
        return _DEFAULT_MS
    text = one.options["timeout"].text
    if text.startswith("-"):
        return _WEEK_MS
    parts = re.findall(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h|)", text)
    whole = "".join(number + unit for number, unit in parts) == text
    if not parts or not whole:
        return _DEFAULT_MS
    return round(min(MAX_DURATION_MS, sum(float(number) * _UNITS[unit] for number, unit in parts)))
