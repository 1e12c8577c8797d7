"""Generators that are fitted to a history."""
