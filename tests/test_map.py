"""Every module of the policy and the engine says where it is tested, and that is true."""

import pytest

from tests.map import HERE, RECORDINGS, RULES, by_module, calls, entries


def test_every_module_with_code_has_an_entry_and_every_entry_a_module() -> None:
    assert sorted(entries()) == sorted(by_module())


def test_everything_named_exists() -> None:
    found = entries().values()
    missing = [
        *(name for one in found for name in one.rules if not (RULES / f"{name}.policytest.yaml").is_file()),
        *(name for one in found for name in one.recordings if name not in RECORDINGS),
        *(name for one in found for name in one.tests if not (HERE / name).is_file()),
    ]
    assert missing == []


def test_every_entry_names_something() -> None:
    assert [module for module, entry in entries().items() if not entry.names] == []


@pytest.mark.thorough
def test_what_is_named_calls_every_function_of_the_module() -> None:
    found, modules = entries(), by_module()
    called = calls(
        {name for one in found.values() for name in one.rules},
        {name for one in found.values() for name in one.recordings},
        {name for one in found.values() for name in one.tests},
    )
    wrong: list[str] = []
    for module, entry in found.items():
        reached = set().union(*(called.get(name, set()) for name in entry.names)) & modules[module]
        unreached = {name for _, name in modules[module] - reached}
        wrong += [f"{module}: nothing named calls {name}" for name in sorted(unreached - entry.uncalled.keys())]
        wrong += [f"{module}: {name} is called after all" for name in sorted(entry.uncalled.keys() - unreached)]
        wrong += [f"{module}: {one} calls nothing of it" for one in entry.names if not called[one] & modules[module]]
    assert wrong == []
