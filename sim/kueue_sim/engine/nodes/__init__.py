"""Nodes as Kueue and the cloud see them: failures and replacement, the work that stands on them, the autoscaler."""
