"""How results are shown: terminal, one self-contained HTML page, Perfetto trace, OpenMetrics."""
