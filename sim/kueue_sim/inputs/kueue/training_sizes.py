"""Between which sizes does elastic training move? ``elasticPolicy`` of a HyperPodPyTorchJob (HyperPod facts, 4.8)."""

from kueue_sim.inputs.text.field import Field

MOST = 10_000


def training_sizes(manifest: Field) -> tuple[int, ...]:
    """Numbers of pods from the fewest to the most, spares included; empty when the job is not elastic.

    They are given one by one (``replicaDiscreteValues``) or by a step (``replicaIncrementStep``, 1 when absent).
    """
    if manifest.get("kind").value != "HyperPodPyTorchJob":
        return ()
    specs = manifest.get("spec", "replicaSpecs").items()
    policy = manifest.get("spec", "elasticPolicy")
    if not policy.present or not specs:
        return ()
    spares = specs[0].get("spares").integer(0, minimum=0)
    listed = policy.get("replicaDiscreteValues")
    if listed.present:
        if policy.get("replicaIncrementStep").present:
            listed.wrong("replicaDiscreteValues and replicaIncrementStep exclude each other")
        values = sorted({item.integer(1, minimum=1) for item in listed.items()})
    else:
        least = policy.get("minReplicas").integer(1, minimum=1)
        most = policy.first("maxReplicas").integer(specs[0].get("maxReplicas").integer(least), maximum=MOST)
        step = policy.get("replicaIncrementStep").integer(1, minimum=1)
        if most < least:
            policy.get("maxReplicas").wrong(f"{most} is less than minReplicas, {least}")
        values = [*range(least, most, step), most]
    return tuple(value + spares for value in values) if len(values) > 1 else ()
