"""Would the API server and Kueue's webhooks take these objects? ``rules`` has what they ask, ``checking`` asks it."""

from kueue_sim.inputs.kueue.validation.checking import validate
from kueue_sim.inputs.kueue.validation.job_relations import REFUSED
from kueue_sim.inputs.kueue.validation.rules import RULES, Rule

__all__ = ["REFUSED", "RULES", "Rule", "validate"]
