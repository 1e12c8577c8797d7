"""What of a dump is missing, contradicts itself or is partly a guess: it is kept as it is, and said."""
