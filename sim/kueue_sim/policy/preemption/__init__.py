"""Who is preempted: candidates, the classical search and the one of fair sharing."""
