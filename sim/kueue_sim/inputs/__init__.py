"""What the user wrote: scenarios, manifests, HyperPod requests, traces. All mistakes at once, with their places."""

from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.scenario import load, load_scenario, scenario_from_dict, scenario_from_text

__all__ = ["Loaded", "load", "load_scenario", "scenario_from_dict", "scenario_from_text"]
