"""An upgrade in words, as JSON and as a page."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict

from kueue_sim.model.team_names import with_teams
from kueue_sim.report.page.html import Section, page, prose, table
from kueue_sim.report.text.console import WIDTH
from kueue_sim.units import format_moment
from kueue_sim.whatif.rendering.comparison_page import metrics_sections
from kueue_sim.whatif.rendering.comparison_text import comparison_content, comparison_text
from kueue_sim.whatif.upgrading.upgrade import Change, FirstDifference, Side, Upgrade

UNTRIED = "Which of these matter here was not tried, as --no-trials asked; without that option each is tried by itself."


def upgrade_text(upgrade: Upgrade, width: int = WIDTH) -> str:
    """What changes, from the answer to the details; tables and lists of names ``width`` columns wide."""
    before, after = upgrade.before, upgrade.after
    lines = [f"{upgrade.title}: Kueue {before.version} to {after.version}", "", verdict(upgrade)]
    lines += [f"  {text}" for text in _loops(before) + _loops(after)]
    if upgrade.first is not None:
        lines += ["", *_first(upgrade.first, before.version, after.version)]
    lines += ["", *_changes(upgrade.changes, before.version, after.version, width)]
    if upgrade.gone:
        lines += ["", "Settings that one of the releases does not have, or reads otherwise:"]
        lines += [f"  {text}" for text in upgrade.gone]
    if upgrade.differs:
        lines += ["", comparison_text(upgrade.comparison, width, recommends=False)]
    return with_teams("\n".join(lines))


def verdict(upgrade: Upgrade) -> str:
    """Whether anything is decided otherwise, in a sentence."""
    before, after = upgrade.before, upgrade.after
    if not upgrade.differs:
        return "Nothing is decided otherwise: every admission, preemption and end is the same."
    if before.loop_ms is not None and after.loop_ms is None:
        ends = [change.number or change.name for change in upgrade.changes if change.settles]
        alone = f" Each of these rules alone would end the loop: {', '.join(ends)}." if ends else ""
        return f"Kueue {before.version} never settles here, {after.version} does.{alone}"
    if after.loop_ms is not None and before.loop_ms is None:
        return f"Kueue {after.version} never settles here, {before.version} does."
    touched = [change.number or change.name for change in upgrade.changes if change.touched]
    because = f" Rules that matter here: {', '.join(touched)}." if touched else ""
    return f"Something is decided otherwise.{because}"


def _loops(side: Side) -> list[str]:
    if side.loop_ms is None:
        return []
    who = ", ".join(side.loops)
    return [f"Kueue {side.version}: endless preemption at {format_moment(side.loop_ms)}, {who} evict each other"]


def _first(first: FirstDifference, before: str, after: str) -> list[str]:
    lines = [f"First difference, at {format_moment(first.at_ms)}:"]
    for version, decided, why in ((before, first.before, first.why_before), (after, first.after, first.why_after)):
        lines.append(f"  Kueue {version}:")
        lines += [f"    {text}" for text in decided or ("nothing else",)]
        lines += [f"      {text}" for text in why]
    return lines


def _changes(changes: tuple[Change, ...], before: str, after: str, width: int) -> list[str]:
    if not changes:
        return [f"No rule and no feature gate differs between {before} and {after}."]
    lines = [f"Rules and feature gates that differ between {before} and {after}:"]
    told = [change for change in changes if change.touched is not False]
    untried = any(change.touched is None for change in told)
    wide = len("not tried" if untried else "touched ")
    for change in sorted(told, key=lambda one: (not one.touched, not one.number, _order(one))):
        mark = "not tried" if change.touched is None else "touched"
        lines.append(f"  {change.number or 'gate':<5} {mark:<{wide}} {_told(change, before, after)}")
    rest = [change for change in changes if change.touched is False]
    rules = [change.number for change in sorted((one for one in rest if one.number), key=_order)]
    gates = sorted(change.name for change in rest if not change.number)
    lines += [f"  {UNTRIED}"] * untried
    lines += wrapped("Rules that nothing here depends on", list(dict.fromkeys(rules)), width)
    lines += wrapped("Feature gates that nothing here depends on", gates, width)
    return lines


def wrapped(title: str, names: Sequence[str], width: int = WIDTH) -> list[str]:
    """Names behind a title, indented; nothing without any."""
    return textwrap.wrap(
        f"{title}: {', '.join(names)}", width - 2, initial_indent="  ", subsequent_indent="    "
    ) * bool(names)


def _order(change: Change) -> tuple[int, str]:
    return int(change.number.removeprefix("V") or 0), change.name


def _told(change: Change, before: str, after: str) -> str:
    if not change.number:
        words = {True: "on", False: "off"}
        return f"{change.name}: {words[change.before]} in {before}, {words[change.after]} in {after}"
    has, lacks = (after, before) if change.after else (before, after)
    return f"{has}, not yet {lacks}: {change.told}" if change.after else f"{has}, not {lacks}: {change.told}"


def upgrade_content(upgrade: Upgrade) -> dict[str, object]:
    """Everything as plain values."""
    compared = comparison_content(upgrade.comparison)
    return {
        "title": upgrade.title,
        "differs": upgrade.differs,
        "before": asdict(upgrade.before),
        "after": asdict(upgrade.after),
        "first_difference": None if upgrade.first is None else asdict(upgrade.first),
        "changes": [asdict(change) for change in upgrade.changes],
        "settings": list(upgrade.gone),
        "comparison": {key: value for key, value in compared.items() if key != "recommendation"},
    }


def upgrade_rows(upgrade: Upgrade) -> list[dict[str, object]]:
    """A row for each rule and feature gate that differs."""
    return [asdict(change) for change in upgrade.changes]


def upgrade_page(upgrade: Upgrade) -> str:
    """The same as a self-contained page."""
    before, after = upgrade.before.version, upgrade.after.version
    sections: list[Section] = [prose("Answer", verdict(upgrade), *_loops(upgrade.before), *_loops(upgrade.after))]
    if upgrade.first is not None:
        sections.append(prose("First difference", *_first(upgrade.first, before, after)))
    rows = [
        (
            change.number or "gate",
            "not tried" if change.touched is None else "yes" if change.touched else "no",
            _told(change, before, after),
        )
        for change in upgrade.changes
    ]
    note = UNTRIED if any(change.touched is None for change in upgrade.changes) else ""
    heads = ("rule", "touched here", "what it says")
    sections.append(table("Rules and feature gates that differ", heads, rows, note, text_columns=3))
    if upgrade.gone:
        sections.append(prose("Settings", *upgrade.gone))
    if upgrade.differs:
        sections += metrics_sections(upgrade.comparison)
    return page(f"{upgrade.title}: Kueue {before} to {after}", sections)
