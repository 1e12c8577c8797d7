"""Random worlds in families: one cluster is read once, and much different work is sent through it."""
