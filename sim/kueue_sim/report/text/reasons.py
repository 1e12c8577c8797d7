"""Why nobody is evicted for a workload, and why another one went first, in words with the figures that decided."""

from collections import Counter
from collections.abc import Sequence

from kueue_sim.engine.witness import Amounts, Holder, Overtaking, Refusal
from kueue_sim.report.text.wording import amount, count, team_name
from kueue_sim.units import format_moment, format_moments, format_quantity

_NAMED = 3
"""Workloads of one queue that are named where the same rule spares them all."""
_FLAVORS = 2
"""Flavors that are told of; workloads with many try them all in vain for much the same reasons."""


def holders_in_words(refusals: Sequence[Refusal]) -> list[str]:
    """Who holds what is short, and which rule spares whom; one line for each rule and queue."""
    lines: list[str] = []
    for refusal in refusals[:_FLAVORS]:
        short = _amounts(refusal.missing)
        if not refusal.holders:
            lines.append(
                f"nobody holds the {short} that are missing in {refusal.flavor}: borrowing or lending limits keep it"
            )
            continue
        if refusal.untried:
            lines += _not_tried(refusal)
            continue
        groups: dict[tuple[str, str], list[Holder]] = {}
        for holder in refusal.holders:
            groups.setdefault((holder.cluster_queue, _spared(holder)), []).append(holder)
        lines.append(f"evicts nobody of those who hold the {short} missing in {refusal.flavor}:")
        lines += [f"  {_named(found)} of {team_name(queue)}: {why}" for (queue, why), found in groups.items()]
        if any(holder.spared.rule == "few" for holder in refusal.holders):
            lines.append(f"  {_too_few(refusal.missing_still)}")
    more = len(refusals) - _FLAVORS
    return [*lines, f"and so in {more} more flavors"] if more > 0 else lines


def _not_tried(refusal: Refusal) -> list[str]:
    """More than the nominal quota is asked for, and whoever has to borrow may evict nobody (R5.22)."""
    amounts = [
        f"{format_quantity(asked, resource)} {resource} (nominal {format_quantity(nominal, resource)})"
        for resource, (asked, nominal) in refusal.untried.items()
    ]
    why = f"it would have to borrow {', '.join(amounts)} in {refusal.flavor}, and {refusal.settings}"
    queues: dict[str, list[Holder]] = {}
    for holder in refusal.holders:
        queues.setdefault(holder.cluster_queue, []).append(holder)
    return [
        f"evicts nobody: {why}; reclaimWithinCohort is for use within nominal quota",
        *(f"  held by {team_name(queue)}: {_named(found)}" for queue, found in queues.items()),
    ]


def _too_few(still: Amounts) -> str:
    if still:
        return f"without those that may be evicted {_amounts(still)} would be missing still"
    return "taken one by one, in order of eviction, the rules spare the rest before enough is free"


def _named(holders: Sequence[Holder]) -> str:
    names = [f"{one.workload} ({_amounts(one.amounts)})" for one in holders[:_NAMED]]
    more = f" and {len(holders) - _NAMED} more" if len(holders) > _NAMED else ""
    return ", ".join(names) + more


def _amounts(amounts: Amounts) -> str:
    return ", ".join(f"{format_quantity(number, resource)} {resource}" for resource, number in amounts.items())


def _spared(holder: Holder) -> str:
    """The rule that spares a holder."""
    spared, resource = holder.spared, holder.resource
    field, value = spared.setting
    figures = [int(one) if one == int(one) else one for one in spared.figures] if spared.rule != "share" else []
    match spared.rule:
        case "ending":
            return "is evicted already; its pods have not gone"
        case "never":
            return f"{field} is Never"
        case "within quota":
            used, quota = (format_quantity(int(one), resource) for one in figures)
            whose = "its queue" if spared.branch == holder.cluster_queue else f"cohort {spared.branch}"
            return f"{whose} borrows nothing of it ({used} of {quota} {resource}); {field} takes back what is borrowed"
        case "priority":
            return f"priority {figures[0]} is not above its {figures[1]} ({field} is {value})"
        case "age":
            return f"has the same priority {figures[0]} and {_same_priority(value)} ({field} is {value})"
        case "borrowing":
            use, quota = (format_quantity(int(one), resource) for one in figures)
            own = f"would have to borrow {resource} ({use} of {quota} nominal)"
            return f"the workload {own}, and {field} is Never: reclaimWithinCohort is for use within nominal quota"
        case "outranks":
            return f"the workload has to borrow {resource}, with priority {figures[0]} not above {figures[1]} ({field})"
        case "threshold":
            above = f"priority {figures[0]} is above maxPriorityThreshold {figures[1]}"
            return f"the workload has to borrow {resource}, and {above}"
        case "share":
            return _shares(holder)
    return f"{field} allows it, but that is not enough"


def _same_priority(rule: str) -> str:
    return "is no newer" if rule == "LowerOrNewerEqualPriority" else "only a lower one yields"


def _shares(holder: Holder) -> str:
    mine, theirs, without = (f"{one:.3g}" for one in holder.spared.figures)
    own, other = team_name(holder.spared.own_branch), team_name(holder.spared.branch)
    compared = f"share of {own} with this workload {mine}, of {other} {theirs}, without it {without}"
    return f"fair sharing protects it: {compared} ({holder.spared.setting[1]})"


def overtaking_in_words(one: Overtaking, mine: str) -> str:
    """Why another workload went first; ``mine`` is the LocalQueue of the one that waits."""
    why = one.why
    head = f"{one.workload} goes first"
    match why.point:
        case "inadmissible":
            return f"{head}: what it asks for fits; this one was refused and waits until quota is free for it"
        case "usage":
            used = f"usage {amount(why.first)} against {amount(why.second)}"
            return f"{head}: {one.local_queue} has used less than {mine} ({used})"
        case "preemptor":
            return f"{head}: others were evicted for it"
        case "borrowing":
            if not why.first:
                return f"{head}: it needs no borrowed quota, this one does"
            return f"{head}: it borrows from nearer in the tree (level {why.first:g} against {why.second:g})"
        case "share":
            names = [team_name(name) for name in why.branches]
            compared = f"share of {names[0]} {why.first:.3g} with it against {why.second:.3g} of {names[1]}"
            return f"{head}: fair sharing, {compared}"
        case "priority":
            return f"{head}: priority {why.first:.0f} against {why.second:.0f}"
        case "age":
            times = format_moments((round(why.first), round(why.second)))
            since = [_since(times[round(one)]) for one in (why.first, why.second)]
            return f"{head}: it waits since {since[0]}, this one since {since[1]}"
    return f"{head}: alike in all that counts, its uid comes first"


def _since(moment: str) -> str:
    """An instant since which something waits; before the start of the simulation it is written with a sign."""
    return f"{moment[1:]} before the start" if moment.startswith("-") else moment


class Passing:
    """Who went first, told as it happens: of many for one reason the first few, of the rest how many there were."""

    def __init__(self, overtaken: Sequence[Overtaking]) -> None:
        self._found = {(one.at_ms, one.workload, one.evicts): one for one in reversed(overtaken)}
        self._known: set[str] = set()
        self._told: Counter[str] = Counter()
        self._rest: Counter[str] = Counter()
        self._last_ms = 0

    def told(self, at_ms: int, workload: str, evicts: bool) -> Overtaking | None:
        """That this workload went first at this instant, if it did and is to be told by itself."""
        one = self._found.pop((at_ms, workload, evicts), None)
        if one is None or workload in self._known:
            return None
        self._known.add(workload)
        point = one.why.point
        self._told[point] += 1
        if self._told[point] <= _NAMED:
            return one
        self._rest[point] += 1
        self._last_ms = at_ms
        return None

    def rest(self) -> str:
        """How many others went first since this was last asked, "" for nobody."""
        number, reasons = self._rest.total(), "such a reason" if len(self._rest) == 1 else "such reasons"
        self._told.clear()
        self._rest.clear()
        if not number:
            return ""
        last = format_moment(self._last_ms)
        return f"{count(number, 'more workload')} went first for {reasons}, the last at {last}"
