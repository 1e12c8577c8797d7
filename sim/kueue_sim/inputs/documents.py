"""How do scenario files say what they are?"""

from kueue_sim.inputs.text.field import Field

VERSION = "kueue-sim/v1"


def is_generator(document: Field) -> bool:
    """Whether a document is a generator file of Kueue's performance suites; those have no kind."""
    return isinstance(document.value, dict) and "cohorts" in document.value and "kind" not in document.value
