"""Which files of a folder concern Kueue although they are no manifests? Nobody named them: they are told, not read."""

import re
from pathlib import Path

from kueue_sim.errors import InputError
from kueue_sim.inputs.tables.table import csv_header
from kueue_sim.inputs.text.yamltext import holds_commands
from kueue_sim.inputs.traces.column_names import tells_jobs

_SCRIPTS = (".sh", ".bash")
_TABLES = (".csv", ".tsv", ".psv")
_TEMPLATES = (
    *(".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".template", ".gotmpl", ".erb", ".jsonnet", ".libsonnet", ".cue"),
    *(".jsonl", ".ndjson", ".txt", ".bak", ".orig", ".disabled"),
)
_CONCERNED = re.compile(r"kueue\.x-k8s\.io|sagemaker-hyperpod")
_COMMANDS = re.compile(r"^\s*(?:kubectl|oc|kueuectl|hyp|hyperpod|aws sagemaker)\s", re.MULTILINE)
_LOOKED_AT = 100_000
"""Characters of a file."""


def told_of(path: Path) -> tuple[str, str] | None:
    """What a file is, and why it is left out; None for what does not concern Kueue."""
    suffix = path.suffix.lower()
    if suffix in _TABLES and _is_history(path):
        return "a history of jobs", "read by kueue-sim import"
    if suffix not in (*_SCRIPTS, *_TEMPLATES):
        return None
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_LOOKED_AT)
    except (OSError, UnicodeDecodeError):
        return None
    if suffix in _SCRIPTS and holds_commands(text) and _COMMANDS.search(text):
        return "a script", "followed only when it is named"
    return ("a file", "no manifest by its name") if suffix in _TEMPLATES and _CONCERNED.search(text) else None


def _is_history(path: Path) -> bool:
    try:
        return tells_jobs(csv_header(path)[0])
    except (InputError, OSError):
        return False
