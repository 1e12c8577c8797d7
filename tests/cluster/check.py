"""From how many dumps does the run go on as it really did? ``python tests/cluster/check.py FOLDER [NAME…]``"""

import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.cluster.dumps import Dump, compare, dumps
from tests.conformance.difference import Difference


def judge(dump: Dump) -> Difference | None:
    """A crash is a disagreement, with the place where it happened."""
    try:
        return compare(dump)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        return Difference("the simulator failed", "a decision", f"{type(error).__name__}: {error} ({where})")


def main() -> int:
    root, *names = sys.argv[1:]
    chosen = [dump for dump in dumps(Path(root)) if not names or any(name in dump.name for name in names)]
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(judge, chosen, chunksize=4))
    families: dict[str, list[bool]] = {}
    for dump, difference in zip(chosen, found, strict=True):
        families.setdefault(dump.family, []).append(difference is None)
        if difference is not None:
            print(f"{dump.name}: {difference}\n")
    families["total"] = [difference is None for difference in found]
    print("family  agree / total")
    for family, agree in families.items():
        print(f"{family:<16} {sum(agree):>4} / {len(agree)}")
    return int(not all(families["total"]))


if __name__ == "__main__":
    sys.exit(main())
