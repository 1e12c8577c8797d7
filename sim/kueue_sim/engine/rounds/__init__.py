"""Work that is evicted and admitted again in rounds, while nothing else happens."""
