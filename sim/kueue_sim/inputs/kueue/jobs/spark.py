"""The pods of a SparkApplication: one driver and the executors it starts with."""

import re

from kueue_sim.inputs.kueue.jobs.kinds import JobKind
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of, template_of
from kueue_sim.inputs.text.field import Field

_JAVA_SIZE = re.compile(r"(\d+)([kmgtp])b?", re.IGNORECASE)
_OF_POD = ("nodeSelector", "affinity", "tolerations", "initContainers", "priorityClassName")
_RESOURCES = (("requests", "cpu", "coreRequest"), ("limits", "cpu", "coreLimit"))
_MEMORY = (("requests", "memory", "memory"), ("limits", "memory", "memoryLimit"))


def _spark_application(manifest: Field, roles: Roles) -> list[Role]:
    spec = manifest.get("spec")
    mode = spec.get("mode")
    if mode.value not in (None, "cluster"):
        mode.invalid("only Cluster mode is supported for a kueue managed job")
    if spec.get("dynamicAllocation", "enabled").value is True:
        spec.get("dynamicAllocation", "enabled").invalid("Kueue takes dynamicAllocation of elastic jobs only")
    executor = spec.get("executor")
    driver = roles.of(_pod(spec.get("driver"), "driver", spec), "driver", 1)
    return [driver, roles.of(_pod(executor, "executor", spec), "executor", count_of(executor.get("instances"), 0))]


def _pod(part: Field, role: str, spec: Field) -> Field:
    """The pod that Spark makes: requests as written for the part; memory overhead is not counted."""
    resources: dict[str, dict[str, object]] = {"requests": {}, "limits": {}}
    for kind, name, key in _RESOURCES:
        if part.get(key).present:
            resources[kind][name] = part.get(key).value
    for kind, name, key in _MEMORY:
        if part.get(key).present:
            resources[kind][name] = _quantity(part.get(key).text())
    gpu = part.get("gpu")
    if gpu.get("name").text() and gpu.get("quantity").integer() > 0:
        resources["limits"][gpu.get("name").text()] = gpu.get("quantity").integer()
    given = {key: part.get(key).value for key in _OF_POD if part.get(key).present}
    if "nodeSelector" not in given and spec.get("nodeSelector").present:
        given["nodeSelector"] = spec.get("nodeSelector").value
    sidecars = [item.mapping() for item in part.get("sidecars").items()]
    template = template_of({**given, "containers": [{"name": role, "resources": resources}, *sidecars]}, part)
    annotations = {**part.get("template", "metadata", "annotations").mapping(), **part.get("annotations").mapping()}
    metadata = {"annotations": annotations, "labels": part.get("labels").mapping()}
    return Field({**template.mapping(), "metadata": metadata}, template.source, template.report)


def _quantity(size: str) -> str:
    """A size of Java as a quantity of Kubernetes: 512m are mebibytes."""
    found = _JAVA_SIZE.fullmatch(size.strip())
    return size if found is None else f"{found[1]}{'Ki' if found[2] in 'kK' else found[2].upper() + 'i'}"


KINDS = (
    JobKind("SparkApplication", ("sparkoperator.k8s.io",), "sparkoperator.k8s.io/sparkapplication", _spark_application),
)
