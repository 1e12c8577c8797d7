"""Tables of a run: workloads, events, usage, queues, summary."""
