"""What do ``cp``, ``rm``, ``tee``, ``sed -i`` and ``curl`` do to files? Nothing on disk; later commands read it."""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise

from kueue_sim.inputs.shell.built_in import Shell
from kueue_sim.inputs.shell.words import Command
from kueue_sim.inputs.steps.edited import edited
from kueue_sim.inputs.steps.yq import answered, read_yq


def _files(command: Command) -> list[str]:
    return [word.text for word in command.words[1:] if not word.text.startswith("-")]


def _copies(shell: Shell, command: Command) -> bool:
    files = _files(command)
    source = shell.folder / files[0] if len(files) == 2 else None
    if source is None or not shell.written.exists(source):
        return True
    target = shell.folder / files[1]
    target = target / source.name if target.is_dir() else target
    shell.written.write(target, shell.written.read(source))
    if command.words[0].text == "mv":
        shell.written.remove(source)
    return True


def _removes(shell: Shell, command: Command) -> bool:
    for name in _files(command):
        shell.written.remove(shell.folder / name)
    return True


def _notes_down(shell: Shell, command: Command) -> bool:
    longer = any(word.text == "-a" for word in command.words)
    for name in _files(command):
        shell.written.write(shell.folder / name, command.stdin, longer)
    return True


def _edits(shell: Shell, command: Command) -> bool:
    """``sed -i``; False when that is not followed, and for any other ``sed``."""
    texts = [word.text for word in command.words[1:]]
    if not any(text.startswith(("-i", "--in-place")) for text in texts):
        return False
    files = [text for text in texts if shell.written.exists(shell.folder / text)]
    commands = [text for text in texts if text not in files and not text.startswith(("-i", "--in-place"))]
    for name in files:
        before = shell.written.read(shell.folder / name)
        after = None if before is None else edited(commands, before)
        if after is None:
            return False
        shell.written.write(shell.folder / name, after)
    return True


def _edits_manifests(shell: Shell, command: Command) -> bool:
    """``yq -i``; False when that is not followed, and for any other ``yq``."""
    one = read_yq([word.text for word in command.words[1:]])
    if one is None or not one.in_place or not all(word.known for word in command.words):
        return False
    for name in one.files:
        before = shell.written.read(shell.folder / name)
        after = None if before is None else answered(one.expression, before, shell.variables)
        if after is None:
            return False
        shell.written.write(shell.folder / name, after)
    return True


def _fetches(shell: Shell, command: Command) -> bool:
    """``curl -o FILE``, ``curl -O``, ``wget`` and ``git clone``; False where nothing is kept."""
    texts = [word.text for word in command.words]
    address = next((text for text in texts if re.match(r"https?://|git@", text)), None)
    if address is None or (texts[0] == "git" and "clone" not in texts):
        return False
    after = texts[texts.index(address) + 1 :]
    own = address.rstrip("/").rpartition("/")[2].partition("?")[0]
    named = [after for option, after in pairwise(texts) if option in ("-o", "--output", "-O", "--output-document")]
    named = [name for name in named if not name.startswith("-") and name != address]
    if texts[0] == "git":
        target = next((text for text in after if not text.startswith("-")), own.removesuffix(".git"))
    elif named or texts[0] == "wget" or any(re.match(r"-[a-zA-Z]*O|--remote-name", text) for text in texts):
        target = named[0] if named else own
    else:
        return False
    shell.written.fetch(shell.folder / target, address)
    return True


FILE_COMMANDS: Mapping[str, Callable[[Shell, Command], bool]] = {
    "cp": _copies, "mv": _copies, "rm": _removes, "tee": _notes_down, "sed": _edits, "yq": _edits_manifests,
    "curl": _fetches, "wget": _fetches, "git": _fetches,
}  # fmt: skip
"""Each says whether it could be followed."""
