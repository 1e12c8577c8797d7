"""What runs cost, and what sharing a cluster saves."""
