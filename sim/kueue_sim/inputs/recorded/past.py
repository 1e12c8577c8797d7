"""What did finished work teach? Workloads of a dump that ended, as entries of a scenario's ``past``, and what slices of
elastic jobs ran before the one that runs now."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kueue_sim.inputs.kueue.workload_objects import REPLACES, is_user_label
from kueue_sim.inputs.recorded.applied import workload as applied_workload
from kueue_sim.inputs.recorded.conditions import (
    Manifest,
    condition,
    eviction_count,
    executed_before_s,
    is_true,
    since,
)
from kueue_sim.units import parse_instant

_REPLACED = "WorkloadSliceReplaced"


def past_entries(workloads: Iterable[Mapping[str, Any]]) -> list[Manifest]:
    """One entry for each finished Workload that ever ran and says when it was submitted, in order of submission.

    The run time is that of the last admission: what ran in earlier ones was thrown away with them. Slices of elastic
    work that another slice replaced did not end: their run is part of that of the slice that did.
    """
    workloads = list(workloads)
    known = _by_key(workloads)
    found = [entry for one in workloads if (entry := _entry(one, _earlier_slices(one, known))) is not None]
    return _shared(sorted(found, key=lambda entry: str(entry["submitted"])))


def was_replaced(one: Mapping[str, Any]) -> bool:
    """Whether another slice of its elastic job took the place of a finished Workload."""
    return (condition(one, "Finished") or {}).get("reason") == _REPLACED


def with_earlier_slices(
    entries: Sequence[Manifest], work: Sequence[Manifest], workloads: Iterable[Manifest]
) -> list[Manifest]:
    """The entries of unfinished ``work``; a slice of an elastic job goes on with the work of those that it took the
    place of, as far as these are among the ``workloads``."""
    known = _by_key(workloads)
    found = []
    for entry, one in zip(entries, work, strict=True):
        ran = _all_s(_earlier_slices(one, known))
        found.append({**entry, "progress": f"{ran}s"} if ran else entry)
    return found


def _by_key(workloads: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {f"{one['metadata'].get('namespace')}/{one['metadata'].get('name')}": one for one in workloads}


def _earlier_slices(one: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The slices whose work this one goes on with, the latest first: those that were replaced one by the other. What
    was evicted in between began anew."""
    found: list[Mapping[str, Any]] = []
    while not eviction_count(one):
        replaced = known.get(str((one["metadata"].get("annotations") or {}).get(REPLACES)))
        if replaced is None or not was_replaced(replaced) or _ran_s(replaced) is None or replaced in found:
            break
        found.append(replaced)
        one = replaced
    return found


def _ran_s(one: Mapping[str, Any]) -> int | None:
    """For how many seconds a finished Workload ran since its last admission, or since its pods were ready; None where
    its conditions do not tell, as where it ended before that."""
    began, ended = since(one, "Admitted"), since(one, "Finished")
    if not began or not ended or ended < began:
        return None
    ready = since(one, "PodsReady") if is_true(one, "PodsReady") else None
    started = max(began, ready) if ready is not None and ready <= ended else began
    return (parse_instant(ended) - parse_instant(started)) // 1000


def _all_s(ended: Iterable[Mapping[str, Any]]) -> int:
    """For how many seconds finished Workloads ran together, as far as they tell."""
    return sum(_ran_s(one) or 0 for one in ended)


def _shared(entries: Iterable[Manifest]) -> list[Manifest]:
    """The entries, in which a manifest that an earlier one has but for its name is only named: most jobs of a cluster
    are alike, and reading them anew takes its time."""
    first: dict[str, str] = {}
    found = []
    for entry in entries:
        manifest = entry["manifest"]
        metadata = manifest["metadata"]
        name = str(metadata["name"])
        key = f"{metadata.get('namespace') or 'default'}/{name}"
        model = first.setdefault(json.dumps({**manifest, "metadata": {**metadata, "name": ""}}, sort_keys=True), key)
        if model != key:
            entry = {"name": name, "like": model, **{field: entry[field] for field in entry if field != "manifest"}}
        found.append(entry)
    return found


def _entry(one: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> Manifest | None:
    ran, first = _ran_s(one), earlier[-1] if earlier else one
    if (
        not is_true(one, "Finished")
        or ran is None
        or was_replaced(one)
        or not first["metadata"].get("creationTimestamp")
    ):
        return None
    evictions, before = eviction_count(first), executed_before_s(first)
    entry: Manifest = {
        "submitted": first["metadata"].get("creationTimestamp"),
        "admitted": since(first, "Admitted") if not evictions else None,
        "ended": since(one, "Finished"),
        "ran": f"{ran + _all_s(earlier)}s",
        "evictions": evictions or None,
        "executedBefore": f"{before}s" if before else None,
        "manifest": _small(dict(one)),
    }
    return {name: value for name, value in entry.items() if value is not None}


def _small(one: Manifest) -> Manifest:
    """The manifest without what only matters while a workload exists: who submitted what, where, of which kind."""
    manifest = applied_workload(one)
    manifest.pop("status", None)
    metadata = manifest["metadata"]
    owners = [{"kind": owner.get("kind")} for owner in metadata.get("ownerReferences") or ()]
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if is_user_label(name)}
    kept = {"labels": labels, "ownerReferences": owners}
    manifest["metadata"] = {
        **{name: metadata[name] for name in ("name", "namespace") if name in metadata},
        **{name: value for name, value in kept.items() if value},
    }
    return manifest
