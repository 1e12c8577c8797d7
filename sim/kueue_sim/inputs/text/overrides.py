"""What changes when a value is set from outside? ``clusterQueues.team-a.weight=2``, ``horizon=2d`` and the like.

Short paths name policy objects (``named_overrides``), entries of the workloads section (``workloads.a1.runtime``) and
settings (``settings.fairSharing.enable``, ``settings.version``). Any other path is one of the document as written: it
goes through mappings by ``.name`` and into lists by ``[index]`` or ``[name]``, where the name is an item's ``name``,
``Name``, ``metadata.name`` or ``kind/name``. A path that starts with ``[Kind/name]`` changes that policy manifest
wherever it comes from. Missing mappings on the way are made.

``path+=16``, ``path-=16`` and ``path*=1.5`` change what is there; ``team-a -> team-b 16`` moves nominal quota.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kueue_sim.errors import Mistake, Place
from kueue_sim.inputs.text.field import Field, Path, Report, near_miss
from kueue_sim.inputs.text.named_overrides import Steps, find_target, is_named, quota_paths
from kueue_sim.inputs.text.relative import (
    OPERATORS,
    Move,
    Operator,
    changed,
    misread_move,
    misread_sign,
    read_move,
    slot_of,
    split_operator,
)
from kueue_sim.inputs.text.schema import AUTOSCALE, SCENARIO
from kueue_sim.inputs.text.yamltext import read_yaml

Override = str | tuple[str, object]
_FORMS = "accepted: PATH=VALUE, PATH+=AMOUNT (also -=, *=), or a move: GIVER -> TAKER AMOUNT [RESOURCE]"
_STEP = re.compile(r"\[([^\]]*)\]|\.?([^.\[\]]+)")
_WHOLE_KEYS = ("requests", "nodeSelector")
"""Mappings of a workload whose keys hold dots."""
_QUANTITIES = ("nominalQuota", "borrowingLimit", "lendingLimit", "weight")
_TOP = ("seed", "horizon", "drain", "timing", "placement", "start")
_KUEUE = ("version", "featureGates", "configuration")
_DECIDING = ("policy", "cluster", "kueue", "settings")
"""Parts of a scenario that hold what is decided by: objects of the policy, nodes, release and configuration."""
_PRIORITY = ("priority", "priorityClass")
"""Fields of work that decide who goes first."""
RELEASE_PATHS = ("kueue.version", "settings.version")
"""Paths of overrides that give the release of Kueue."""


@dataclass(frozen=True, slots=True)
class Change:
    """One override: the text of its path and the value to set, or with an ``operator`` the amount to change it by."""

    text: str
    value: object
    operator: Operator = ""

    @property
    def content(self) -> tuple[object, ...]:
        """What it says, for the digest of the inputs."""
        return (self.text, self.value, self.operator) if self.operator else (self.text, self.value)

    @property
    def steps(self) -> Steps:
        """The steps of a written-out path; list steps are marked."""
        return tuple(
            (match.group(1), True) if match.group(1) is not None else (match.group(2), False)
            for match in _STEP.finditer(self.text)
        )

    @property
    def of_manifest(self) -> bool:
        """Whether it changes a policy manifest, wherever that comes from."""
        return self.text.startswith("[") or is_named(self.text)


def read_overrides(overrides: Sequence[Override], report: Report) -> list[Change | Move]:
    """The changes of overrides given as ``path=value`` (a YAML value) or ``(path, value)``, and moves of quota."""
    changes: list[Change | Move] = []
    for override in overrides:
        if isinstance(override, str) and (problem := _misread(override)):
            report.mistakes.append(Mistake(None, problem))
            continue
        move = read_move(override) if isinstance(override, str) else None
        if move is not None:
            changes.append(move)
            continue
        path, separator, value = _parts(override, report)
        path, operator = split_operator(path)
        if not separator or not path or _STEP.sub("", path):
            report.mistakes.append(Mistake(None, f"override {override!r} is not of the form path=value; {_FORMS}"))
        else:
            changes.append(Change(path, value, operator))
    return changes


def are_of_what_decides(changes: Sequence[Change | Move], laid_over: Iterable[Field]) -> bool:
    """Whether any of the changes, or of the documents laid over a scenario, is of what is decided by. The release is
    not: who asks about another one asks what it would have made of the same past."""
    return any(map(_decides, changes)) or any(
        one.get("kind").value != "Scenario" or any(one.get(name).present for name in _DECIDING) for one in laid_over
    )


def _decides(change: Change | Move) -> bool:
    if isinstance(change, Move) or change.of_manifest:
        return True
    steps = [name for name, _ in change.steps]
    if steps[0] == "workloads":
        return steps[-1] in _PRIORITY
    return change.text not in RELEASE_PATHS and steps[0] in _DECIDING


def names_release(document: Field, changes: Sequence[Change | Move]) -> bool:
    """Whether the scenario file says which release runs; a release that is asked about instead does not count."""
    asked = any(isinstance(change, Change) and change.text in RELEASE_PATHS for change in changes)
    return document.get("kueue", "version").present and not asked


def _parts(override: Override, report: Report) -> tuple[str, str, object]:
    if not isinstance(override, str):
        return override[0], "=", override[1]
    path, separator, text = _split(override)
    fields = read_yaml(text, f"<override {path}>", report) if separator else []
    return path, separator, fields[0].value if fields else None


def _misread(override: str) -> str:
    """What is wrong with a move, or with a sign in front of a plain value; "" if nothing is."""
    if problem := misread_move(override):
        return problem
    path, _, text = _split(override)
    return "" if path.endswith(OPERATORS) else misread_sign(path, text)


def _split(text: str) -> tuple[str, str, str]:
    """Cuts at the first equals sign outside brackets."""
    depth = 0
    for index, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "=" and depth == 0:
            return text[:index], "=", text[index + 1 :]
    return text, "", ""


def apply_to_document(document: Field, changes: Sequence[Change | Move]) -> None:
    """Applies the changes of the scenario document itself; those of policy manifests are left to them."""
    for change in changes:
        if isinstance(change, Move) or change.of_manifest:
            continue
        steps = document_steps(document, change)
        if steps and (inner := _of_an_entry(document, steps, change)):
            document.report.mistakes.append(Mistake(None, inner))
        elif steps:
            set_value(document, steps, change)


def _of_an_entry(document: Field, steps: Steps, change: Change) -> str:
    """What is wrong with a path that begins within an entry of the workloads section, "" if it does not."""
    name = steps[0][0]
    entries = document.get("workloads").value
    if name in SCENARIO or not isinstance(entries, list):
        return ""
    places = [f"workloads[{index}]" for index, entry in enumerate(entries) if isinstance(entry, dict) and name in entry]
    if not places:
        return ""
    return f"override {change.text}: a scenario has no {name!r}; did you mean {places[0]}.{change.text}?"


def document_steps(document: Field, change: Change) -> Steps:
    """The way to the value that a path of the scenario document names, written out; empty, and a mistake, without
    one."""
    if change.text.startswith("workloads."):
        return _workload_steps(document.get("workloads"), change)
    if change.text.startswith("settings."):
        return _settings_steps(change)
    if change.text.startswith("nodePools."):
        return _pool_steps(document.get("cluster", "nodePools"), change)
    for section in ("instances", "accelerators"):
        # Instance types hold dots.
        if change.text.startswith(f"prices.{section}."):
            return (("prices", False), (section, False), (change.text.removeprefix(f"prices.{section}."), False))
    return change.steps


def settable_pools(pools: Field) -> dict[str, object]:
    """The fields of node pools that have one plain value, by short path; None where there is none now. Those of an
    autoscaler only where there is one: no single value makes one."""
    found: dict[str, object] = {}
    for pool in pools.items():
        name = pool.get("name").value
        if isinstance(name, str):
            found |= {f"nodePools.{name}.{key}": pool.get(key).value for key in ("instanceType", "count")}
            scaler = pool.get("autoscale")
            keys = AUTOSCALE if scaler.present else ()
            found |= {f"nodePools.{name}.autoscale.{key}": scaler.get(key).value for key in keys}
    return found


def _pool_steps(pools: Field, change: Change) -> Steps:
    """The way to a field of the node pool with this name, such as how many nodes it has."""
    rest = change.text.removeprefix("nodePools.")
    known = [item.get("name").text() for item in pools.items()]
    name = max((item for item in known if rest.startswith(f"{item}.")), key=len, default=None)
    if name is None:
        name = rest.partition(".")[0]
        problem = f"override {change.text}: there is no such pool; {near_miss(name, known)}"
        pools.report.mistakes.append(Mistake(None, problem))
        return ()
    fields = ((field, False) for field in rest.removeprefix(f"{name}.").split("."))
    return (("cluster", False), ("nodePools", False), (str(known.index(name)), True), *fields)


def _settings_steps(change: Change) -> Steps:
    name = change.steps[1][0] if len(change.steps) > 1 else ""
    above = () if name in _TOP else ("kueue",) if name in _KUEUE else ("kueue", "configuration")
    return (*((step, False) for step in above), *change.steps[1:])


def _workload_steps(entries: Field, change: Change) -> Steps:
    """The way to a field of the entry with this name, or with the manifest of this name; names may hold dots."""
    rest = change.text.removeprefix("workloads.")
    named: dict[str, Steps] = {}
    of_manifests: dict[str, Steps] = {}
    several: set[str] = set()
    for index, entry in enumerate(entries.items()):
        here: Steps = (("workloads", False), (str(index), True))
        for inner in ((), ("generate",), ("trace",)):
            name = entry.get(*inner, "name").value
            if isinstance(name, str):
                named[name] = (*here, *((step, False) for step in inner))
        for name in _names_of_manifest(entry.get("manifest").value):
            several |= {name} & of_manifests.keys()
            of_manifests[name] = here
    named = of_manifests | named
    found = max((name for name in named if rest.startswith(f"{name}.")), key=len, default=None)
    if found is None:
        guess = near_miss(rest.partition(".")[0], named)
        entries.report.mistakes.append(Mistake(None, f"override {change.text}: there is no such workload; {guess}"))
        return ()
    if found in several and named[found] == of_manifests[found]:
        full = ", ".join(sorted(name for name in of_manifests if name.endswith(f"/{found}")))
        entries.report.mistakes.append(Mistake(None, f"override {change.text}: {found!r} is several workloads: {full}"))
        return ()
    first, _, key = rest.removeprefix(f"{found}.").partition(".")
    if first in _WHOLE_KEYS and key:
        return (*named[found], (first, False), (key, False))
    return (*named[found], *Change(rest.removeprefix(f"{found}."), None).steps)


def _names_of_manifest(manifest: object) -> tuple[str, ...]:
    """What the work of a manifest goes by: its name, alone and behind its namespace; nothing without one."""
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(name, str):
        return ()
    return name, f"{metadata.get('namespace') or 'default'}/{name}"


def apply_to_manifests(manifests: Sequence[Field], changes: Sequence[Change | Move], report: Report) -> None:
    """Applies, in order, the moves and the changes that address a policy manifest by short path or ``[Kind/name]``."""
    for change in changes:
        if isinstance(change, Move):
            _move(change, manifests, report)
        elif is_named(change.text):
            _set_named(change, manifests, report)
        elif change.of_manifest:
            _set_by_kind(change, manifests, report)


def _set_named(change: Change, manifests: Sequence[Field], report: Report) -> None:
    target = find_target(change.text, manifests)
    if isinstance(target, str):
        report.mistakes.append(Mistake(None, f"override {change.text}: no such value; {target}"))
    else:
        set_value(target.manifest, target.steps, change)


def _set_by_kind(change: Change, manifests: Sequence[Field], report: Report) -> None:
    step = change.steps[0][0]
    found = [field for field in manifests if step in names_of(field.value)]
    if not found:
        known = sorted(name for field in manifests for name in names_of(field.value) if "/" in name)
        _lost(change, step, report, near_miss(step, known))
    for field in found:
        set_value(field, change.steps[1:], change)


def _move(move: Move, manifests: Sequence[Field], report: Report) -> None:
    """Take from the giver and give to the taker; nothing is changed when either has no such quota."""
    paths = {name: quota_paths(name, manifests) for name in (move.giver, move.taker)}
    try:
        slot = slot_of(move, paths[move.giver])
        if slot not in paths[move.taker]:
            raise ValueError(f"{move.taker} has no quota of {slot!r}; {near_miss(slot, paths[move.taker])}")
    except ValueError as error:
        report.mistakes.append(Mistake(None, f"move {move.giver} -> {move.taker}: {error}"))
        return
    _set_named(Change(paths[move.giver][slot], move.amount, "-"), manifests, report)
    _set_named(Change(paths[move.taker][slot], move.amount, "+"), manifests, report)


def names_of(item: object) -> set[str]:
    """The names under which a list item can be addressed."""
    if not isinstance(item, dict):
        return {item} if isinstance(item, str) else set()
    metadata = item.get("metadata")
    name = item.get("name", item.get("Name"))
    if isinstance(metadata, dict):
        name = metadata.get("name", name)
    if not isinstance(name, str):
        return {*_names_of_manifest(item.get("manifest"))}
    return {name, f"{item.get('kind')}/{name}"} if "kind" in item else {name}


def set_value(root: Field, steps: Steps, change: Change) -> None:
    """Sets the value in place; a step that leads nowhere is a mistake. Its place becomes the override."""
    current, path, report = root.value, list(root.path), root.report
    for number, (step, _) in enumerate(steps):
        last = number == len(steps) - 1
        key: str | int = step
        if isinstance(current, list):
            index = _index(current, step)
            if index is None:
                _lost(change, step, report, near_miss(step, set().union(*map(names_of, current))))
                return
            key = index
            if last and not _put(current, index, change, report):
                return
            current = current[index]
        elif isinstance(current, dict):
            if last:
                if not _put(current, step, change, report):
                    return
            elif current.get(step) is None:
                current[step] = {}
            current = current[step]
        else:
            _lost(change, step, report, f"{current!r} has no parts")
            return
        path.append(key)
    _mark(root, tuple(path), change)


def _put(holder: Any, key: Any, change: Change, report: Report) -> bool:
    """Sets or changes the value under a key or index; False, and a mistake, when there is nothing to change."""
    if not change.operator:
        holder[key] = _quantity(key, change.value)
        return True
    now = holder.get(key) if isinstance(holder, dict) else holder[key]
    resource = str(holder.get("name", key)) if isinstance(holder, dict) else str(key)
    try:
        holder[key] = _quantity(key, changed(now, change.operator, change.value, str(key), whole="/" in resource))
    except ValueError as error:
        hint = f"; a plain value is {change.text}=VALUE" if now is None else ""
        problem = f"override {change.text}{change.operator}={change.value}: {error}{hint}"
        report.mistakes.append(Mistake(None, problem))
        return False
    return True


def _quantity(key: object, value: object) -> object:
    """A value as objects of a cluster have it: quantities with decimals are texts there."""
    return str(value) if key in _QUANTITIES and type(value) is float else value


def _mark(root: Field, path: Path, change: Change) -> None:
    """Makes mistakes of the new value point at the override instead of the text it replaced."""
    values = root.source.values
    if isinstance(values, dict) and values:
        for places in (values, root.source.keys):
            assert isinstance(places, dict)
            for below in [one for one in places if len(one) > len(path) and one[: len(path)] == path]:
                del places[below]
        values[path] = Place(f"<override {change.text}>", 1, 1)


def _index(items: list[object], step: str) -> int | None:
    if re.fullmatch(r"\d+", step) and int(step) < len(items):
        return int(step)
    return next((index for index, item in enumerate(items) if step in names_of(item)), None)


def _lost(change: Change, step: str, report: Report, hint: str) -> None:
    report.mistakes.append(Mistake(None, f"override {change.text}: there is no {step!r}; {hint}"))
