"""Which Kueue manifests does a scenario's policy amount to? The policy section as files for ``kubectl apply``."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from kueue_sim.inputs.hyperpod.objects import API, Manifest
from kueue_sim.inputs.loading import Loaded
from kueue_sim.inputs.repository.given import Given
from kueue_sim.inputs.scenario import load
from kueue_sim.inputs.text.overrides import Override

CONFIGURATION_API = "config.kueue.x-k8s.io/v1beta2"
ORDER = (
    "Configuration",
    "Namespace",
    "Topology",
    "AdmissionCheck",
    "ResourceFlavor",
    "Cohort",
    "ClusterQueue",
    "LocalQueue",
    "WorkloadPriorityClass",
)
"""Kinds in the order in which they can be applied."""


def kueue_manifests(
    path: Given | Sequence[Given], overrides: Sequence[Override] = (), overlays: Sequence[str | Path] = ()
) -> list[Manifest]:
    """The policy of a scenario, of manifests, or of HyperPod requests, after overrides and overlays.

    Raises InputError with all mistakes. The manager's Configuration comes first, if anything is said about it.
    """
    loaded = load(path, overrides, overlays)
    found = [_complete(item.mapping()) for item in loaded.manifests if item.get("kind").value != "Configuration"]
    return sorted([*_configuration(loaded), *found], key=_rank)


def _rank(manifest: Manifest) -> int:
    kind = manifest.get("kind")
    return ORDER.index(kind) if isinstance(kind, str) and kind in ORDER else len(ORDER)


def _complete(manifest: object) -> Manifest:
    """A manifest with its apiVersion, which scenarios may leave out."""
    assert isinstance(manifest, dict)
    return manifest if "apiVersion" in manifest else {"apiVersion": API, **manifest}


def _configuration(loaded: Loaded) -> list[Manifest]:
    """The manager's Configuration, if the scenario or HyperPod says anything about it."""
    said: Manifest = {}
    if loaded.kueue is not None:
        said = {str(key): value for key, value in loaded.kueue.get("configuration").mapping().items()}
        gates = {
            **loaded.kueue.get("configuration", "featureGates").mapping(),
            **loaded.kueue.get("featureGates").mapping(),
        }
        said |= {"featureGates": gates} if gates else {}
    strategies = loaded.scenario.settings.fair_sharing
    if loaded.governed and strategies is not None:
        said.setdefault("fairSharing", {"preemptionStrategies": list(strategies)})
    return [{"apiVersion": CONFIGURATION_API, "kind": "Configuration", **said}] if said or loaded.governed else []


def manifest_text(manifests: Iterable[Manifest]) -> str:
    """Manifests as one YAML text of several documents."""
    return "---\n".join(yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, width=120) for manifest in manifests)


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes equal parts out instead of as anchors and aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True
