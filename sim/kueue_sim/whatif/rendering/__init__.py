"""Comparisons, sweeps, advice and forecasts as text, plots, pages and folders."""
