"""Scripts whose waits are played, and what is remarked of them."""

from pathlib import Path

from kueue_sim.engine.waits import PLAYED
from kueue_sim.model import Scenario
from tests.inputs.steps.scripts import script


def steps(folder: Path, text: str) -> Scenario:
    """A script whose jobs run an hour; its waits are played."""
    return script(folder, text, awaited=PLAYED.awaited)


def remarks(folder: Path, scenario: Scenario) -> list[str]:
    return [note.removeprefix(f"{folder}/") for note in scenario.notes]


def labelled(name: str, labels: str, cpu: int = 1) -> str:
    pods = f"{{containers: [{{name: c, image: x, resources: {{requests: {{cpu: {cpu}}}}}}}]}}"
    return (
        f"kind: Job\nmetadata: {{name: {name}, labels: {{kueue.x-k8s.io/queue-name: lq, {labels}}}}}\n"
        f"spec: {{template: {{spec: {pods}}}}}\n---\n"
    )
