"""The entrance of the engine: which simulation plays a scenario."""

from collections.abc import Sequence

from kueue_sim.engine.cluster import Cluster
from kueue_sim.engine.control_plane import TimedControlPlane
from kueue_sim.engine.facts import Run
from kueue_sim.engine.simulation import Progress, Simulation
from kueue_sim.engine.witness import Testimony, Witness
from kueue_sim.errors import StopRun
from kueue_sim.model import Scenario
from kueue_sim.policy.entry_order import Entry


def simulation(scenario: Scenario, progress: Progress | None = None, shortcuts: bool = True) -> Simulation:
    """The run of a scenario, not yet played; its control plane takes time when the timing profile says so.

    Without ``shortcuts`` the scheduler works out every answer anew: the same decisions, slowly.
    """
    return (TimedControlPlane if scenario.timing.timed_control_plane else Simulation)(scenario, progress, shortcuts)


def simulate(scenario: Scenario, progress: Progress | None = None) -> Run:
    """Play one scenario: what Kueue decides, and when."""
    return simulation(scenario, progress).run()


def testimony(scenario: Scenario, key: str) -> Testimony:
    """What the cycles of a run have to say of a workload; the scenario is played once more, until it is gone."""
    witness = Witness(key)

    def look(now: int, cluster: Cluster, entries: Sequence[Entry]) -> None:
        witness.look(now, cluster, entries)
        if witness.gone:
            raise StopRun

    again = simulation(scenario, witness.instant_over)
    again.witnessed_by(look)
    again.run()
    return witness.testimony


__all__ = ["simulate", "simulation", "testimony"]
