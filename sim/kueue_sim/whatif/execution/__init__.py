"""Many runs: replications, executors, checkpoints."""
