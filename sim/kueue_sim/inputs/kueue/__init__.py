"""Kueue's own objects and the jobs it manages."""
