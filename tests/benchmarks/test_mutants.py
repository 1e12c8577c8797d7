"""The list of wrong policies keeps up with the source: a mistake whose text is gone would test nothing."""

from benchmarks.wrong_policies.deliberate import deliberate


def test_every_deliberate_mistake_is_still_possible() -> None:
    mutants, gone = deliberate()
    assert gone == []
    assert len({mutant.name for mutant in mutants}) == len(mutants)
