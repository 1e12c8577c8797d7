"""Which governance requests did the administrator make? Commands, JSON and YAML, answers of the service: one list."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kueue_sim.errors import Place
from kueue_sim.inputs.hyperpod.api import (
    DELETE_QUOTA,
    DELETE_SCHEDULER,
    QUOTA,
    SCHEDULER,
    SCHEDULER_CONFIG,
    UPDATE_QUOTA,
    UPDATE_SCHEDULER,
    Operation,
    check_request,
)
from kueue_sim.inputs.hyperpod.aws_command import Commands, Request
from kueue_sim.inputs.hyperpod.names import made_up_id
from kueue_sim.inputs.hyperpod.template import is_template, resources_of
from kueue_sim.inputs.text.field import Field
from kueue_sim.inputs.text.files import Files

TEAM = ("ComputeQuotaTarget", "TeamName")
VALUES = (".json", ".yaml", ".yml")
"""Files that hold values; any other file holds commands."""
_POLICIES = "ClusterSchedulerConfigSummaries"
_LISTS = ("ComputeQuotaSummaries", _POLICIES)
_WITHOUT_SETTINGS = {
    _POLICIES: "list-cluster-scheduler-configs, which tells no settings: describe-cluster-scheduler-config does",
    "ClusterNodeSummaries": "list-cluster-nodes: describe-cluster has the instance groups",
    "ClusterSummaries": "list-clusters: describe-cluster has the instance groups",
}
"""Answers of the service that say nothing a scenario needs, and which one does."""
QUESTION = re.compile(r"Name\s*==\s*[`'\"\\]*([A-Za-z0-9-]+)")
"""The name in ``list-compute-quotas --query "ComputeQuotaSummaries[?Name=='q'].ComputeQuotaId"``."""
_GONE = ("Deleted", "CreateFailed", "CreateRollbackFailed")
"""What the service describes so is not in force."""


@dataclass(slots=True)
class Requests:
    """What was asked for, in order, and what should be known about how it was written.

    ``policies`` are scheduler configurations (one at most is meant), ``quotas`` whole quota requests. While
    ``replacing``, a request takes the place of the one for the same cluster or team.
    """

    policies: list[Field] = field(default_factory=list)
    quotas: list[Field] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    replacing: bool = False

    def add(self, request: Request, complete: bool) -> None:
        """Checks a request as the service would, and adds it, or changes what it updates."""
        check_request(request.body, request.operation, complete)
        status = request.body.get("Status").value
        if status in _GONE:
            self.notes.append(f"left out, its Status is {status}: {request.body.get('Name').text() or 'a request'}")
        elif request.operation is SCHEDULER:
            self.policies = [*([] if self.replacing else self.policies), request.body.get("SchedulerConfig")]
        elif request.operation is QUOTA:
            team = request.body.get(*TEAM).value
            kept = [quota for quota in self.quotas if not self.replacing or quota.get(*TEAM).value != team]
            self.quotas = _with_answer(kept, request.body)
        elif request.operation is DELETE_SCHEDULER:
            self.policies = []
        elif request.operation is DELETE_QUOTA:
            self._delete_quota(request.body)
        elif request.operation.updates is SCHEDULER:
            self._update_policy(request.body.get("SchedulerConfig"))
        else:
            self._update_quota(request.body)

    def take(self, document: Field) -> None:
        """Adds the requests of a document; an answer that was cut into pages is noted."""
        for request in _requests_of(document):
            self.add(request, False)
        self.notes += [*unfinished_answer(document.value), *without_settings(document.value)]

    def _asked_for(self, identifier: object) -> list[Field]:
        """The quotas whose id a script asks the service for: those of the name or team in its question, else the only
        one there is."""
        if not isinstance(identifier, str) or not identifier.startswith("$"):
            return []
        names = QUESTION.findall(identifier)
        if not names:
            return self.quotas if len(self.quotas) == 1 else []
        return [one for one in self.quotas if not {one.get("Name").value, one.get(*TEAM).value}.isdisjoint(names)]

    def _delete_quota(self, body: Field) -> None:
        """A quota is known by its id only where its description is there; an only one needs none."""
        identifier = body.get("ComputeQuotaId").value
        found = [quota for quota in self.quotas if _has_id(quota, identifier)] or self._asked_for(identifier)
        if not found and len(self.quotas) == 1:
            found = self.quotas
        if not found:
            body.get("ComputeQuotaId").missing("no quota has this id; include the answer to list-compute-quotas")
        self.quotas = [quota for quota in self.quotas if quota not in found]

    def _update_policy(self, config: Field) -> None:
        """An update replaces the whole configuration."""
        if config.present:
            self.policies = [config]

    def _update_quota(self, body: Field) -> None:
        """An update replaces the members it gives, in the quota with its id or, failing that, for its team."""
        team, identifier = body.get(*TEAM).value, body.get("ComputeQuotaId").value
        matches = [quota for quota in self.quotas if _has_id(quota, identifier)]
        matches += [quota for quota in self.quotas if team and quota.get(*TEAM).value == team]
        matches = matches or self._asked_for(identifier)
        if not matches:
            body.missing("no quota has this id or team; an update needs ComputeQuotaTarget, or the described quota")
            return
        old = matches[0]
        kept = old.mapping()
        given = {name: value for name, value in body.mapping().items() if name in QUOTA.request.members}
        self.quotas[self.quotas.index(old)] = Field({**kept, **given}, body.source, body.report, body.path)


def unfinished_answer(answer: object) -> list[str]:
    """The note on an answer of the service that goes on elsewhere; none for a whole one."""
    if not isinstance(answer, Mapping) or not answer.get("NextToken"):
        return []
    return ["an answer of the service has a NextToken: what comes after it is missing (no --max-items lists all)"]


def without_settings(answer: object) -> list[str]:
    """The note on an answer of the service that says nothing a scenario needs; none for any other."""
    if not isinstance(answer, Mapping):
        return []
    told = [why for name, why in _WITHOUT_SETTINGS.items() if answer.get(name) and not _has_settings(answer[name])]
    return [f"left out, an answer to {why}" for why in told]


def _has_settings(items: object) -> bool:
    listed = items if isinstance(items, list) else []
    return any(isinstance(one, Mapping) and "SchedulerConfig" in one for one in listed)


def _with_answer(quotas: list[Field], quota: Field) -> list[Field]:
    """The quotas with one more; of two answers about the same one the newer version counts, as Describe and List both
    tell it."""
    known, version = quota.get("ComputeQuotaArn").value, quota.get("ComputeQuotaVersion").value
    twin = next((one for one in quotas if known and one.get("ComputeQuotaArn").value == known), None)
    if twin is None:
        return [*quotas, quota]
    before = twin.get("ComputeQuotaVersion").value
    newer = isinstance(version, int) and (not isinstance(before, int) or version > before)
    return [quota if one is twin and newer else one for one in quotas]


def _has_id(quota: Field, identifier: object) -> bool:
    """Whether a quota is the one with this id: its own, or the one that stands for what the service gave it."""
    names = (quota.get("Name").value, quota.get(*TEAM).value)
    known = (quota.get("ComputeQuotaId").value, *(made_up_id(str(name)) for name in names))
    return identifier is not None and identifier in known


def read_requests(section: Field, files: Files, overlay: Sequence[Field] = ()) -> Requests:
    """All requests of the ``hyperpod`` section, with those of ``overlay`` in place of what they are about."""
    found = Requests()
    commands = section.get("commands")
    if commands.present:
        _add_commands(found, commands.text(), commands, files, commands.source.blocks.get(commands.path))
    for name in section.get("include").items():
        _include(found, name, files)
    for document in section.get("requests").items():
        found.take(document)
    policy = section.get("clusterSchedulerConfig")
    if policy.present:
        if policy.get("SchedulerConfig").present:
            found.add(Request(SCHEDULER, policy), False)
        else:
            SCHEDULER_CONFIG.check(policy)
            found.policies.append(policy)
    for quota in section.get("computeQuotas").items():
        found.add(Request(QUOTA, quota), False)
    found.replacing = True
    for document in overlay:
        _lay_over(found, document, files)
    return found


def _lay_over(found: Requests, document: Field, files: Files) -> None:
    commands = document.get("commands")
    if commands.present:
        _add_commands(found, commands.text(), commands, files, commands.source.blocks.get(commands.path))
    elif document.present:
        found.take(document)


def _add_commands(found: Requests, text: str, where: Field, files: Files, start: Place | None) -> None:
    reader = Commands(files.report, files.text, start or where.source.place(where.path))
    for request in reader.requests(text):
        found.add(request, True)
    found.notes += reader.notes


def _include(found: Requests, name: Field, files: Files) -> None:
    if Path(name.text()).suffix in VALUES:
        for document in files.documents(name):
            found.take(document)
        return
    path = files.raw(name)
    text = None if path is None else files.content(path)
    if text is not None:
        _add_commands(found, text, name, files, Place(str(path), 1, 1))


def _requests_of(document: Field) -> Iterable[Request]:
    """The requests of one document: one, a list, an answer to List, or a CloudFormation template."""
    if isinstance(document.value, list):
        for item in document.items():
            yield from _requests_of(item)
        return
    for name in _LISTS if not without_settings(document.value) else ():
        for item in document.get(name).items():
            yield from _requests_of(item)
    for kind, asked in resources_of(document) if document.get("Resources").present else ():
        yield Request(kind, asked)
    if any(document.get(name).present for name in (*_LISTS, "Resources")):
        return
    operation = _operation(document)
    if operation is None:
        document.wrong("neither a SchedulerConfig nor a ComputeQuotaConfig")
    else:
        yield Request(operation, document)


def is_request(document: Field) -> bool:
    """Whether a document holds governance requests or answers of the service."""
    if isinstance(document.value, list):
        return any(is_request(item) for item in document.items())
    return _operation(document) is not None or is_template(document) or any(map(document.mapping().get, _LISTS))


def _operation(document: Field) -> Operation | None:
    update = document.get("TargetVersion").present
    if set(document.mapping()) == {"ComputeQuotaId"}:
        return DELETE_QUOTA
    if set(document.mapping()) == {"ClusterSchedulerConfigId"}:
        return DELETE_SCHEDULER
    if document.get("SchedulerConfig").present:
        return UPDATE_SCHEDULER if update else SCHEDULER
    if document.get("ComputeQuotaConfig").present or document.get("ComputeQuotaTarget").present:
        return UPDATE_QUOTA if update else QUOTA
    return None
