"""Which release of Kueue does a version that a script installs stand for?"""

import re

from kueue_sim.model.releases import LAST_PATCHES, parse_release


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
