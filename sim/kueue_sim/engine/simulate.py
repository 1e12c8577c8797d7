"""The entrance of the engine: which simulation plays a scenario."""

from kueue_sim.engine.control_plane import TimedControlPlane
from kueue_sim.engine.facts import Run
from kueue_sim.engine.simulation import Progress, Simulation
from kueue_sim.model import Scenario


def simulation(scenario: Scenario, progress: Progress | None = None, shortcuts: bool = True) -> Simulation:
    """The run of a scenario, not yet played; its control plane takes time when the timing profile says so.

    Without ``shortcuts`` the scheduler works out every answer anew: the same decisions, slowly.
    """
    return (TimedControlPlane if scenario.timing.timed_control_plane else Simulation)(scenario, progress, shortcuts)


def simulate(scenario: Scenario, progress: Progress | None = None) -> Run:
    """Play one scenario: what Kueue decides, and when."""
    return simulation(scenario, progress).run()


__all__ = ["simulate", "simulation"]
