"""Sliders for quotas, limits and weights over a live chart of use and waits: in a notebook or as a local page."""

from kueue_sim.exploring.exploration import Exploration
from kueue_sim.exploring.facade import Sliders, explore

__all__ = ["Exploration", "Sliders", "explore"]
