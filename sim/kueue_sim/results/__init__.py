"""What happened: facts to tables, step functions with exact integrals, metrics and explanations."""

from kueue_sim.results.run_result import RunResult
from kueue_sim.results.tables.summary import TeamSummary

__all__ = ["RunResult", "TeamSummary"]
