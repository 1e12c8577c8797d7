"""What do the operations of a JSON patch (RFC 6902) make of a document?"""

from kueue_sim.inputs.text.field import Field

OPERATIONS = ("add", "copy", "move", "remove", "replace", "test")
Steps = list[str]


def json_patched(manifest: Field, patch: Field) -> Field:
    """The object after the operations of a patch, changed in place; operations that fail are mistakes of theirs."""
    root: list[object] = [manifest.value]
    for item in patch.items():
        item.only("op", "path", "value", "from")
        name = item.get("op").choice(OPERATIONS, "")
        try:
            _operate(root, name, item)
        except (KeyError, IndexError, ValueError, TypeError):
            item.get("path").wrong(f"{item.get('path').value!r} leads nowhere in {manifest.get('kind').value}")
    return Field(root[0], manifest.source, manifest.report, manifest.path)


def _operate(root: list[object], name: str, item: Field) -> None:
    steps, value = _steps(item.get("path").text()), item.get("value").value
    if name in ("copy", "move"):
        source = _steps(item.get("from").text())
        value = _at(root, source)
        if name == "move":
            _remove(root, source)
    if name == "test":
        if _at(root, steps) != value:
            item.wrong(f"the test fails: the value is {_at(root, steps)!r}")
    elif name == "remove":
        _remove(root, steps)
    elif name == "replace":
        _at(root, steps)
        _put(root, steps, value, insert=False)
    elif name:
        _put(root, steps, value, insert=True)


def _steps(pointer: str) -> Steps:
    """The steps of a JSON pointer (RFC 6901), below the object itself."""
    parts = pointer.split("/")[1:] if pointer else []
    return [part.replace("~1", "/").replace("~0", "~") for part in parts]


def _at(root: list[object], steps: Steps) -> object:
    current = root[0]
    for step in steps:
        if isinstance(current, list):
            current = current[int(step)]
        elif isinstance(current, dict):
            current = current[step]
        else:
            raise TypeError(step)
    return current


def _put(root: list[object], steps: Steps, value: object, insert: bool) -> None:
    if not steps:
        root[0] = value
        return
    holder, last = _at(root, steps[:-1]), steps[-1]
    if isinstance(holder, list):
        index = len(holder) if last == "-" else int(last)
        if not 0 <= index <= len(holder):
            raise IndexError(last)
        holder[index : index if insert else index + 1] = [value]
    elif isinstance(holder, dict):
        holder[last] = value
    else:
        raise TypeError(last)


def _remove(root: list[object], steps: Steps) -> None:
    holder, last = _at(root, steps[:-1]), steps[-1]
    if isinstance(holder, list):
        del holder[int(last)]
    elif isinstance(holder, dict):
        del holder[last]
    else:
        raise TypeError(last)
