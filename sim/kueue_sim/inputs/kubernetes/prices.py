"""What does an hour of a machine cost? A user's price file, or the dated example that comes with the program."""

from importlib.resources import files
from pathlib import Path

from kueue_sim.inputs.kubernetes.instance_types import instance_type, instance_types
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.inputs.text.files import Files
from kueue_sim.inputs.text.textfile import read_text
from kueue_sim.inputs.text.yamltext import read_yaml
from kueue_sim.model import Prices

EXAMPLE = "example"
"""The word that stands for the prices that come with the program."""
FIELDS = ("currency", "date", "source", "instances", "accelerators")


def accelerator_price(prices: Prices, flavor: str, kinds: tuple[str, ...]) -> float | None:
    """The price of one accelerator of a flavor for an hour: its own, or an equal part of its instance's.

    ``kinds`` are the names under which the instance type of the flavor may be known; None where none has a price.
    """
    if flavor in prices.accelerators:
        return prices.accelerators[flavor]
    for kind in (*kinds, flavor):
        price, count = instance_price(prices, kind), _accelerators(kind)
        if price is not None and count:
            return price / count
    return None


def instance_price(prices: Prices, kind: str) -> float | None:
    """The price of an instance for an hour, with or without the ``ml.`` of its type; None where it has none."""
    return prices.instances.get(kind, prices.instances.get(kind.removeprefix("ml.")))


def _accelerators(kind: str) -> int:
    """How many accelerators an instance of this type has, 0 when the type is not known."""
    names = [name for name in (kind, f"ml.{kind}") if name in instance_types()]
    return instance_type(names[0]).accelerator_count if names else 0


def read_prices(path: str | Path) -> Prices:
    """The prices of a YAML file, or of the word *example*. Raises InputError with all mistakes."""
    name, report = str(path), Report()
    text = _example() if name == EXAMPLE else read_text(path)
    found = _prices(_document(text, name, report))
    report.check()
    return found


def as_section(path: str) -> object:
    """A price file as the section ``prices`` of a scenario. Raises InputError with all mistakes."""
    if path == EXAMPLE:
        return EXAMPLE
    found = read_prices(path)
    return {name: value for name in FIELDS if (value := getattr(found, name))}


def prices_of(section: Field, files_read: Files) -> Prices | None:
    """The prices of a scenario: a file, the word *example*, or the prices themselves; None where it names none."""
    if not section.present:
        return None
    if section.value == EXAMPLE:
        return _prices(_document(_example(), EXAMPLE, section.report))
    if isinstance(section.value, str):
        documents = files_read.documents(section)
        return _prices(documents[0]) if documents else None
    return _prices(section)


def _example() -> str:
    return files("kueue_sim.inputs.kubernetes").joinpath("prices_example.yaml").read_text(encoding="utf-8")


def _document(text: str, name: str, report: Report) -> Field:
    documents = read_yaml(text, name, report)
    report.check()
    return documents[0] if documents else Field(None, Source(name), report)


def _prices(document: Field) -> Prices:
    document.only(*FIELDS)
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
    return found


def _amounts(section: Field) -> dict[str, float]:
    return {name: entry.number(0.0) for name, entry in section.entries()}
