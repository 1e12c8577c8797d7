"""Which policy holds? Inline manifests, included files and HyperPod task governance as one list of manifests."""

from dataclasses import dataclass, field

from sim.inputs.field import Field
from sim.inputs.files import Files
from sim.inputs.hyperpod import Governance, read_governance
from sim.inputs.manifests import flatten
from sim.inputs.schema import POLICY


@dataclass(slots=True)
class PolicySection:
    """The manifests in order. ``hyperpod`` is what task governance says, None without it."""

    manifests: list[Field] = field(default_factory=list)
    hyperpod: Governance | None = None


def read_policy(section: Field, files: Files) -> PolicySection:
    """All policy manifests of the ``policy`` section."""
    section.only(*POLICY)
    manifests = flatten([*section.get("objects").items(), *files.manifests(section.get("include"))])
    if not section.get("hyperpod").present:
        return PolicySection(manifests)
    governance = read_governance(section.get("hyperpod"), files)
    return PolicySection([*manifests, *governance.manifests], governance)
