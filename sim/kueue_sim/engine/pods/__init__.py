"""Pods on nodes: placement, readiness, progress."""
