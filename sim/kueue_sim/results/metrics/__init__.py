"""Metrics by path, their values, and conditions on them."""
