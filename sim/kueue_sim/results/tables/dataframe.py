"""Columns as a DataFrame: the only place of this room that makes one."""

from typing import TYPE_CHECKING

from kueue_sim.results.tables.columns import Coded, Column, Columns

if TYPE_CHECKING:
    import pandas as pd


def frame(table: Columns) -> "pd.DataFrame":
    """A DataFrame; columns that repeat few texts are categorical."""
    import pandas as pd

    def values(column: Column) -> object:
        if isinstance(column, Coded):
            return pd.Categorical.from_codes(column.codes, pd.Index(column.names, dtype=object))
        return column

    return pd.DataFrame({name: values(column) for name, column in table.items()})
