"""What do several dumps of one cluster tell together? The newest says how things are, older ones what was before."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from kueue_sim.inputs.recorded.conditions import Manifest, instants, is_true
from kueue_sim.inputs.recorded.summary import counted, job_name

Identity = tuple[str, str, str, str]
_MOMENTARY = ("Workload", "Pod")
"""What an older dump says of these says nothing of now."""


def merged(files: Sequence[tuple[Path, Sequence[Manifest]]]) -> tuple[list[Manifest], list[str]]:
    """The objects of all files, and what is to be said of them. Files that share no object are parts of one dump. Of
    files that do, the one with the latest instant stands; an older one only adds Workloads that had finished by then
    and are gone since, and all kinds of objects that no newer file holds. Configurations of Kueue are no objects of the
    cluster and all stay."""
    order = sorted(files, key=lambda one: max((at for manifest in one[1] for at in instants(manifest)), default=""))
    seen: set[Identity] = set()
    kept: list[list[Manifest]] = []
    notes: list[str] = []
    for path, objects in reversed(order):
        own = {identity(one) for one in objects if one.get("kind") != "Configuration"}
        new = [one for one in objects if identity(one) not in seen]
        if own & seen:
            newer = {kind for kind, *_ in seen}
            gone = [one for one in new if one.get("kind") == "Workload"]
            ended = [one for one in gone if is_true(one, "Finished")]
            lasting = [one for one in new if one.get("kind") not in (*_MOMENTARY, *newer)]
            new = [*lasting, *ended]
            notes.append(f"{path.name} is an older dump: {len(ended)} finished Workloads of it that are gone since")
            if lasting:
                notes.append(counted(f"only {path.name} holds", sorted({str(one.get("kind")) for one in lasting})))
            lost = [job_name(one) for one in gone if one not in ended]
            if lost:
                notes.append(counted(f"gone since {path.name}, when they ended is not known", lost))
        seen |= own
        kept.append(new)
    return [one for objects in reversed(kept) for one in objects], notes[::-1]


def newest(objects: Iterable[Manifest]) -> list[Manifest]:
    """The objects of one file, each as it stands there last: a watch without events, or answers that were appended,
    have states of one object one after the other."""
    found: dict[object, Manifest] = {}
    for number, one in enumerate(objects):
        named = isinstance(one.get("metadata"), dict) and one["metadata"].get("name")
        found[identity(one) if named else number] = one
    return list(found.values())


def identity(one: Manifest) -> Identity:
    """Which object it is; Workloads of one name that came one after the other are several."""
    metadata = one["metadata"] if isinstance(one.get("metadata"), dict) else {}
    uid = metadata.get("uid") if one.get("kind") == "Workload" else ""
    return str(one.get("kind")), str(metadata.get("namespace")), str(metadata.get("name")), str(uid)
