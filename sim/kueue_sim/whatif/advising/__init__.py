"""The smallest change that meets objectives."""
