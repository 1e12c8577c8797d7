"""What makes queues be looked at again: requeueing, second passes, usage, timers."""
