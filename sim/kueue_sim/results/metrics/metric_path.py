"""What a metric path means: ``team-a.wait.p95``, ``total.utilisation``, ``lost.gpu_hours``.

A path is ``SUBJECT.METRIC``; without a subject it is about everybody (``total``). Subjects are a ClusterQueue, a
HyperPod team, ``queue[namespace/name]`` (a LocalQueue), ``priority[100]``, ``class[high]`` (a WorkloadPriorityClass) or
``user[name]``, as a label of the workload says (user, username, owner or created-by), or ``label[key=value]``.
Durations are seconds, shares are of nominal quota over the window, hours are resource-hours of the accelerator, an
index is a plain number with decimals. ``lost.hours[cpu]`` and ``utilisation[aws.amazon.com/neuron]`` count another
resource than the accelerator.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kueue_sim.errors import InputError, Mistake
from kueue_sim.inputs.text.field import near_miss
from kueue_sim.model import Policy
from kueue_sim.model.team_names import team_of
from kueue_sim.results.quota.quota_over_time import nominal_quota
from kueue_sim.units import format_duration, parse_duration

Unit = Literal["s", "share", "h", "count", "index", "money"]
Better = Literal["lower", "higher", ""]
Kind = Literal["total", "team", "queue", "priority", "user", "label"]
_ALL: tuple[Kind, ...] = ("total", "team", "queue", "priority", "user", "label")
_OF_QUOTA: tuple[Kind, ...] = ("total", "team")


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric measures. ``better`` says which direction people want, "" if neither.

    ``kinds`` are the subjects it exists for: quota is counted per ClusterQueue and in total only, how evenly it is
    shared in total only, and the weighted share, which Kueue compares between them, per ClusterQueue only.
    """

    unit: Unit
    better: Better
    meaning: str
    kinds: tuple[Kind, ...] = _ALL


DISTRIBUTIONS: dict[str, Metric] = {
    "wait": Metric("s", "lower", "from submission to first admission, over the workloads admitted"),
    "delay": Metric("s", "lower", "from submission to first admission; never admitted: the wait so far"),
    "queued": Metric("s", "lower", "all time in a queue, after evictions too, and the wait so far of who waits"),
    "start": Metric("s", "lower", "from submission to the first start of its work, over the workloads that started"),
    "slowdown": Metric(
        "index", "lower", "from submission to the end over the run time asked for, over the workloads that finished"
    ),
    "completion": Metric("s", "lower", "from submission to the end, over the workloads that ended"),
}
"""Metrics with a statistic behind: ``wait.mean``, ``wait.max``, ``wait.p95``; over the workloads submitted."""
LEAVES_OUT = ("wait", "start", "slowdown", "completion")
"""Those that leave out who was never admitted: the more are left out, the lower they are."""
CUTS_OFF = ("delay", "queued")
"""Those that count waits which are still open as far as they went: the sooner a run ends, the lower they are."""
WITHIN = "wait.within"
"""The metric with a bound behind: ``wait.within[30m]``."""
SHARES_OF_QUOTA = ("utilisation", "allocation", "satisfaction")
"""What is a share of nominal quota is a share of something else once that is another."""
OF_THE_ACCELERATOR = (*SHARES_OF_QUOTA, "fairness", "jain", "jain.min")
"""What counts the accelerator alone besides hours."""
AVERAGES_OVER_TIME = ("utilisation", "allocation", "pending.mean")
"""What is averaged over the run says less of the same work the longer the run is."""
SCALARS: dict[str, Metric] = {
    WITHIN: Metric("share", "higher", "workloads admitted within the bound, of all submitted: wait.within[30m]"),
    "workloads": Metric("count", "", "workloads submitted"),
    "finished": Metric("count", "higher", "of them finished"),
    "unfinished": Metric("count", "lower", "of them neither finished nor deleted"),
    "never_admitted": Metric("count", "lower", "of them never admitted"),
    "preemptions": Metric("count", "lower", "preemptions suffered"),
    "preempting": Metric("count", "", "preemptions caused"),
    "evictions": Metric("count", "lower", "evictions for other reasons than preemption"),
    "loops": Metric(
        "count", "lower", "loops of preemption: evicted and admitted again, three times or more", ("total",)
    ),
    "lost.gpu_hours": Metric("h", "lower", "run time thrown away by evictions, preemptions and failed nodes"),
    "unplaced.gpu_hours": Metric("h", "lower", "quota held by work while some of its pods had no node"),
    "utilisation": Metric("share", "higher", "run time of work over nominal quota", _OF_QUOTA),
    "allocation": Metric("share", "higher", "quota held over nominal quota", _OF_QUOTA),
    "running.gpu_hours": Metric("h", "higher", "run time of work", _OF_QUOTA),
    "held.gpu_hours": Metric("h", "", "quota held", _OF_QUOTA),
    "goodput.gpu_hours": Metric("h", "higher", "run time that was not thrown away", _OF_QUOTA),
    "borrowed.gpu_hours": Metric("h", "", "quota held beyond the nominal", _OF_QUOTA),
    "lent.gpu_hours": Metric("h", "", "unused nominal quota that others held", _OF_QUOTA),
    "pending.mean": Metric("count", "lower", "workloads waiting, averaged over time", _OF_QUOTA),
    "pending.max": Metric("count", "lower", "most workloads waiting at once", _OF_QUOTA),
    "jain": Metric("index", "", "how evenly quota held over nominal quota is spread, 1: all alike", ("total",)),
    "jain.min": Metric("index", "", "as jain, in the least even day (hour of a short run)", ("total",)),
    "satisfaction": Metric(
        "share",
        "higher",
        "quota held, up to the nominal, over what was held or asked for, up to the nominal",
        _OF_QUOTA,
    ),
    "fairness": Metric("index", "higher", "Jain's index of satisfaction over the teams that wanted some", ("total",)),
    "cost.paid": Metric("money", "lower", "what nodes cost, or nominal quota where there are none", _OF_QUOTA),
    "cost.used": Metric("money", "", "the price of run time that was not thrown away", _OF_QUOTA),
    "cost.lost": Metric("money", "lower", "the price of run time that was", _OF_QUOTA),
    "cost.idle": Metric("money", "lower", "the rest of what was paid, below 0 for who uses what others pay", _OF_QUOTA),
    "cost.per_gpu_hour": Metric(
        "money", "lower", "what was paid for an accelerator-hour that was not thrown away", _OF_QUOTA
    ),
    "weighted_share.mean": Metric("index", "", "Kueue's weighted share, averaged over time", ("team",)),
    "weighted_share.max": Metric("index", "", "Kueue's weighted share at its highest", ("team",)),
}
_STATISTIC = re.compile(rf"(?:^|\.)({'|'.join(DISTRIBUTIONS)})\.(mean|max|p[1-9][0-9]?)$")
_WITHIN = re.compile(r"(?:^|\.)wait\.within\[([^\]]+)\]$")
_OF_RESOURCE = re.compile(
    r"(?:^|\.)(?:(lost|running|held|goodput|borrowed|lent)\.hours|(utilisation|allocation|satisfaction))\[([^\]]+)\]$"
)
_SELECTION = re.compile(r"(queue|priority|class|user|label)\[([^\]]*)\]")
_KNOWN: dict[Kind, str] = {
    "team": "per ClusterQueue", "total": "in total", "queue": "per queue", "priority": "per priority",
    "user": "per user", "label": "per label",
}  # fmt: skip
_EXAMPLES = tuple(f"{name}.{part}" for name in DISTRIBUTIONS for part in ("mean", "p50", "p90", "p95", "p99", "max"))


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a metric is about: everybody, a ClusterQueue, a LocalQueue ``namespace/name``, a priority, a user, or
    a label ``key=value``."""

    kind: Kind
    name: str = ""


@dataclass(frozen=True, slots=True)
class MetricPath:
    """A path that was understood. ``name`` is ``wait`` for ``wait.p95``, ``statistic`` then ``p95``, else "".

    ``resource`` is what hours and shares count where the path says so, ``lost.hours[cpu]``; "" for the accelerator.
    """

    text: str
    subject: Subject
    name: str
    statistic: str = ""
    bound_ms: int | None = None
    resource: str = ""

    @property
    def metric(self) -> Metric:
        """What is measured: unit, direction and subjects."""
        return DISTRIBUTIONS[self.name] if self.statistic else SCALARS[self.name]

    @property
    def lower_bound(self) -> bool:
        """Whether work that had not come to its end when the run did can only make the value larger."""
        return self.name in ("delay", "queued", WITHIN) or self.statistic == "max"

    @property
    def of(self) -> str:
        """The metric without its subject: ``wait.p95``."""
        if self.resource:
            return f"{self.name.replace('gpu_hours', 'hours')}[{self.resource}]"
        if self.bound_ms is not None:
            return f"{self.name}[{format_duration(self.bound_ms).replace(' ', '')}]"
        return f"{self.name}.{self.statistic}" if self.statistic else self.name


def metric_of(text: str) -> Metric:
    """The metric that a path without a subject names, such as ``wait.p95`` or ``lost.hours[cpu]``."""
    name, _ = _without_resource(text)
    if _WITHIN.match(name):
        return SCALARS[WITHIN]
    return SCALARS.get(name) or DISTRIBUTIONS[name.partition(".")[0]]


class Subjects:
    """The subjects one policy has, under every name they go by."""

    def __init__(self, policy: Policy) -> None:
        self.teams = tuple(queue.name for queue in policy.cluster_queues)
        self._known: dict[str, Subject] = {"total": Subject("total")}
        for name in self.teams:
            self._known[team_of(name)] = Subject("team", name)
        self._known |= {name: Subject("team", name) for name in self.teams}
        self.resources = tuple(nominal_quota(policy))
        """The resources that there is quota of."""
        self._queues = [f"{queue.namespace}/{queue.name}" for queue in policy.local_queues]
        self._classes = {item.name: item.value for item in policy.priority_classes}

    def find(self, text: str) -> Subject | str:
        """The subject of that name, or what is wrong with it."""
        known = self._known.get(text)
        if known is not None:
            return known
        selection = _SELECTION.fullmatch(text)
        if selection is None:
            return f"there is no team {text!r}; {near_miss(text, self._known)}"
        kind, value = selection.groups()
        if kind == "queue":
            return self._queue(value)
        if kind == "user":
            return Subject("user", value) if value else "a user has a name, such as user[ann]"
        if kind == "label":
            key, equals, _ = value.partition("=")
            return Subject("label", value) if key and equals else "a label has a key and a value: label[project=llm]"
        if kind == "class":
            found = self._classes.get(value)
            missing = f"there is no WorkloadPriorityClass {value!r}; {near_miss(value, self._classes)}"
            return missing if found is None else Subject("priority", str(found))
        whole = re.fullmatch(r"-?\d+", value) is not None
        return Subject("priority", value) if whole else f"{value!r} is not a priority; a whole number is accepted"

    def _queue(self, value: str) -> Subject | str:
        found = [name for name in self._queues if value in (name, name.partition("/")[2])]
        if len(found) == 1:
            return Subject("queue", found[0])
        return f"there is no LocalQueue {value!r} of that name alone; {near_miss(value, self._queues)}"


def read_metric(text: str, subjects: Subjects) -> MetricPath | str:
    """The metric a path names, or what is wrong with the path and which one comes nearest."""
    asked = re.sub(r"\s", "", text)
    problem = ""
    text, resource = _without_resource(asked)
    if resource and resource not in subjects.resources:
        return f"there is no quota of {resource!r}; {near_miss(resource, subjects.resources)}"
    for subject, name, statistic in _splits(text):
        found = subjects.find(subject or "total")
        if isinstance(found, str):
            problem = problem or found
            continue
        bound = None
        if name == WITHIN:
            try:
                bound = parse_duration(statistic)
            except ValueError as error:
                problem = problem or str(error)
                continue
        path = MetricPath(asked, found, name, "" if name == WITHIN else statistic, bound, resource)
        if found.kind in path.metric.kinds:
            return path
        known = " and ".join(_KNOWN[kind] for kind in ("team", "total") if kind in path.metric.kinds)
        problem = f"{name} is known {known}, not {_KNOWN[found.kind]}"
    return problem or _no_metric(text, subjects)


def read_metrics(texts: Sequence[str], policy: Policy) -> tuple[MetricPath, ...]:
    """All paths understood. Raises InputError with everything that is wrong in any of them."""
    subjects = Subjects(policy)
    found = [read_metric(text, subjects) for text in texts]
    wrong = [(text, item) for text, item in zip(texts, found, strict=True) if isinstance(item, str)]
    if wrong:
        raise InputError([Mistake(None, f"metric {text!r}: {problem}") for text, problem in wrong])
    return tuple(item for item in found if isinstance(item, MetricPath))


def expanded(metrics: Sequence[str], policy: Policy) -> list[str]:
    """Metrics without a subject stand for the total and for every team with a ClusterQueue, where they exist."""
    found: list[str] = []
    for text in metrics:
        metric = SCALARS.get(text) or DISTRIBUTIONS.get(text.partition(".")[0])
        metric = SCALARS[WITHIN] if _WITHIN.match(text) else metric
        of_resource = _OF_RESOURCE.match(text)
        metric = SCALARS[_without_resource(text)[0]] if of_resource else metric
        if metric is None:
            found.append(text)
            continue
        found += [text] if "total" in metric.kinds else []
        found += [f"{queue.name}.{text}" for queue in policy.cluster_queues] if "team" in metric.kinds else []
    return list(dict.fromkeys(found))


def _without_resource(text: str) -> tuple[str, str]:
    """``team-a.lost.hours[cpu]`` as ``team-a.lost.gpu_hours`` and ``cpu``; "" without a resource."""
    match = _OF_RESOURCE.search(text)
    if match is None:
        return text, ""
    kind, share, resource = match.groups()
    return f"{text[: match.start()]}{'.' if match.start() else ''}{share or f'{kind}.gpu_hours'}", resource


def left_out(paths: Sequence[MetricPath], resources: Sequence[str]) -> tuple[str, ...]:
    """What to know of these metrics where work asks for ``resources``, the accelerator first: those they leave out."""
    counted, *others = resources
    hours = [path for path in paths if path.metric.unit == "h" or path.name in OF_THE_ACCELERATOR]
    of_one = [path for path in hours if not path.resource]
    if not others or not of_one:
        return ()
    names = ", ".join(dict.fromkeys(path.of for path in of_one))
    how = f"lost.hours[{others[0]}] and utilisation[{others[0]}]"
    return (f"{names}: of {counted} alone, without {', '.join(others)}. Metrics such as {how} count those.",)


def _splits(text: str) -> list[tuple[str, str, str]]:
    """Every way to read a path as subject, metric and statistic; queue names may hold dots as well."""
    found = []
    match = _STATISTIC.search(text)
    if match is not None:
        found.append((text[: match.start()], match.group(1), match.group(2)))
    within = _WITHIN.search(text)
    if within is not None:
        return [(text[: within.start()], WITHIN, within.group(1))]
    for name in SCALARS.keys() - {WITHIN}:
        if text == name or text.endswith(f".{name}"):
            found.append((text[: -len(name)].rstrip("."), name, ""))
    return sorted(found)


def _no_metric(text: str, subjects: Subjects) -> str:
    """What is wrong with a path whose end is no metric: the rest behind the longest subject that exists."""
    cuts = [index for index, letter in enumerate(text) if letter == "."]
    for cut in reversed(cuts):
        if not isinstance(subjects.find(text[:cut]), str):
            text = text[cut + 1 :]
            break
    return f"there is no metric {text!r}; {near_miss(text, (*_EXAMPLES, *SCALARS))}"


__all__ = [
    "DISTRIBUTIONS", "SCALARS", "Metric", "MetricPath", "Subject", "Subjects", "expanded", "left_out", "metric_of",
    "read_metric", "read_metrics",
]  # fmt: skip
