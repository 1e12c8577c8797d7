"""kueue-sim: an exact simulator of Kubernetes Kueue.

from sim import load_scenario, run
result = run(load_scenario("scenario.yaml"))
result.summary
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.inputs import load_scenario
    from sim.model import Scenario
    from sim.results import Result
    from sim.run import run
    from sim.whatif.advise import advise
    from sim.whatif.compare import compare
    from sim.whatif.forecast import forecast
    from sim.whatif.sweep import sweep

__all__ = ["Result", "Scenario", "advise", "compare", "forecast", "load_scenario", "run", "sweep"]

_HOMES = {
    "Result": "sim.results",
    "Scenario": "sim.model",
    "advise": "sim.whatif.advise",
    "compare": "sim.whatif.compare",
    "forecast": "sim.whatif.forecast",
    "load_scenario": "sim.inputs",
    "run": "sim.run",
    "sweep": "sim.whatif.sweep",
}


def __getattr__(name: str) -> object:
    """Import public names on first use, so that ``import sim`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """``sim.run`` is always the function, also after somebody imported the module of the same name."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value.run if name == "run" and isinstance(value, ModuleType) else value)


sys.modules[__name__].__class__ = _Package
