"""Kubernetes objects that Kueue builds on: nodes, pods, limit ranges."""
