"""What do ``cp``, ``mv``, ``rm``, ``tee`` and ``sed -i`` do to files? Nothing on disk; later commands read it."""

from collections.abc import Callable, Mapping

from kueue_sim.inputs.shell.built_in import Shell
from kueue_sim.inputs.shell.words import Command
from kueue_sim.inputs.steps.edited import edited


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


FILE_COMMANDS: Mapping[str, Callable[[Shell, Command], bool]] = {
    "cp": _copies, "mv": _copies, "rm": _removes, "tee": _notes_down, "sed": _edits,
}  # fmt: skip
"""Each says whether it could be followed."""
