"""How long do jobs run whose manifests cannot say so? Rules by name, as durations."""

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from kueue_sim.inputs.text.field import Field
from kueue_sim.model import Workload

_SHOWN = 5


@dataclass(slots=True)
class Runtimes:
    """Run times in milliseconds by pattern of a name, or of namespace and name. The longest pattern that fits holds.

    ``untimed`` are jobs that end by themselves and for which no rule holds.
    """

    rules: dict[str, int] = field(default_factory=dict)
    untimed: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, section: Field) -> "Runtimes":
        """The ``runtimes`` section: pattern to duration."""
        return cls({pattern: child.duration() for pattern, child in section.entries()})

    def given_to(self, workload: Workload, lasts: bool) -> Workload:
        """The workload with its run time. One that ``lasts`` until it is deleted needs a rule by name."""
        if workload.runtime_ms is not None:
            return workload
        names = (workload.name, workload.key)
        rules = [one for one in self.rules if one != "*" or not lasts]
        fits = [one for one in rules if any(fnmatchcase(name, one) for name in names)]
        if fits:
            return workload._replace(runtime_ms=self.rules[max(fits, key=lambda one: (len(one), one != "*"))])
        if not lasts:
            self.untimed.append(workload.name)
        return workload

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
