"""What the scheduler knows of a workload: its requests, its status, what holds quota for it."""
