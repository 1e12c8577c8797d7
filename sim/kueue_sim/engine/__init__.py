"""When it happens: the only room that knows SimPy."""

from kueue_sim.engine.facts import Fact, Facts, Run
from kueue_sim.engine.simulate import simulate, simulation

__all__ = ["Fact", "Facts", "Run", "simulate", "simulation"]
