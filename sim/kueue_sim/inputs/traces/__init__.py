"""Recorded work: traces in CSV, SWF and public formats."""
