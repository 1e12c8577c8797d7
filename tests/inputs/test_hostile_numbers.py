"""Numbers that no cluster has end at once, with their place: nobody computes with them."""

import gzip
from fractions import Fraction
from pathlib import Path

import pytest

from kueue_sim.errors import InputError, Mistake, printable
from kueue_sim.inputs.scenario import load_scenario, scenario_from_dict
from kueue_sim.inputs.tables.opened import UnreadableTable
from kueue_sim.inputs.tables.table import read_cells
from kueue_sim.inputs.text import textfile
from kueue_sim.inputs.text.files import digest
from kueue_sim.units import MAX_AMOUNT, exact_quantity, parse_duration, parse_quantity, shortened

QUEUE = """\
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  teams: {file: teams.csv, columns: {team: team, gpus: gpus}}
"""


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "1" * 5000, "٤", " 4 ", "1e", "0x10"])
def test_a_text_that_is_no_sensible_quantity_is_refused_and_shown_in_short(text: str) -> None:
    with pytest.raises(ValueError) as error:
        exact_quantity(text)
    assert len(str(error.value)) < 160


def test_quantities_saturate_at_64_bits_and_round_up_to_a_billionth() -> None:
    assert exact_quantity(10**400) == MAX_AMOUNT
    assert parse_quantity("1e30", "nvidia.com/gpu") == MAX_AMOUNT
    assert exact_quantity("1e-90") == Fraction(1, 10**9)
    assert parse_quantity("1e-90", "memory") == 1


@pytest.mark.parametrize("text", [1e308, 10**400, "1" * 200 + "s", "99999999d", "٣m"])
def test_durations_beyond_thirty_thousand_years_and_other_digits_are_no_durations(text: str | float) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


def mistakes_of(text: str, folder: Path, **files: str) -> list[str]:
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    path = folder / "scenario.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        load_scenario(path)
    return [str(mistake).removeprefix(f"{folder}/") for mistake in error.value.mistakes]


def test_whole_numbers_have_64_bits_and_their_mistakes_a_place() -> None:
    document = {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "seed": 2**63, "policy": {"objects": []}}
    with pytest.raises(InputError) as error:
        scenario_from_dict(document)
    assert str(error.value) == f"seed: {2**63} is too large; at most {2**63 - 1} is accepted"


def test_hexadecimal_numbers_of_thousands_of_digits_are_told_by_their_size(tmp_path: Path) -> None:
    text = f"apiVersion: kueue-sim/v1\nkind: Scenario\nseed: 0x{'f' * 5000}\n"
    assert mistakes_of(text, tmp_path) == ["scenario.yaml:3:7: a number of 20000 bits is too large for any number here"]


def test_a_number_beyond_reason_refuses_the_trace_where_it_stands(tmp_path: Path) -> None:
    trace = "workloads:\n- trace: {file: t.csv, columns: {submit: submit, runtime: runtime, gpus: gpus, team: team}}\n"
    rows = "submit,runtime,gpus,team\n0,10,1,a\n1,10,1e999999999,a\n"
    assert mistakes_of(QUEUE + trace, tmp_path, teams_csv="team,gpus\na,4\n", t_csv=rows) == [
        "t.csv:3:1: '1e999999999' is a number beyond all reason; is this the right column?"
    ]


def test_a_quote_left_open_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("a,b\n" + '"' + "x,y\n" * 50_000)
    with pytest.raises(UnreadableTable, match="is a quote left open"):
        list(read_cells(path))


def test_a_packed_file_that_was_cut_off_is_unreadable_from_the_line_where_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * 10_000)[:40])
    with pytest.raises(UnreadableTable, match="cannot be read to its end"):
        list(read_cells(path))


def test_one_endless_line_does_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfile, "MOST_LINE", 1000)
    path = tmp_path / "line.csv"
    path.write_text("a,b\n" + "x" * 5000)
    with pytest.raises(UnreadableTable) as error:
        list(read_cells(path))
    assert error.value.line == 2


def test_a_device_is_no_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textfile, "MOST_BYTES", 1 << 20)
    with pytest.raises(InputError, match="too much for a text read as a whole"):
        load_scenario("/dev/zero")


def test_names_of_others_do_not_move_the_cursor() -> None:
    assert printable("\x1b]0;title\x07 red\u202e") == "\\u001b]0;title\\u0007 red\\u202e"
    assert str(Mistake(None, "a\x1b[31mb")) == "a\\u001b[31mb"
    assert printable("überall 4 × 2 – fine\n") == "überall 4 × 2 – fine\n"


def test_long_values_are_shown_in_short() -> None:
    assert shortened("x" * 1000) == "'" + "x" * 55 + "…'"
    assert shortened(1 << 5000) == "a number of 5001 bits"


def test_an_input_whose_keys_are_no_texts_has_a_digest_like_any_other() -> None:
    mixed = {"spec": [{1.5: "a", "b": None}]}
    assert digest(mixed, {}) == digest({"spec": [{"b": None, 1.5: "a"}]}, {}) != digest({"spec": [{"b": None}]}, {})
