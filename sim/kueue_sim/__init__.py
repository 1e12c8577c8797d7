"""kueue-sim: an exact simulator of Kubernetes Kueue.

from kueue_sim import load_scenario, run
result = run(load_scenario("scenario.yaml"))
result.summary
"""

import importlib
from typing import TYPE_CHECKING

from kueue_sim.version import __version__

if TYPE_CHECKING:
    from kueue_sim._run import load_scenario, run, stream
    from kueue_sim.exploring import explore
    from kueue_sim.inputs.examples import example
    from kueue_sim.model import Scenario
    from kueue_sim.result import Result
    from kueue_sim.whatif.execution.runs import Runs
    from kueue_sim.whatif.facade import advise, compare, forecast, sweep

__all__ = [
    "Result",
    "Runs",
    "Scenario",
    "__version__",
    "advise",
    "compare",
    "example",
    "explore",
    "forecast",
    "load_scenario",
    "run",
    "stream",
    "sweep",
]

_HOMES = {
    "Result": "kueue_sim.result",
    "Runs": "kueue_sim.whatif.execution.runs",
    "Scenario": "kueue_sim.model",
    "advise": "kueue_sim.whatif.facade",
    "compare": "kueue_sim.whatif.facade",
    "example": "kueue_sim.inputs.examples",
    "explore": "kueue_sim.exploring",
    "forecast": "kueue_sim.whatif.facade",
    "load_scenario": "kueue_sim._run",
    "run": "kueue_sim._run",
    "stream": "kueue_sim._run",
    "sweep": "kueue_sim.whatif.facade",
}


def __getattr__(name: str) -> object:
    """Import public names on first use, so that ``import kueue_sim`` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kueue_sim' has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
