"""Which release of Kueue do a command's version or address stand for?"""

import re

from kueue_sim.model.releases import LAST_PATCHES, parse_release

ADD_ON = "amazon-sagemaker-hyperpod-taskgovernance"
CONTAINED = (((1, 6), "0.19", "0.19"), ((1, 5), "0.18", "0.19"), ((1, 3), "0.12", "0.13.5"), ((0, 0), "0.8", "0.10.0"))
"""From this version of the add-on on: the release it contains, and the nearest one modelled (HyperPod facts, 9)."""
_VERSION = re.compile(r"v?(\d+)\.(\d+)")
_ADDRESS = re.compile(r"kubernetes-sigs/kueue/(?:releases/download/|.*[?&]ref=)(v?\d+\.\d+(?:\.\d+)?)")


def of_add_on(version: str) -> tuple[str, str] | None:
    """The modelled release for a version of HyperPod's add-on, and what to know of it; None when it is no version."""
    number = _VERSION.match(version)
    if number is None:
        return None
    given = (int(number[1]), int(number[2]))
    contained, modelled = next((has, near) for least, has, near in CONTAINED if given >= least)
    if contained == modelled:
        return modelled, f"add-on {version} contains Kueue {contained}"
    return modelled, f"add-on {version} contains Kueue {contained}; {modelled} is the nearest release that is modelled"


def of_address(text: str) -> str | None:
    """The release in the address of Kueue's own manifests; None for any other address."""
    found = _ADDRESS.search(text)
    return found[1].removeprefix("v") if found else None


def modelled(version: str) -> tuple[str, str | None]:
    """The release for a version of Kueue that a script installs, and what to know of it where that is another one."""
    text = version.removeprefix("v")
    try:
        return parse_release(text), None
    except ValueError:
        number = re.match(r"0\.(\d+)", text)
    if number is None:
        return text, None
    lines = sorted(LAST_PATCHES)
    near = f"0.{min(max(int(number[1]), lines[0]), lines[-1])}"
    return near, f"Kueue {text} is not modelled; {near} is the nearest release that is"
