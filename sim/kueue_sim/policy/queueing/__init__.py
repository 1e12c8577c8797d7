"""Who waits where, and in which order heads come."""
