"""Which release is this? The one place that says so."""

__version__ = "0.1.0"

__all__ = ["__version__"]
