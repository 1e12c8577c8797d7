"""Every rule of ``kueue-sim check``: a world in which it finds something, and one in which it does not."""

from pathlib import Path

import pytest

from kueue_sim.inputs.scenario import load
from kueue_sim.policytest import suite
from kueue_sim.policytest.lint import RULES, lint
from kueue_sim.policytest.lint.pages import index, page

FOLDER = Path(__file__).parent / "lint"
PAGES = Path(__file__).parents[2] / "docs" / "rules"
PAIRS = [test for path in sorted(FOLDER.glob("*/KS*.yaml")) for test in suite.tests_of(path)]


@pytest.mark.parametrize("test", PAIRS, ids=lambda test: f"{Path(test.file).stem} {test.name}")
def test_a_rule_finds_what_it_should(test: suite.PolicyTest) -> None:
    number = Path(test.file).stem
    loaded, expect = suite.load_test(test)
    findings = lint(loaded, [RULES[number]])
    assert [one.rule.number for one in findings] == list(expect.strings()), [str(one) for one in findings]


@pytest.mark.parametrize(
    "test", [test for test in PAIRS if test.name == "found"], ids=lambda test: Path(test.file).stem
)
def test_a_finding_says_where_it_is(test: suite.PolicyTest) -> None:
    findings = lint(suite.load_test(test)[0], [RULES[Path(test.file).stem]])
    assert [one.message for one in findings if one.place is None] == []


def test_every_rule_has_its_pair() -> None:
    assert {Path(test.file).stem for test in PAIRS} == set(RULES) - {"KS211"}  # of files without a scenario, see below


@pytest.mark.parametrize(("queue", "findings"), [("elsewhere", ["KS211"]), ("here", [])])
def test_a_reference_to_another_repository_is_found_where_files_are_checked_alone(
    tmp_path: Path, queue: str, findings: list[str]
) -> None:
    file = tmp_path / "tenant.yaml"
    file.write_text(
        "kind: ClusterQueue\nmetadata: {name: here}\nspec: {namespaceSelector: {}}\n---\n"
        f"kind: LocalQueue\nmetadata: {{name: lq, namespace: team}}\nspec: {{clusterQueue: {queue}}}\n"
    )
    found = lint(load(file), [RULES["KS211"]])
    assert [one.rule.number for one in found] == findings
    assert [str(one.place) for one in found] == [f"{file}:7:22" for _ in findings]


@pytest.mark.parametrize("name", ["base", "hyperpod"])
def test_a_world_without_flaws_has_no_findings(name: str) -> None:
    test = suite.PolicyTest(str(FOLDER / f"{name}.yaml"), name)
    assert [str(one) for one in lint(suite.load_test(test)[0])] == []


@pytest.mark.parametrize("number", RULES)
def test_every_rule_has_a_page_made_of_its_own_text(number: str) -> None:
    assert (PAGES / f"{number}.md").read_text(encoding="utf-8") == page(RULES[number])


def test_the_pages_have_an_index() -> None:
    assert (PAGES / "index.md").read_text(encoding="utf-8") == index()


@pytest.mark.parametrize(
    ("strategy", "number", "who", "behind"),
    [
        ("StrictFIFO", 1, "huge-0", "; ClusterQueue a is StrictFIFO, so nothing behind it is either"),
        ("BestEffortFIFO", 3, "huge-0 (and 2 more like it)", ""),
    ],
)
def test_work_that_is_never_admitted_says_whom_it_holds_up(
    strategy: str, number: int, who: str, behind: str, tmp_path: Path
) -> None:
    (tmp_path / "s.yaml").write_text(f"""
apiVersion: kueue-sim/v1
kind: Scenario
policy:
  objects:
  - {{kind: ResourceFlavor, metadata: {{name: f}}}}
  - kind: ClusterQueue
    metadata: {{name: a}}
    spec:
      namespaceSelector: {{}}
      queueingStrategy: {strategy}
      resourceGroups:
      - {{coveredResources: [gpu], flavors: [{{name: f, resources: [{{name: gpu, nominalQuota: 8}}]}}]}}
workloads:
- {{name: huge, team: a, requests: {{gpu: 9}}, count: {number}, runtime: 1h}}
""")
    (found,) = lint(load(tmp_path / "s.yaml"), [RULES["KS401"]])
    answer = "couldn't assign flavors to pod set main: insufficient quota for gpu in flavor f, "
    assert found.message.startswith(f"workload {who} can never be admitted: {answer}")
    assert found.message.partition("capacity (8)")[2] == behind
