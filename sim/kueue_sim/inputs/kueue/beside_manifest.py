"""What does an entry say beside a manifest? Namespace, queue, class and name, as ``kubectl -n`` and labels would."""

from kueue_sim.inputs.kueue.jobs import PRIORITY, QUEUE
from kueue_sim.inputs.kueue.overlays import merged
from kueue_sim.inputs.text.field import Field, Path, Source

_LABELS = {"queue": QUEUE, "priorityClass": PRIORITY}


def with_beside(manifest: Field, entry: Field) -> Field:
    """The manifest with what the entry says of it; mistakes are shown where the entry says so."""
    patch: dict[str, object] = {}
    labels: dict[str, str] = {}
    places: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name, label in _LABELS.items():
        if entry.get(name).present:
            labels[label] = entry.get(name).text().rpartition("/")[2]
            places["metadata", "labels", label] = (name,)
    if entry.get("name").present:
        patch["name"] = entry.get("name").needed("the name")
        places["metadata", "name"] = ("name",)
    namespace = _namespace(manifest, entry)
    if namespace:
        patch["namespace"] = namespace
        places["metadata", "namespace"] = ("namespace",)
    if labels:
        patch["labels"] = labels
    return merged(manifest, _placed(patch, places, entry)) if patch else manifest


def _namespace(manifest: Field, entry: Field) -> str:
    """The namespace the entry gives; as with kubectl, a manifest may not name another one."""
    field, own = entry.get("namespace"), manifest.get("metadata", "namespace").value
    given = field.text() or (entry.get("queue").text().rpartition("/")[0] if entry.get("queue").present else "")
    if given and own and own != given:
        where = field if field.present else entry.get("queue")
        where.wrong(f"the manifest is for namespace {own!r}, not {given!r}; leave it out or change the manifest")
        return ""
    return given


def _placed(metadata: dict[str, object], places: dict[tuple[str, ...], tuple[str, ...]], entry: Field) -> Field:
    """A patch whose parts stand where the entry has them."""
    values = {}
    for path, (name,) in places.items():
        place = entry.source.place((*entry.path, name))
        if place is not None:
            where: Path = path
            values[where] = place
    return Field({"metadata": metadata}, Source(entry.source.name, {}, values), entry.report)
