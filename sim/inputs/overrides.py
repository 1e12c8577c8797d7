"""What changes when a value is set from outside? ``policy.objects[cq-a].spec.stopPolicy=Hold`` and the like.

A path goes through mappings by ``.name`` and into lists by ``[index]`` or ``[name]``, where the name is an item's
``name``, ``Name``, ``metadata.name`` or ``kind/name``. A path that starts with ``[Kind/name]`` changes that policy
manifest wherever it comes from. Missing mappings on the way are made.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sim.errors import Mistake
from sim.inputs.field import Field, Report, near_miss
from sim.inputs.yamltext import read_yaml

Override = str | tuple[str, object]
_STEP = re.compile(r"\[([^\]]*)\]|\.?([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class Change:
    """One override: the text of its path, its steps (list steps marked), and the value to set."""

    text: str
    steps: tuple[tuple[str, bool], ...]
    value: object

    @property
    def of_manifest(self) -> bool:
        return bool(self.steps) and self.steps[0][1]


def read_overrides(overrides: Sequence[Override], report: Report) -> list[Change]:
    """The changes of overrides given as ``path=value`` (a YAML value) or ``(path, value)``."""
    changes = []
    for override in overrides:
        if isinstance(override, str):
            path, separator, text = _split(override)
            value: object = None
            if separator:
                fields = read_yaml(text, f"<override {path}>", report)
                value = fields[0].value if fields else None
        else:
            (path, value), separator = override, "="
        steps = tuple(
            (match.group(1), True) if match.group(1) is not None else (match.group(2), False)
            for match in _STEP.finditer(path)
        )
        if not separator or not steps or _STEP.sub("", path):
            report.mistakes.append(Mistake(None, f"override {override!r} is not of the form path=value"))
        else:
            changes.append(Change(path, steps, value))
    return changes


def _split(text: str) -> tuple[str, str, str]:
    """Cuts at the first equals sign outside brackets."""
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "=" and depth == 0:
            return text[:index], "=", text[index + 1 :]
    return text, "", ""


def names_of(item: object) -> set[str]:
    """The names under which a list item can be addressed."""
    if not isinstance(item, dict):
        return {item} if isinstance(item, str) else set()
    metadata = item.get("metadata")
    name = item.get("name", item.get("Name"))
    if isinstance(metadata, dict):
        name = metadata.get("name", name)
    if not isinstance(name, str):
        return set()
    return {name, f"{item.get('kind')}/{name}"} if "kind" in item else {name}


def apply_change(root: object, change: Change, report: Report, skip: int = 0) -> None:
    """Sets the value in place; a step that leads nowhere is a mistake."""
    current = root
    steps = change.steps[skip:]
    for number, (step, _) in enumerate(steps):
        last = number == len(steps) - 1
        if isinstance(current, list):
            index = _index(current, step)
            if index is None:
                known = sorted(set().union(*map(names_of, current)))
                _lost(change, step, report, near_miss(step, known))
                return
            if last:
                current[index] = change.value
            current = current[index]
        elif isinstance(current, dict):
            if last:
                current[step] = change.value
            elif current.get(step) is None:
                current[step] = {}
            current = current[step]
        else:
            _lost(change, step, report, f"{current!r} has no parts")
            return


def _index(items: list[object], step: str) -> int | None:
    if re.fullmatch(r"\d+", step) and int(step) < len(items):
        return int(step)
    return next((index for index, item in enumerate(items) if step in names_of(item)), None)


def _lost(change: Change, step: str, report: Report, hint: str) -> None:
    report.mistakes.append(Mistake(None, f"override {change.text}: there is no {step!r}; {hint}"))


def apply_to_manifests(manifests: Sequence[Field], changes: Sequence[Change], report: Report) -> None:
    """Applies the changes that address a manifest by ``[Kind/name]``."""
    for change in changes:
        step = change.steps[0][0]
        found = [field.value for field in manifests if step in names_of(field.value)]
        if not found:
            known = sorted(name for field in manifests for name in names_of(field.value) if "/" in name)
            _lost(change, step, report, near_miss(step, known))
        for value in found:
            apply_change(value, change, report, skip=1)
