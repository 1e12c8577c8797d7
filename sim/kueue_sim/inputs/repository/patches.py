"""Which objects does the target of a patch mean?"""

import re
from collections.abc import Sequence

from kueue_sim.inputs.text.field import Field


def selected(manifest: Field, names: Sequence[str], target: Field) -> bool:
    """Whether a ``target`` means this object: kind, name and namespace as whole regular expressions, labels equal."""
    target.only("group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector")
    group, _, version = str(manifest.get("apiVersion").value or "").rpartition("/")
    space = str(manifest.get("metadata", "namespace").value or "default")
    said = {"kind": [str(manifest.get("kind").value)], "name": list(names), "namespace": [space]}
    said |= {"group": [group], "version": [version]}
    for key, values in said.items():
        wanted = target.get(key).text()
        if wanted and not any(_matches(wanted, value, target.get(key)) for value in values):
            return False
    metadata = manifest.get("metadata")
    return _has(metadata.get("labels"), target.get("labelSelector")) and _has(
        metadata.get("annotations"), target.get("annotationSelector")
    )


def _matches(pattern: str, value: str, where: Field) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error as error:
        where.wrong(f"{pattern!r} is no regular expression: {error}")
        return False


def _has(labels: Field, selector: Field) -> bool:
    """Whether labels meet a selector such as ``app=web,tier!=db,gpu``."""
    own = {key: str(child.value) for key, child in labels.entries()}
    for part in filter(None, (piece.strip() for piece in selector.text().split(","))):
        key, equals, value = re.split(r"(==|!=|=|$)", part, maxsplit=1)[:3]
        meets = own.get(key.strip()) == value.strip() if equals else key.strip() in own
        if meets == (equals == "!="):
            return False
    return True
