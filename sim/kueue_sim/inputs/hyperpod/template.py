"""What do the resources of a CloudFormation template ask for? Its functions are followed as far as the template alone
says what they give."""

import re
from collections.abc import Iterator, Mapping

from kueue_sim.inputs.hyperpod.api import QUOTA, SCHEDULER, Operation, typed
from kueue_sim.inputs.text.field import Field

RESOURCE_TYPES = {"AWS::SageMaker::ClusterSchedulerConfig": SCHEDULER, "AWS::SageMaker::ComputeQuota": QUOTA}
_VARIABLE = re.compile(r"\$\{([^!{}][^{}]*)\}")
_NOTHING = "AWS::NoValue"
_PSEUDO = {
    "AWS::StackName": "stack",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
}
"""Stand-ins for what CloudFormation knows when it deploys; they are parts of names, which decide nothing."""


def is_template(document: Field) -> bool:
    """Whether a CloudFormation template has resources of governance."""
    resources = document.get("Resources").value
    values = resources.values() if isinstance(resources, dict) else ()
    return any(isinstance(one, dict) and one.get("Type") in RESOURCE_TYPES for one in values)


def resources_of(document: Field) -> Iterator[tuple[Operation, Field]]:
    """The resources of governance with what they ask for: parameters have their defaults, numbers may be texts. What
    only the service knows, such as the ARN of another resource, is a placeholder."""
    parameters = _PSEUDO | {
        name: parameter.get("Default").value
        for name, parameter in document.get("Parameters").entries()
        if parameter.get("Default").present
    }
    for _, resource in document.get("Resources").entries():
        operation = RESOURCE_TYPES.get(str(resource.get("Type").value))
        if operation is not None:
            asked = resource.get("Properties")
            value = typed(_resolved(asked.value, parameters), operation.request)
            yield operation, Field(value, asked.source, asked.report, asked.path)


def _resolved(value: object, known: Mapping[str, object]) -> object:
    """A value with what its functions give."""
    if isinstance(value, list):
        return [_resolved(item, known) for item in value if not _is_nothing(item)]
    if not isinstance(value, dict):
        return value
    name, given = next(iter(value.items()), ("", None))
    if len(value) == 1 and (name == "Ref" or str(name).startswith("Fn::")):
        return _given_by(str(name), _resolved(given, known), known)
    return {key: _resolved(item, known) for key, item in value.items() if not _is_nothing(item)}


def _given_by(function: str, given: object, known: Mapping[str, object]) -> object:
    """What a function gives, a placeholder where the template does not say."""
    if function == "Ref":
        return known.get(str(given), f"${{{given}}}")
    if function == "Fn::Sub":
        text, more = given if isinstance(given, list) and len(given) == 2 else (given, {})
        names = {**known, **(more if isinstance(more, dict) else {})}
        return _VARIABLE.sub(lambda found: str(names.get(found[1], found[0])), str(text))
    if function == "Fn::Join" and isinstance(given, list) and len(given) == 2 and isinstance(given[1], list):
        return str(given[0]).join(map(str, given[1]))
    return f"${{{function}}}"


def _is_nothing(value: object) -> bool:
    """Whether a value leaves its property out."""
    return isinstance(value, dict) and value == {"Ref": _NOTHING}
