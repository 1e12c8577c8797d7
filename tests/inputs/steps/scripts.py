"""Scripts beside a queue, a job and a Deployment, played for tests."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario
from kueue_sim.inputs.assembled import StepOptions
from kueue_sim.model import Scenario
from tests.inputs.repository.repositories import QUEUES
from tests.inputs.test_objects_over_time import DEPLOYMENT, JOB

LQ = "kind: LocalQueue\nmetadata: {name: lq, namespace: default}\nspec: {clusterQueue: q}\n"


def script(folder: Path, text: str, **steps: object) -> Scenario:
    (folder / "q.yaml").write_text(QUEUES + "---\n" + LQ)
    (folder / "j.yaml").write_text(JOB)
    (folder / "web.yaml").write_text(DEPLOYMENT)
    (folder / "steps.sh").write_text("#!/bin/sh\n" + dedent(text))
    options = StepOptions(**steps)  # type: ignore[arg-type]
    return load_scenario(folder / "steps.sh", [("runtimes[*]", "1h")], steps=options)


def wrong(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        script(folder, text)
    return [str(one).removeprefix(f"{folder}/") for one in caught.value.mistakes]
