"""When it happens: the only room that knows SimPy."""

from sim.engine.facts import Fact, Run
from sim.engine.simulation import simulate

__all__ = ["Fact", "Run", "simulate"]
