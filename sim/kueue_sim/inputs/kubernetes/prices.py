"""What does an hour of a machine cost? A user's price file, or the dated example that comes with the program."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from kueue_sim.inputs.kubernetes.instance_types import instance_type, instance_types
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.text.yamltext import read_yaml

EXAMPLE = "example"
"""The word that stands for the prices that come with the program."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Money per hour: of an instance by its type, of one accelerator by the name of its flavor. ``date`` and ``source``
    say when and where the figures were taken."""

    currency: str
    date: str
    source: str
    instances: Mapping[str, float] = field(default_factory=dict)
    accelerators: Mapping[str, float] = field(default_factory=dict)

    def of_accelerator(self, flavor: str, kinds: tuple[str, ...]) -> float | None:
        """The price of one accelerator of a flavor for an hour: its own, or an equal part of its instance's.

        ``kinds`` are the names under which the instance type of the flavor may be known; None where none has a price.
        """
        if flavor in self.accelerators:
            return self.accelerators[flavor]
        for kind in (*kinds, flavor):
            name = kind.removeprefix("ml.")
            price = self.instances.get(kind, self.instances.get(name))
            count = _accelerators(kind)
            if price is not None and count:
                return price / count
        return None


def _accelerators(kind: str) -> int:
    """How many accelerators an instance of this type has, 0 when the type is not known."""
    names = [name for name in (kind, f"ml.{kind}") if name in instance_types()]
    return instance_type(names[0]).accelerator_count if names else 0


def read_prices(path: str | Path) -> Prices:
    """The prices of a YAML file, or of the word *example*. Raises InputError with all mistakes."""
    name = str(path)
    if name == EXAMPLE:
        text = files("kueue_sim.inputs.kubernetes").joinpath("prices_example.yaml").read_text(encoding="utf-8")
    else:
        text = read_text(path)
    report = Report()
    documents = read_yaml(text, name, report)
    report.check()
    document = documents[0] if documents else Field(None, Source(name), report)
    document.only("currency", "date", "source", "instances", "accelerators")
    found = Prices(
        document.get("currency").needed("currency"),
        str(document.get("date").value or ""),
        document.get("source").text(),
        _amounts(document.get("instances")),
        _amounts(document.get("accelerators")),
    )
    if not found.date:
        document.get("date").wrong("date is missing; prices change")
    if not found.instances and not found.accelerators:
        document.wrong("no price: instances (type: price per hour) or accelerators (flavor: price per hour) are needed")
    report.check()
    return found


def _amounts(section: Field) -> dict[str, float]:
    return {name: entry.number(0.0) for name, entry in section.entries()}
