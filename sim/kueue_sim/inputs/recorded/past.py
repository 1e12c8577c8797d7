"""What did finished work teach? Workloads of a dump that ended, as entries of a scenario's ``past``."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kueue_sim.inputs.kueue.workload_objects import is_user_label
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
    """One entry for each finished Workload that ever ran, in order of submission.

    The run time is that of the last admission: what ran in earlier ones was thrown away with them. Slices of elastic
    work that another slice replaced did not end, and are left out.
    """
    found = [entry for one in workloads if (entry := _entry(one)) is not None]
    return _shared(sorted(found, key=lambda entry: str(entry["submitted"])))


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


def _entry(one: Mapping[str, Any]) -> Manifest | None:
    finished = condition(one, "Finished") or {}
    began, ended = since(one, "Admitted"), finished.get("lastTransitionTime")
    if not is_true(one, "Finished") or not began or not ended or finished.get("reason") == _REPLACED:
        return None
    ready = since(one, "PodsReady") if is_true(one, "PodsReady") else None
    started = max(began, ready) if ready is not None and ready <= ended else began
    evictions, before = eviction_count(one), executed_before_s(one)
    entry: Manifest = {
        "submitted": one["metadata"].get("creationTimestamp"),
        "admitted": began if not evictions else None,
        "ended": ended,
        "ran": f"{(parse_instant(ended) - parse_instant(started)) // 1000}s",
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
