"""Which policy holds? Inline manifests, included files and HyperPod task governance as one list of manifests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from kueue_sim.inputs.kueue.manager.configuration_objects import configuration_of, holds_configuration, joined
from kueue_sim.inputs.kueue.manager.installed_release import Installed, installed_release, names_release
from kueue_sim.inputs.kueue.manifests import flatten
from kueue_sim.inputs.kueue.overlays import lay_over, merged
from kueue_sim.inputs.kueue.policy_changes import IdleSharing
from kueue_sim.inputs.text.field import Field, Source
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import POLICY
from kueue_sim.model import Node, Policy

if TYPE_CHECKING:
    from kueue_sim.inputs.hyperpod.governance import Governance

_NOT_CONFIGURED = ("kind", "metadata")


@dataclass(slots=True)
class PolicySection:
    """The manifests in order. ``hyperpod`` is what task governance says, None without it; ``made`` has kind and name of
    the objects that a service or a table made, which nobody wrote."""

    manifests: list[Field]
    hyperpod: "Governance | None" = None
    notes: list[str] = field(default_factory=list)
    governed: "Callable[[Sequence[Field]], Governance] | None" = None
    """What HyperPod makes of its requests and further ones."""
    made: frozenset[tuple[str, str]] = frozenset()
    installed: Installed | None = None
    """The release that the cluster's own objects name, None where none does or the add-on of HyperPod says another."""
    values: dict[str, object] = field(default_factory=dict)
    """The values of the WorkloadPriorityClasses before anything was laid over them, by name."""

    def lay_over(self, overlay: Sequence[Field], name: str) -> None:
        """Merges the objects of an overlay file into the policy; what it adds is noted."""
        self.manifests, added = lay_over(self.manifests, overlay)
        self.notes += [f"overlay {name} adds {text}" for text in added]

    def remember_classes(self) -> None:
        """Takes down the values of the WorkloadPriorityClasses, before anything is laid over them."""
        classes = (one for one in self.manifests if one.get("kind").value == "WorkloadPriorityClass")
        self.values = {str(one.get("metadata", "name").value): one.get("value").value for one in classes}

    def edited_classes(self, policy: Policy) -> dict[str, int]:
        """The classes that have another value than they had before anything was laid over them."""
        classes = policy.priority_classes
        return {one.name: one.value for one in classes if self.values.get(one.name, one.value) != one.value}

    def share_idle(self, nodes: Sequence[Node]) -> IdleSharing | None:
        """Adds HyperPod's pool of idle resources if it is enabled; None when it is not."""
        if self.hyperpod is None or self.hyperpod.idle is None:
            return None
        if not nodes:
            self.notes.append("IdleResourceSharing has no effect without nodes under cluster")
        from kueue_sim.inputs.hyperpod.idle_pool import idle_pool

        sharing = IdleSharing(self.hyperpod.cohort, self.hyperpod.idle)
        self.manifests.append(idle_pool(self.manifests, nodes, sharing.cohort, sharing.origin))
        return sharing

    def know_topology(self, nodes: Sequence[Node]) -> None:
        """Gives HyperPod's flavors their topology where the nodes tell their place in the network."""
        if self.hyperpod is None:
            return
        from kueue_sim.inputs.hyperpod.topology import with_topology

        self.manifests, notes = with_topology(self.manifests, nodes, self.hyperpod.topology)
        self.notes += notes

    def without_made(self) -> None:
        """Leaves out what a service or a table made."""
        self.manifests = self.written()
        self.hyperpod = None

    def written(self) -> list[Field]:
        """The manifests that a user wrote."""
        return [item for item in self.manifests if _identity(item) not in self.made]

    def release_told(self, kueue: Field) -> tuple[list[str], list[str]]:
        """Warnings and notes about a release that the file does not name, read off the cluster's own objects."""
        if self.installed is None or kueue.get("version").present:
            return [], []
        return ([self.installed.warning], []) if self.installed.warning else ([], [self.installed.told])

    def configured(self, kueue: Field) -> Field:
        """The ``kueue`` section laid over the manager's Configuration and release, if the manifests have them."""
        if self.installed is not None:
            section = self.installed.section(kueue)
            kueue = merged(section, kueue) if kueue.present else section
        found = [item for item in self.manifests if item.get("kind").value == "Configuration"]
        for extra in found[1:]:
            first = found[0].source.place(found[0].path)
            where = f"; the first stands at {first}" if first is not None else ""
            extra.get("kind").wrong(f"a second Configuration; Kueue has one{where}")
        if not found or not isinstance(found[0].value, dict):
            return kueue
        kept = {key: value for key, value in found[0].value.items() if key not in _NOT_CONFIGURED}
        nested = _nested(Field(kept, found[0].source, kueue.report, found[0].path))
        return merged(nested, kueue) if kueue.present else nested


def _nested(configuration: Field) -> Field:
    """A Configuration as the ``kueue`` section holds it, every part at its own place."""
    source, depth = configuration.source, len(configuration.path)
    keys, values = (
        {
            ("configuration", *path[depth:]): place
            for path, place in places.items()
            if path[:depth] == configuration.path
        }
        for places in (source.keys, source.values)
    )
    return Field({"configuration": configuration.value}, Source(source.name, keys, values), configuration.report)


def read_policy(section: Field, files: Files, requests: Sequence[Field] = ()) -> PolicySection:
    """All policy manifests of the ``policy`` section; ``requests`` are HyperPod's that are laid over its own."""
    section.only(*POLICY)
    written = flatten([*section.get("objects").items(), *files.manifests(section.get("include"))])
    installed = None if section.get("hyperpod", "addonVersion").present else installed_release(written)
    written = [item for item in written if not _says_release_alone(item)]
    manifests = joined([configuration_of(item) for item in written])
    made: list[Field] = []
    if section.get("teams").present:
        from kueue_sim.inputs.traces.team_quotas import team_manifests

        made = flatten(team_manifests(section.get("teams"), files))

    def governed(further: Sequence[Field]) -> "Governance":
        from kueue_sim.inputs.hyperpod.governance import read_governance

        return read_governance(section.get("hyperpod"), files, [*requests, *further])

    if not section.get("hyperpod").present and not any(request.present for request in requests):
        names = frozenset(map(_identity, made))
        return PolicySection([*manifests, *made], governed=governed, made=names, installed=installed)
    governance = governed(())
    there = {_identity(one) for one in manifests if one.get("kind").value == "Namespace"}
    if _is_dumped(governance.manifests, manifests):
        from kueue_sim.inputs.hyperpod.snapshot import QUEUES_STAND

        governance = replace(governance, manifests=[], idle=None, notes=(*governance.notes, QUEUES_STAND))
    made += [one for one in governance.manifests if _identity(one) not in there]
    notes, names = list(governance.notes), frozenset(map(_identity, made))
    if installed is not None and installed.warning:
        installed = None  # the images of the add-on are HyperPod's own
    return PolicySection([*manifests, *made], governance, notes, governed, names, installed)


def _is_dumped(made: Sequence[Field], written: Sequence[Field]) -> bool:
    """Whether a ClusterQueue that HyperPod makes was written by a cluster: it has a uid."""
    there = {_identity(one) for one in written if one.get("metadata", "uid").present}
    return any(one.get("kind").value == "ClusterQueue" and _identity(one) in there for one in made)


def _says_release_alone(item: Field) -> bool:
    """Whether an object is no part of a policy, but the manager's Deployment or values of its chart."""
    return item.get("kind").value != "Pod" and names_release(item) and not holds_configuration(item)


def _identity(manifest: Field) -> tuple[str, str]:
    return str(manifest.get("kind").value), str(manifest.get("metadata", "name").value)
