"""How long do jobs run whose manifests cannot say so? Rules by name, as durations."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Workload

_SHOWN = 5


@dataclass(slots=True)
class Runtimes:
    """Run times in milliseconds by pattern of a name, or of namespace and name. The longest pattern that fits holds.

    ``untimed`` are jobs of manifests that end by themselves and for which no rule holds, ``fitting`` the patterns that
    fit any job without a run time of its own.
    """

    rules: dict[str, int] = field(default_factory=dict)
    untimed: list[str] = field(default_factory=list)
    fitting: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, section: Field) -> "Runtimes":
        """The ``runtimes`` section: pattern to duration."""
        return cls({pattern: child.duration() for pattern, child in section.entries()})

    def given_to_job(self, workload: Workload, job: str, lasts: bool) -> Workload:
        """The workload of a job, which goes by its own name and by the job's, with its run time. One that ``lasts``
        until it is deleted needs a rule by name."""
        timed = self.given_to(workload, job, lasts)
        if timed.runtime_ms is None and not lasts:
            self.untimed.append(workload.name)
        return timed

    def given_to(self, workload: Workload, job: str = "", lasts: bool = False) -> Workload:
        """The workload with the run time that a rule gives it, if it has none of its own; ``job``, as it may be called
        as well, is "" where no job made it."""
        if workload.runtime_ms is not None or not self.rules:
            return workload
        names = [workload.name, workload.key, *([job, f"{workload.namespace}/{job}"] if job else ())]
        rules = [one for one in self.rules if one != "*" or not lasts]
        fits = [one for one in rules if any(fnmatchcase(name, one) for name in names)]
        self.fitting.update(fits)
        if not fits:
            return workload
        return workload._replace(runtime_ms=self.rules[max(fits, key=lambda one: (len(one), one != "*"))])

    def idle(self) -> list[str]:
        """Which rules by name decide nothing."""
        idle = [one for one in self.rules if one != "*" and one not in self.fitting]
        return [f"the run time of {one!r} is given to no job: none without its own is called so" for one in idle]

    def note(self) -> list[str]:
        """What to know about jobs without a run time."""
        if not self.untimed:
            return []
        names = list(dict.fromkeys(self.untimed))
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        verbs = "has no run time and runs" if len(names) == 1 else "have no run time and run"
        return [
            f"{', '.join(names[:_SHOWN])}{more} {verbs} until deleted; --runtime 1h gives one to every job, "
            "--runtime 'PATTERN=1h' to some"
        ]
