"""Laws of the readers: what is written and read again is the same, laying nothing over something changes nothing."""

import shlex

from hypothesis import given
from hypothesis import strategies as st

from kueue_sim.inputs.hyperpod.shorthand import Parsed, parse_shorthand
from kueue_sim.inputs.kueue.overlays import lay_over, merged
from kueue_sim.inputs.shell.script import Script
from kueue_sim.inputs.text.field import Field, Report, Source

WORDS = st.text(alphabet=st.sampled_from("ab-=,:{}[]<>()#;&|\\'\"$ \n\té키"), min_size=1, max_size=8)
KEYS = st.text(alphabet=st.sampled_from("abC._-"), min_size=1, max_size=4)
SCALARS = st.text(alphabet=st.sampled_from("xyz019 .-/키"), min_size=1, max_size=6).map(str.strip).filter(bool)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(KEYS, inner, min_size=1, max_size=3),
    max_leaves=8,
)


def shorthand(value: Parsed) -> str:
    """A value as the shorthand syntax writes it."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}={shorthand(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(shorthand, value)) + "]"
    return f"'{value}'"


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=3))
def test_shorthand_that_is_written_is_read_again(value: dict[str, Parsed]) -> None:
    text = ",".join(f"{key}={shorthand(item)}" for key, item in value.items())
    assert parse_shorthand(text) == value


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=3))
def test_words_quoted_for_a_shell_are_read_as_they_were(commands: list[list[str]]) -> None:
    text = "\n".join(" \\\n  ".join(["aws", *map(shlex.quote, words)]) for words in commands)
    read: list[list[str]] = []
    wrong: list[str] = []
    script = Script(
        lambda line, column, message: wrong.append(message),
        run=lambda command: read.append([word.text for word in command.words]) is None,
    )
    script.follow(text)
    assert (read, wrong) == ([["aws", *words] for words in commands], [])


MANIFESTS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["ClusterQueue", "Cohort"]),
        "metadata": st.fixed_dictionaries({"name": st.sampled_from(["a", "b"])}),
        "spec": st.dictionaries(
            st.sampled_from(["x", "y"]),
            st.integers()
            | st.lists(
                st.fixed_dictionaries({"name": st.sampled_from("pqr"), "v": st.integers()}),
                max_size=3,
                unique_by=lambda item: item["name"],
            ),
        ),
    }
)


def field(value: object) -> Field:
    return Field(value, Source(), Report())


@given(MANIFESTS)
def test_a_manifest_laid_over_itself_stays_the_same(manifest: dict[str, object]) -> None:
    assert merged(field(manifest), field(manifest)).value == manifest


@given(st.lists(MANIFESTS, max_size=4, unique_by=lambda item: (item["kind"], item["metadata"]["name"])), MANIFESTS)
def test_an_overlay_changes_the_objects_it_names_and_no_others(
    manifests: list[dict[str, object]], patch: dict[str, object]
) -> None:
    result, added = lay_over([field(item) for item in manifests], [field(patch)])

    def named(item: object) -> bool:
        assert isinstance(item, dict)
        return (item["kind"], item["metadata"]) == (patch["kind"], patch["metadata"])

    others = [item for item in manifests if not named(item)]
    assert [one.value for one in result if not named(one.value)] == others
    assert (len(result), bool(added)) == (len(others) + 1, len(others) == len(manifests))
