"""Which file or folder does an argument name? An empty name is none."""

from pathlib import Path
from typing import Any

import click


class Named(click.Path):
    """A path that is not empty: an unset variable of a shell must not mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name is empty; is a variable of the shell not set?", param, ctx)
        return super().convert(value, param, ctx)


INPUT = Named(path_type=Path, allow_dash=True)
"""A file or folder that is read, or ``-`` for standard input."""
