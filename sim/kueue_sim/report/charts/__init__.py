"""One run as matplotlib charts."""
