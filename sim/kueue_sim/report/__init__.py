"""How results are shown: terminal, one self-contained HTML page, Perfetto trace, OpenMetrics."""

from kueue_sim.report.save import save

__all__ = ["save"]
