"""A change as something to apply: patched Kueue objects, ``kubectl patch`` commands, or a HyperPod update."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from kueue_sim.inputs.convert import kueue_manifests, manifest_text
from kueue_sim.inputs.hyperpod.requests import read_requests
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files
from kueue_sim.model.team_names import queue_of, team_of
from kueue_sim.whatif.execution.scenario_source import FromFile
from kueue_sim.whatif.sweeping.grid import Settings
from kueue_sim.whatif.sweeping.sweep import at

Manifest = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Remedy:
    """``manifests`` is YAML for ``kubectl apply``, ``commands`` do the same one by one; "" and empty without any.

    ``notes`` say what has no such form, or what to mind.
    """

    manifests: str
    commands: tuple[str, ...]
    notes: tuple[str, ...] = ()


def remedy(base: FromFile, settings: Settings) -> Remedy:
    """What to apply so that the cluster has what ``settings`` change in the scenario."""
    before, after = (
        {_name(item): item for item in kueue_manifests(origin.path, origin.overrides, origin.overlays)}
        for origin in (base, at(base, settings))
    )
    changed = {name: item for name, item in after.items() if before.get(name) != item}
    if base.loaded().governed:
        return _hyperpod(base, settings, list(changed.values()))
    commands = [
        _patch(item, patch_of(before[name], item))
        for name, item in changed.items()
        if name in before and "metadata" in item
    ]
    notes = [] if changed else [f"Not a change of Kueue objects: {'; '.join(f'{p}={v}' for p, v in settings)}"]
    if any(item.get("kind") == "Configuration" for item in changed.values()):
        notes.append("The Configuration belongs into the ConfigMap kueue-manager-config; restart the manager after it.")
    return Remedy(manifest_text(changed.values()) if changed else "", tuple(commands), tuple(notes))


def _name(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    return str(manifest.get("kind")), str(found.get("namespace", "")), str(found.get("name", ""))


def patch_of(before: object, after: object, path: str = "") -> list[dict[str, object]]:
    """The JSON patch (RFC 6902) from one value to another; lists of different length are replaced as a whole."""
    if before == after:
        return []
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        found: list[dict[str, object]] = [
            {"op": "remove", "path": _join(path, key)} for key in before if key not in after
        ]
        for key, value in after.items():
            place = _join(path, key)
            found += (
                patch_of(before[key], value, place) if key in before else [{"op": "add", "path": place, "value": value}]
            )
        return found
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [part for index, (old, new) in pairs for part in patch_of(old, new, f"{path}/{index}")]
    return [{"op": "replace", "path": path, "value": after}]


def _join(path: str, key: object) -> str:
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def _patch(manifest: Manifest, patch: list[dict[str, object]]) -> str:
    kind, namespace, name = _name(manifest)
    where = f" --namespace {shlex.quote(namespace)}" if namespace else ""
    return f"kubectl patch {kind.lower()} {shlex.quote(name)}{where} --type=json -p {shlex.quote(json.dumps(patch))}"


# -- HyperPod -------------------------------------------------------------------------------------------------------


def _hyperpod(base: FromFile, settings: Settings, changed: list[Manifest]) -> Remedy:
    """One ``update-compute-quota`` per team whose ClusterQueue changes; the add-on would undo a patch of the queue."""
    requests = {quota.get("ComputeQuotaTarget", "TeamName").text(): quota for quota in _quotas(base)}
    after = at(base, settings).loaded()
    commands, notes = [], []
    for item in changed:
        kind, _, name = _name(item)
        team = team_of(name)
        if kind == "ClusterQueue" and team in requests:
            commands.append(_update(requests[team], team, after))
        else:
            notes.append(f"{kind} {name} changes, which no HyperPod request sets")
    if commands:
        notes.append(
            "vCPU and memory of a quota given by accelerators follow by ratio. Ids and versions: list-compute-quotas."
        )
    return Remedy("", tuple(commands), tuple(notes))


def _quotas(base: FromFile) -> list[Field]:
    loaded = base.loaded()
    files = Files(base.folder, loaded.document.report)
    return read_requests(loaded.document.get("policy", "hyperpod"), files).quotas


def _update(quota: Field, team: str, after: Loaded) -> str:
    """The update of one team's quota to what its ClusterQueue has afterwards."""
    queue = next(item for item in after.scenario.policy.cluster_queues if item.name == queue_of(team))
    nominal = {
        (flavor.name, resource): limit
        for group in queue.resource_groups
        for flavor in group.flavors
        for resource, limit in flavor.resources
    }
    config = json.loads(json.dumps(quota.get("ComputeQuotaConfig").value))
    borrowed = []
    for entry in config.get("ComputeQuotaResources", []):
        found = nominal.get((entry["InstanceType"], "nvidia.com/gpu"))
        if found is None:
            continue
        if "Accelerators" in entry or "Count" in entry:
            entry.pop("Count", None)
            entry["Accelerators"] = found.nominal
        if found.borrowing_limit is not None:
            borrowed.append({"InstanceType": entry["InstanceType"], "Accelerators": found.borrowing_limit})
    sharing = config.setdefault("ResourceSharingConfig", {"Strategy": "LendAndBorrow"})
    if borrowed and sharing.get("Strategy") == "LendAndBorrow":
        sharing["AbsoluteBorrowLimits"] = borrowed
    target = {"TeamName": team, "FairShareWeight": round(queue.fair_weight)}
    return (
        "aws sagemaker update-compute-quota --compute-quota-id <id> --target-version <version> "
        f"--compute-quota-config {shlex.quote(json.dumps(config))} "
        f"--compute-quota-target {shlex.quote(json.dumps(target))}"
    )
