"""Draws the recordings that lie in this folder from the whole of them: ``python tests/conformance/draw.py FOLDER``.

``FOLDER`` holds ``cases``, ``runs``, ``further`` and ``versions``. Of every suite, family and release the smallest
recordings are taken, which decide in a moment, and all minimised disagreements. The same folder gives the same bytes.
"""

import gzip
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.conformance.check import lines_of

HERE = Path(__file__).parent / "recordings"
OF_A_SUITE, OF_A_FAMILY, OF_A_RELEASE = 20, 4, 1
"""How many recordings are taken of each."""


def smallest(paths: Iterable[Path], number: int) -> Iterator[dict[str, object]]:
    """So many recordings of each file, those with the shortest text, by name."""
    for path in sorted(paths):
        lines = sorted(lines_of(path), key=lambda line: (len(line), line))[:number]
        yield from ({"group": path.name.split(".jsonl")[0], **json.loads(line)} for line in sorted(lines))


def write(name: str, recordings: Iterable[dict[str, object]]) -> None:
    text = "".join(json.dumps(one, separators=(",", ":"), sort_keys=True) + "\n" for one in recordings)
    (HERE / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def main(folder: Path) -> None:
    HERE.mkdir(exist_ok=True)
    further = [path for path in (folder / "further").glob("*.gz") if not path.name.startswith("disagreements")]
    releases = (folder / "versions").glob("*/*.gz")
    write("cases", smallest((folder / "cases").glob("*.jsonl"), OF_A_SUITE))
    write("runs", smallest((folder / "runs").glob("*.gz"), OF_A_FAMILY))
    write("further", smallest(further, OF_A_FAMILY))
    write("disagreements", smallest([folder / "further" / "disagreements.jsonl.gz"], 1000))
    write("releases", smallest(releases, OF_A_RELEASE))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
