"""From every dump of the recorded runs, imported, the run goes on as it really did; without the data it is skipped."""

from pathlib import Path

import pytest

from tests.cluster.dumps import compare, dumps

ROOT = Path(__file__).parents[3] / "shared" / "cluster-dumps"
FOLDERS = sorted({dump.folder.name for dump in dumps(ROOT)})


@pytest.mark.skipif(not FOLDERS, reason="the recorded dumps (../shared/cluster-dumps) do not lie beside this checkout")
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_run_goes_on_from_each_of_its_dumps_as_it_really_did(folder: str) -> None:
    mine = [dump for dump in dumps(ROOT) if dump.folder.name == folder]
    assert mine and [(dump.name, compare(dump)) for dump in mine] == [(dump.name, None) for dump in mine]
