"""What happened: facts to tables, step functions with exact integrals, metrics and explanations."""

from sim.results.result import Result
from sim.results.summary import TeamSummary

__all__ = ["Result", "TeamSummary"]
