"""Whether jobs would start now, as plain text."""

from collections.abc import Sequence

from kueue_sim.model.team_names import with_teams
from kueue_sim.whatif.forecasting.admit import AdmitAnswer
from kueue_sim.whatif.rendering.forecast_text import time_of


def admit_text(answers: Sequence[AdmitAnswer]) -> str:
    """A paragraph for each job."""
    return with_teams("\n".join("\n".join(_lines(one)) + "\n" for one in answers))


def _lines(one: AdmitAnswer) -> list[str]:
    whom = [f"  preempts {victim}" for victim in one.preempts]
    if one.starts_now:
        given = "; ".join(
            f"{name}: {', '.join(f'{resource} of {flavor}' for resource, flavor in sorted(flavors.items()))}"
            for name, flavors in one.flavors.items()
        )
        return [f"{one.workload} would start now", f"  {given}", *whom]
    lines = [f"{one.workload} would wait", f"  because: {one.message}", *whom]
    lines += [f"  {change.promise}" for change in one.changes or ()]
    if one.changes is None:
        lines.append("  no time was left for looking for what would help")
    elif not one.changes:
        lines.append("  no change of its own quota or priority alone would start it now")
    if one.otherwise is not None and one.otherwise.never:
        lines.append("  never starts otherwise, as long as nobody changes policy, nodes or the work itself")
    elif one.otherwise is not None:
        low, middle, high = (time_of(one.otherwise, share) for share in (0.1, 0.5, 0.9))
        lines.append(f"  otherwise starts in {middle} (p10 {low}, p90 {high})")
    elif one.unknown:
        lines.append("  when otherwise: not known without run times, see kueue-sim forecast")
    return lines
