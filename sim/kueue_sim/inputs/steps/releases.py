"""Which release of Kueue do an address or a version that a script installs stand for?"""

import re

from kueue_sim.model.releases import LAST_PATCHES, parse_release

_ADDRESS = re.compile(r"kubernetes-sigs/kueue/(?:releases/download/|.*[?&]ref=)(v?\d+\.\d+(?:\.\d+)?)")


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
