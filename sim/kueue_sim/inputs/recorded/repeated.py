"""What do several dumps of one cluster tell together? The newest says how things are, older ones what was before."""

from collections.abc import Sequence
from pathlib import Path

from kueue_sim.inputs.recorded.conditions import Manifest, instants, is_true
from kueue_sim.inputs.recorded.summary import counted, job_name

Identity = tuple[str, str, str, str]


def merged(files: Sequence[tuple[Path, Sequence[Manifest]]]) -> tuple[list[Manifest], list[str]]:
    """The objects of all files, and what is to be said of them. Files that share no object are parts of one dump. Of
    files that do, the one with the latest instant stands; an older one only adds Workloads that had finished by then
    and are gone since. Configurations of Kueue are no objects of the cluster and all stay."""
    order = sorted(files, key=lambda one: max((at for manifest in one[1] for at in instants(manifest)), default=""))
    seen: set[Identity] = set()
    kept: list[list[Manifest]] = []
    notes: list[str] = []
    for path, objects in reversed(order):
        own = {_identity(one) for one in objects if one.get("kind") != "Configuration"}
        new = [one for one in objects if _identity(one) not in seen]
        if own & seen:
            gone = [one for one in new if one.get("kind") == "Workload"]
            new = [one for one in gone if is_true(one, "Finished")]
            notes.append(f"{path.name} is an older dump: {len(new)} finished Workloads of it that are gone since")
            lost = [job_name(one) for one in gone if one not in new]
            if lost:
                notes.append(counted(f"gone since {path.name}, when they ended is not known", lost))
        seen |= own
        kept.append(new)
    return [one for objects in reversed(kept) for one in objects], notes[::-1]


def _identity(one: Manifest) -> Identity:
    """Which object it is; Workloads of one name that came one after the other are several."""
    metadata = one.get("metadata") or {}
    uid = metadata.get("uid") if one.get("kind") == "Workload" else ""
    return str(one.get("kind")), str(metadata.get("namespace")), str(metadata.get("name")), str(uid)
