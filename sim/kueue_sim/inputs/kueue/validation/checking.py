"""Asks the rules about objects; what is wrong with one goes to its report, at its place."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from kueue_sim.inputs.kueue.jobs import JOB_KINDS, is_job
from kueue_sim.inputs.kueue.release import line_of
from kueue_sim.inputs.kueue.validation.forms import Fields, Line
from kueue_sim.inputs.kueue.validation.job_relations import note_refused_resources
from kueue_sim.inputs.kueue.validation.mistyped import note_mistyped
from kueue_sim.inputs.kueue.validation.relations import Relation
from kueue_sim.inputs.kueue.validation.rules import GATES, PLAIN_JOBS, RULES, Rule
from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Settings


def validate(manifests: Iterable[Field], settings: Settings) -> None:
    """Notes everything that the API server or Kueue of the simulated release would refuse, and remarks probable slips
    in what jobs may have beside it."""
    line = line_of(settings.version)
    for manifest in manifests:
        kind = manifest.get("kind").value
        if not isinstance(kind, str) or (kind in JOB_KINDS and not is_job(manifest)):
            continue
        for rule in rules_for(kind):
            gate = GATES.get(rule.source)
            if rule.since <= line and (gate is None or settings.gate(gate)):
                _ask(rule, manifest, line)
        note_mistyped(manifest)
        if kind in PLAIN_JOBS:
            note_refused_resources(manifest)


@cache
def rules_for(kind: str) -> tuple[Rule, ...]:
    """The rules for objects of a kind."""
    return tuple(rule for rule in RULES if kind in rule.kinds)


def _ask(rule: Rule, manifest: Field, line: Line) -> None:
    if isinstance(rule.form, Relation):
        for field, message in rule.form.wrong(manifest):
            field.invalid(message)
        return
    for field, at_key in _fields(manifest, _steps(rule.path)):
        if isinstance(rule.form, Fields):
            rule.form.ask(field)
            continue
        message = rule.form.wrong(field, line)
        if message and manifest.report.strict:
            field.wrong(message, at_key)


@cache
def _steps(path: str) -> tuple[str, ...]:
    """The steps of a path; keys of labels may hold dots and a slash."""
    plain, _, label = path.partition(".kueue.x-k8s.io/")
    steps = tuple(step for step in re.findall(r"\[\]|\{\w+\}|[^.\[{]+", plain))
    return (*steps, f"kueue.x-k8s.io/{label}") if label else steps


def _fields(field: Field, steps: tuple[str, ...]) -> Iterator[tuple[Field, bool]]:
    """The fields at a path; True when the key is meant, which is then the field's value."""
    if not steps:
        yield field, False
        return
    first, rest = steps[0], steps[1:]
    if first == "[]":
        for item in field.items() if isinstance(field.value, list | tuple) else ():
            yield from _fields(item, rest)
    elif first in ("{key}", "{value}"):
        for key, child in field.entries() if isinstance(field.value, Mapping) else ():
            yield (Field(key, child.source, child.report, child.path) if first == "{key}" else child), first == "{key}"
    else:
        yield from _fields(field.get(first), rest)
