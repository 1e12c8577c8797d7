"""What comparisons, sweeps and searches leave behind: the same bytes for the same content, each file written whole."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.results.folder import as_csv
from sim.whatif.kept import write_whole

if TYPE_CHECKING:
    from sim.whatif.comparison import Comparison


def save_comparison(comparison: "Comparison", folder: Path) -> Path:
    """``comparison.json`` comes last, so a folder that has one is complete."""
    from sim.whatif.html import comparison_page

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").unlink(missing_ok=True)
    write_whole(folder / "comparison.csv", rows_as_csv(comparison.records()))
    write_whole(folder / "runs.csv", rows_as_csv(_measured(comparison)))
    write_whole(folder / "report.html", comparison_page(comparison))
    write_whole(folder / "comparison.json", comparison.json())
    return folder


def _measured(comparison: "Comparison") -> list[dict[str, object]]:
    """One row per variant and seed or block, one column per metric path."""
    paths = dict.fromkeys(path.text for paths in comparison.paths.values() for path in paths)
    return [
        {"variant": samples.name, "replicate": number, **{path: values.get(path) for path in paths}}
        for samples in (comparison.base, *comparison.variants)
        for number, values in enumerate(samples.values)
    ]


def rows_as_csv(rows: Sequence[dict[str, object]]) -> str:
    """Rows with equal columns as CSV; empty where a value is None."""
    return as_csv({name: [row[name] for row in rows] for name in rows[0]} if rows else {})
