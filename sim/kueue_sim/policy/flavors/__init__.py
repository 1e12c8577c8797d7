"""Which flavors a workload is assigned, and in which mode."""
