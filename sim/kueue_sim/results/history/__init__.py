"""What became of every workload, from the facts of a run."""
