"""Prints the lowest versions that pyproject.toml allows, as constraints for pip, for the extras that tests need."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("advise", "cluster", "parquet", "explore", "mcp", "test")


def lowest(extras: tuple[str, ...] = EXTRAS) -> list[str]:
    """``name==bound`` of every requirement that names one, the base's and these extras', sorted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(text for name in extras for text in project["optional-dependencies"][name])]
    bounds = (re.fullmatch(r"([\w.-]+)>=([\w.]+)", text) for text in asked)
    return sorted({f"{bound[1]}=={bound[2]}" for bound in bounds if bound is not None})


if __name__ == "__main__":
    print(*lowest(), sep="\n")
