"""``python -m tests.fuzz --mutants 10000 [--first 0] [--only scenarios]``: damaged files through every reader."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzz.readers import READERS, faults, memory_mb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=1000, help="damaged files per reader")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--only", default="", help="readers whose name holds this")
    chosen = parser.parse_args()
    readers = [reader for reader in READERS if chosen.only in reader.name]
    folder, number, started = Path(tempfile.mkdtemp()), 0, time.process_time()
    for reader in readers:
        seeds = range(chosen.first, chosen.first + chosen.mutants)
        found = list(faults((reader,), seeds, folder))
        number += len(found)
        for one in found[:30]:
            print(one)
        print(f"{reader.name}: {chosen.mutants:,} damaged files, {len(found)} faults", flush=True)
    spent = time.process_time() - started
    print(
        f"{number} faults in {chosen.mutants * len(readers):,} files; {spent:.0f} s, {memory_mb()} MB; kept in {folder}"
    )
    sys.exit(1 if number else 0)


main()
