"""When it happens: the only room that knows SimPy."""

from sim.engine.facts import Fact, Facts, Run
from sim.engine.simulation import simulate

__all__ = ["Fact", "Facts", "Run", "simulate"]
