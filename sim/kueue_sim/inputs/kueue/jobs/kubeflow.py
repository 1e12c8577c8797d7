"""The pods of Kubeflow's training jobs (v1) and MPIJobs: roles in the order of the kind, whatever the manifest's."""

from collections.abc import Sequence

from kueue_sim.inputs.kueue.jobs.kinds import JobKind, MakeRoles
from kueue_sim.inputs.kueue.jobs.roles import Role, Roles, count_of
from kueue_sim.inputs.text.field import Field, near_miss

_ROLES = {
    "PyTorchJob": ("pytorchReplicaSpecs", ("Master", "Worker")),
    "TFJob": ("tfReplicaSpecs", ("Chief", "Master", "PS", "Worker", "Evaluator")),
    "XGBoostJob": ("xgbReplicaSpecs", ("Master", "Worker")),
    "PaddleJob": ("paddleReplicaSpecs", ("Master", "Worker")),
    "JAXJob": ("jaxReplicaSpecs", ("Worker",)),
    "MXJob": ("mxReplicaSpecs", ("Scheduler", "Server", "Worker", "TunerTracker", "TunerServer", "Tuner")),
    "MPIJob": ("mpiReplicaSpecs", ("Launcher", "Worker")),
}
"""Field with the replica specs, and the roles in Kueue's order."""


def scheduling_class(manifest: Field) -> str:
    """The class of the job's scheduling policy, which goes before those of its pods; "" when it has none."""
    return manifest.get("spec", "runPolicy", "schedulingPolicy", "priorityClass").text()


def _reader(kind: str, key: str, order: Sequence[str]) -> MakeRoles:
    def roles_of(manifest: Field, roles: Roles) -> list[Role]:
        specs = manifest.get("spec", key)
        if not specs.present:
            manifest.get("spec").wrong(f"{kind} has no {key}")
        given = {name.lower(): item for name, item in specs.entries()}
        for name, item in specs.entries():
            if name.lower() not in [one.lower() for one in order]:
                item.wrong(f"{kind} has no role {name!r}; {near_miss(name, order)}", at_key=True)
        return [_role(given[name.lower()], name, roles) for name in order if name.lower() in given]

    return roles_of


def _role(item: Field, name: str, roles: Roles) -> Role:
    return roles.of(item.get("template"), name, count_of(item.get("replicas")))


KINDS = tuple(
    JobKind(
        kind,
        ("kubeflow.org",),
        f"kubeflow.org/{kind.lower()}",
        _reader(kind, *of),
        own_class=scheduling_class,
        version="v2beta1" if kind == "MPIJob" else "v1",
    )
    for kind, of in _ROLES.items()
)
