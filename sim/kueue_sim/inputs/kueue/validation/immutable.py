"""What of an object must stay as it is once it is there? The API server refuses updates that change it."""

from collections.abc import Mapping

from kueue_sim.inputs.text.field import Field
from kueue_sim.units import shortened

_IMMUTABLE: Mapping[str, tuple[str, str]] = {
    "AdmissionCheck": ("spec", "controllerName"),
    "LocalQueue": ("spec", "clusterQueue"),
    "Topology": ("spec", "levels"),
}
"""Kind -> the field that no update may change."""


def refuse_changes(before: Field, after: Field) -> None:
    """Notes what of an object the API server would not let an update change, where the update says so."""
    kind = after.get("kind").value
    if kind == "ResourceFlavor":
        spec = before.get("spec")
        if spec.get("topologyName").present and spec.value != after.get("spec").value:
            after.get("spec").invalid("resourceFlavorSpec are immutable when topologyName is set")
        return
    path = _IMMUTABLE.get(str(kind))
    if path is None:
        return
    old, new = before.get(*path), after.get(*path)
    if old.present and new.present and old.value != new.value:
        new.invalid(f"{shortened(new.value)}: field is immutable; it stays {shortened(old.value)}")
