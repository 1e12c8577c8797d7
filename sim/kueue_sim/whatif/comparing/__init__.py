"""Comparing variants of a scenario over the same arrivals."""
