"""Which release of Kueue does a version of HyperPod's add-on for task governance bring? (HyperPod facts, section 9)"""

import re

from kueue_sim.model import ADD_ONS, LAST_PATCHES

NAME = "amazon-sagemaker-hyperpod-taskgovernance"
FIRST = "0.8"
"""The release in add-ons before the first documented one, by the wording of its messages in the labs of the time."""
OLDEST = f"0.{min(LAST_PATCHES)}.0"
"""The oldest release that is modelled."""
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.\d+)*(?:[-+].*)?")


def release_of_add_on(version: str) -> tuple[str, str] | None:
    """The modelled release for a version such as ``v1.6.0-eksbuild.1``, and what to know of it; None: no version.

    "" where the add-on's documentation says which release it contains.
    """
    number = _VERSION.fullmatch(version)
    if number is None:
        return None
    given = (int(number[1]), int(number[2]))
    older = [one for one in ADD_ONS if _line(one) <= given]
    if not older:
        return OLDEST, f"add-on {version} contains Kueue {FIRST}; {OLDEST} is the nearest release that is modelled"
    line = max(older, key=_line)
    if _line(line) == given:
        return ADD_ONS[line], ""
    return ADD_ONS[line], (
        f"it is not documented which Kueue add-on {version} contains; that of v{line} is taken, Kueue {ADD_ONS[line]}"
    )


def _line(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)
