"""How many devices do a pod's resource claims ask of the quota? Dynamic resource allocation as Kueue counts devices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kueue_sim.inputs.kueue.companions import Companions
from kueue_sim.inputs.kueue.release import Gates
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import PodSet

NO_CLAIMS = "KueueDRAIntegration feature does not support use of resource claims"
DISABLED = "Workload uses DRA resources but the KueueDRAIntegration feature gate is not enabled"
NAMES = ("KueueDRAIntegration", "DynamicResourceAllocation")
"""The gate, and its name up to 0.18."""


@dataclass(frozen=True, slots=True)
class Devices:
    """Devices of one pod by the name of their quota, and extended resources whose quota has another name.

    ``inadmissible_reason`` says why Kueue never queues the Workload, "" when it does.
    """

    amounts: Mapping[str, int] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    inadmissible_reason: str = ""


_NONE = Devices()


@dataclass(frozen=True, slots=True)
class DeviceClaims:
    """``mapped`` is the quota's name of each device class (deviceClassMappings)."""

    gates: Gates
    mapped: Mapping[str, str] = field(default_factory=dict)

    def devices(self, spec: Field, pod_set: str, index: int, namespace: str, companions: Companions) -> Devices:
        """What the claims of a pod spec ask for; ``index`` is the place of its pod set in the Workload."""
        claims = spec.get("resourceClaims").items()
        known = [name for name in NAMES if name in self.gates.known]
        if not known:
            return _NONE
        if not any(self.gates.on(name) for name in known):
            refused = claims and self.gates.on("KueueDRARejectWorkloadsWhenDRADisabled")
            return Devices(inadmissible_reason=DISABLED) if refused else _NONE
        if any(claim.get("resourceClaimName").present for claim in claims):
            return Devices(inadmissible_reason=NO_CLAIMS)
        amounts: dict[str, int] = {}
        for number, claim in enumerate(claims):
            name = claim.get("resourceClaimTemplateName").needed("resourceClaimTemplateName")
            template = companions.find("ResourceClaimTemplate", namespace, name)
            path = f"spec.podSets[{index}].template.spec.resourceClaims[{number}]"
            if template is None:
                return Devices(inadmissible_reason=_no_template(path, name, pod_set))
            wrong = self._add(amounts, template, path, pod_set)
            if wrong:
                return Devices(inadmissible_reason=wrong)
        return Devices(amounts, self._renamed(companions))

    def counted(
        self, pod_set: PodSet, spec: Field, index: int, namespace: str, companions: Companions
    ) -> tuple[PodSet, str]:
        """A pod set that also asks for the devices of its claims, and why Kueue never queues its Workload, "" when it
        does; as for ``devices``."""
        found = self.devices(spec, pod_set.name, index, namespace, companions)
        if found.amounts or found.renamed:
            requests = with_devices(pod_set.requests, found)
            pod_set = replace(pod_set, requests=requests, pod_requests=pod_set.placement_requests)
        return pod_set, found.inadmissible_reason

    def _add(self, amounts: dict[str, int], template: Field, path: str, pod_set: str) -> str:
        """Adds the devices of one claim; why it is not supported, "" when it is."""
        name = template.get("metadata", "name").value
        for number, request in enumerate(template.get("spec", "spec", "devices", "requests").items()):
            at = f"{path}.devices.requests[{number}]"
            exactly = request.get("exactly") if request.get("exactly").present else request
            if request.get("firstAvailable").present:
                what = "FirstAvailable device selection is not supported"
                return f"{at}: Invalid value: null: ResourceClaimTemplate {name}: {what}"
            if exactly.get("adminAccess").boolean():
                continue
            if exactly.get("allocationMode").text("ExactCount") != "ExactCount":
                mode = exactly.get("allocationMode").text()
                what = f"AllocationMode '{mode}' is not supported"
                return f'{at}.exactly.allocationMode: Invalid value: "{mode}": ResourceClaimTemplate {name}: {what}'
            kind = exactly.get("deviceClassName").text()
            if kind and kind not in self.mapped:
                return (
                    f"{path}.resourceClaimTemplateName: Not found: "
                    f'"DeviceClass {kind} is not mapped in DRA configuration for podset {pod_set}"'
                )
            if kind:
                logical = self.mapped[kind]
                amounts[logical] = amounts.get(logical, 0) + exactly.get("count").integer(1, minimum=1)
        return ""

    def _renamed(self, companions: Companions) -> dict[str, str]:
        return dict(self._extended(companions)) if self._extends else {}

    @property
    def _extends(self) -> bool:
        name = "KueueDRAIntegrationExtendedResource"
        return name in self.gates.known and self.gates.on(name)

    def _extended(self, companions: Companions) -> Iterator[tuple[str, str]]:
        """Extended resources that devices of a mapped class stand behind, and the name their quota has."""
        classes = sorted(
            companions.of_kind("DeviceClass"), key=lambda one: str(one.get("metadata", "name").value), reverse=True
        )
        for manifest in classes:
            resource, name = (
                manifest.get("spec", "extendedResourceName").text(),
                manifest.get("metadata", "name").text(),
            )
            if resource and name in self.mapped:
                yield resource, self.mapped[name]


def _name(manifest: Field) -> str:
    return manifest.get("metadata", "name").text()


def _no_template(path: str, name: str, pod_set: str) -> str:
    return (
        f"{path}: Internal error: failed to get claim spec for ResourceClaimTemplate {name} in podset {pod_set}: "
        f'ResourceClaimTemplate.resource.k8s.io "{name}" not found'
    )


def with_devices(requests: Mapping[str, int], devices: Devices) -> dict[str, int]:
    """What a pod asks of the quota, with its devices under the names of their quota."""
    total: dict[str, int] = {}
    for name, amount in (
        *((devices.renamed.get(name, name), amount) for name, amount in requests.items()),
        *devices.amounts.items(),
    ):
        total[name] = total.get(name, 0) + amount
    return total


def device_classes(resources: Field) -> dict[str, str]:
    """The name that the quota of each device class has (``deviceClassMappings``)."""
    found: dict[str, str] = {}
    for item in resources.get("deviceClassMappings").items():
        item.only("name", "deviceClassNames", "sources")
        name = item.get("name").needed("name")
        for child in item.get("deviceClassNames").items():
            if child.text() in found:
                child.wrong(f"device class {child.value!r} is mapped twice")
            found[child.text()] = name
    return found
