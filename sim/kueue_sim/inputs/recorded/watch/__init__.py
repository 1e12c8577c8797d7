"""What a watch of a cluster's Workloads saw, as a scenario that plays the same past again."""
