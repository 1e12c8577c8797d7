"""The sections of a scenario file, a reader each."""
