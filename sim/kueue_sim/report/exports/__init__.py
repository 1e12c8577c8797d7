"""One run as files: folder of tables, Perfetto trace, OpenMetrics."""
