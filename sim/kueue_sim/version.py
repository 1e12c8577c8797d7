"""Which release is this, and which build of it? The one place that says so."""

from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec

__version__ = "0.1.0"

__all__ = ["__version__", "build"]


def build() -> str:
    """``compiled`` where policy and engine are extension modules (KUEUE_SIM_COMPILE=1), else ``pure Python``."""
    found = find_spec("kueue_sim.policy.cycle")
    origin = "" if found is None else found.origin or ""
    return "compiled" if origin.endswith(tuple(EXTENSION_SUFFIXES)) else "pure Python"
