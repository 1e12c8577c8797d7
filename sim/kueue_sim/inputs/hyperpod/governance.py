"""Which Kueue objects does HyperPod make of a cluster policy and compute quotas? (HyperPod facts, section 4)

What the service does not publish is a field of ``policy.hyperpod.settings``, with a default.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kueue_sim.inputs.hyperpod.add_on import release_of_add_on
from kueue_sim.inputs.hyperpod.api import QUOTA, is_output
from kueue_sim.inputs.hyperpod.compute_quota import COVERED, Amounts, percent_limits, quota_amounts
from kueue_sim.inputs.hyperpod.objects import Choices, Manifest, Team, flavors_of, priority_classes, team_objects
from kueue_sim.inputs.hyperpod.requests import read_requests
from kueue_sim.inputs.text.field import Field, Source
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.schema import HYPERPOD, HYPERPOD_SETTINGS
from kueue_sim.model import S2A, S2B
from kueue_sim.model.team_names import PREFIX

HYPERPOD_VERSION = "0.19"
"""The Kueue release of the newest add-on."""
LONGEST_TEAM = 63 - len(PREFIX)
DEFAULT_STRATEGY, DEFAULT_BORROW_LIMIT = "LendAndBorrow", 50


@dataclass(slots=True)
class Governance:
    """The Kueue side of it. ``fair_sharing`` None: classical preemption; ``idle`` None: no sharing of idle capacity;
    ``release``: the Kueue of the add-on."""

    manifests: list[Field] = field(default_factory=list)
    fair_sharing: tuple[str, ...] | None = None
    idle: Field | None = None
    cohort: str = ""
    notes: tuple[str, ...] = ()
    topology: str = "auto"
    release: str = HYPERPOD_VERSION


def read_governance(section: Field, files: Files, overlay: Sequence[Field] = ()) -> Governance:
    """Everything the ``policy.hyperpod`` section and requests laid over it amount to; mistakes go to its report."""
    section.only(*HYPERPOD)
    choices = _choices(section.get("settings"))
    requests = read_requests(section, files, overlay)
    for extra in requests.policies[1:]:
        extra.wrong("a second cluster policy; a cluster has one")
    policy = requests.policies[0] if requests.policies else Field(None, section.source, section.report, section.path)
    fair = policy.get("FairShare").value != "Disabled"
    release, remarks = _release(section.get("addonVersion"))
    notes = list(dict.fromkeys([*requests.notes, *remarks]))
    teams = [_team(quota, choices, notes) for quota in requests.quotas]
    _report_duplicates(requests.quotas)
    _report_classes(policy)
    made = [*priority_classes(policy, choices.ranking), *flavors_of(teams)]
    for team in teams:
        if team.enabled or choices.disabled != "absent":
            made += [(item, team.place) for item in team_objects(team, choices, fair)]
    return Governance(
        [_placed(manifest, place) for manifest, place in made],
        choices.strategies if fair else None,
        policy.get("IdleResourceSharing") if policy.get("IdleResourceSharing").value == "Enabled" else None,
        choices.cohort,
        tuple(notes),
        choices.topology,
        release,
    )


def _release(version: Field) -> tuple[str, list[str]]:
    """The release of Kueue that the add-on brings, the newest one's without a version; what to know of it."""
    if not version.present:
        return HYPERPOD_VERSION, []
    found = release_of_add_on(version.text())
    if found is None:
        if isinstance(version.value, str):
            version.wrong(f"{version.value!r} is no version of the add-on; accepted: such as v1.6.0-eksbuild.1")
        return HYPERPOD_VERSION, []
    return found[0], [found[1]] if found[1] else []


def _choices(settings: Field) -> Choices:
    settings.only(*HYPERPOD_SETTINGS)

    def word(name: str, default: str) -> str:
        return settings.get(name).choice(HYPERPOD_SETTINGS[name][0].split("|"), default)

    given = settings.get("fairSharingStrategies").items()
    return Choices(
        cohort=settings.get("cohort").text() or "hyperpod",
        queueing_strategy=word("queueingStrategy", "BestEffortFIFO"),
        reclaim=word("reclaimWithinCohort", "Any"),
        borrow=word("borrowWithinCohort", "LowerPriority"),
        when_can_borrow=word("whenCanBorrow", "MayStopSearch"),
        when_can_preempt=word("whenCanPreempt", "TryNextFlavor"),
        strategies=tuple(item.choice((S2A, S2B), S2A) for item in given) or (S2A, S2B),
        rounding=word("borrowLimitRounding", "down"),
        dont_lend_alone=word("dontLend", "limits") == "alone",
        efa=word("efa", "ratio") == "ratio",
        disabled=word("disabledQuota", "Hold"),
        ranking=word("taskPrioritization", "ranking") == "ranking",
        topology=word("topology", "auto"),
    )


def _team(quota: Field, choices: Choices, notes: list[str]) -> Team:
    config, target = quota.get("ComputeQuotaConfig"), quota.get("ComputeQuotaTarget")
    name, resources = target.get("TeamName").text(), config.get("ComputeQuotaResources")
    if len(name) > LONGEST_TEAM:
        target.get("TeamName").wrong(f"the namespace {PREFIX}{name} would be longer than 63 characters")
    nominal = _with_efa(quota_amounts(resources, is_output(quota, QUOTA)), choices)
    if not any(amount for amounts in nominal.values() for amount in amounts.values()):
        notes.append(f"the quota of team {name} gives nothing")
    sharing = config.get("ResourceSharingConfig")
    strategy = sharing.get("Strategy").text(DEFAULT_STRATEGY)
    if strategy == "Borrow":
        notes.append(
            f"team {name}: strategy Borrow is taken as borrowing without lending; the service would refuse it "
            "(it accepts Lend, DontLend and LendAndBorrow)"
        )
    return Team(
        name=name,
        nominal=nominal,
        limits=_limits(sharing, nominal, strategy, choices, name, notes),
        strategy=strategy,
        preempts=config.get("PreemptTeamTasks").text("LowerPriority"),
        weight=target.get("FairShareWeight").integer(0),
        enabled=quota.get("ActivationState").text("Enabled") == "Enabled",
        place=quota,
    )


def _with_efa(amounts: dict[str, Amounts], choices: Choices) -> dict[str, Amounts]:
    if choices.efa:
        return amounts
    return {name: {key: value for key, value in own.items() if key != COVERED[-1]} for name, own in amounts.items()}


def _limits(
    sharing: Field, nominal: dict[str, Amounts], strategy: str, choices: Choices, team: str, notes: list[str]
) -> dict[str, Amounts]:
    """Borrowing limits per instance type; absolute ones take precedence over the percentage for what they name."""
    percent, absolute = sharing.get("BorrowLimit"), sharing.get("AbsoluteBorrowLimits")
    if strategy not in ("LendAndBorrow", "Borrow"):
        if percent.present or absolute.present:
            notes.append(f"team {team}: a borrow limit has no effect with strategy {strategy}")
        return {}
    if absolute.present and percent.present:
        notes.append(f"team {team}: AbsoluteBorrowLimits hold for what they name, BorrowLimit for the rest")
    for entry in absolute.items():
        if entry.get("InstanceType").text() not in nominal:
            accepted = ", ".join(nominal) or "none"
            entry.get("InstanceType").wrong(f"the team has no quota of this instance type; accepted: {accepted}")
    share = percent.integer(DEFAULT_BORROW_LIMIT)
    return percent_limits(nominal, share, choices.rounding) | _with_efa(quota_amounts(absolute, False), choices)


def _report_duplicates(quotas: Sequence[Field]) -> None:
    for what, path in (
        ("compute quota named", ("Name",)),
        ("compute quota for team", ("ComputeQuotaTarget", "TeamName")),
    ):
        seen: set[str] = set()
        for quota in quotas:
            name = quota.get(*path)
            if isinstance(name.value, str) and name.value in seen:
                name.wrong(f"a second {what} {name.value!r}")
            seen.add(str(name.value))


def _report_classes(policy: Field) -> None:
    seen: set[str] = set()
    for item in policy.get("PriorityClasses").items():
        name = item.get("Name")
        if isinstance(name.value, str) and name.value in seen:
            name.wrong(f"a second priority class {name.value!r}")
        seen.add(str(name.value))


def _placed(manifest: Manifest, origin: Field) -> Field:
    """A manifest whose mistakes are shown where it comes from."""
    place = origin.source.place(origin.path)
    source = Source("", {}, {(): place}) if place else Source("HyperPod")
    return Field(manifest, source, origin.report)
