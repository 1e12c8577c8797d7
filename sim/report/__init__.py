"""How results are shown: terminal, one self-contained HTML page, Perfetto trace, OpenMetrics."""

from sim.report.folder import save

__all__ = ["save"]
