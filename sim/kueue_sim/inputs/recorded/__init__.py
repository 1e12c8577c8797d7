"""What kubectl recorded of a cluster: dumps, their Workloads' statuses, and watch streams."""
