"""Who stands before whom, what is told to those behind, and which of them never start."""

from dataclasses import replace

from kueue_sim import run
from kueue_sim.inputs import scenario_from_text
from kueue_sim.model import Scenario
from kueue_sim.report.text.story import waiting
from kueue_sim.whatif.forecasting.admit import admit
from kueue_sim.whatif.forecasting.forecast import Forecast, forecast
from kueue_sim.whatif.rendering.forecast_page import forecast_page

OLD = "- {name: old, team: team-a, requests: {gpu: 6}, runtime: 6h, admitted: {}, ranFor: 2h}\n"
OTHERS = """
- {name: aged, team: team-a, requests: {gpu: 4}, runtime: 1h, waitingSince: 9h}
- {name: high, team: team-a, requests: {gpu: 5}, runtime: 1h, waitingSince: 1h, priority: 5}
- {name: last, team: team-a, requests: {gpu: 3}, runtime: 1h, waitingSince: 10m}
"""
PAIR = """
- runtime: 1h
  waitingSince: 3h
  manifest:
    apiVersion: kueue.x-k8s.io/v1beta1
    kind: Workload
    metadata: {name: pair}
    spec:
      queueName: team-a
      priority: 9
      podSets:
      - &half {name: left, count: 1, template: {spec: {containers: [{name: c, resources: {requests: {gpu: 5}}}]}}}
      - {<<: *half, name: right}
"""
"""Ten GPUs in two pod sets: Kueue speaks of the first, which has only to wait for what is in use."""
SHORT = "couldn't assign flavors to pod set main: insufficient unused quota for gpu in flavor h100, "


def cluster(strategy: str, work: str) -> Scenario:
    """Six of eight GPUs are held for four more hours."""
    return scenario_from_text(f"""
apiVersion: kueue-sim/v1
kind: Scenario
start: 2026-01-20T00:00:00Z
policy:
  objects:
  - {{apiVersion: kueue.x-k8s.io/v1beta1, kind: ResourceFlavor, metadata: {{name: h100}}}}
  - apiVersion: kueue.x-k8s.io/v1beta1
    kind: ClusterQueue
    metadata: {{name: team-a}}
    spec:
      namespaceSelector: {{}}
      queueingStrategy: {strategy}
      resourceGroups:
      - {{coveredResources: [gpu], flavors: [{{name: h100, resources: [{{name: gpu, nominalQuota: 8}}]}}]}}
workloads:
{OLD}{work}""")


def foreseen(scenario: Scenario) -> Forecast:
    return forecast(scenario, seeds=2, explain=False)


def test_what_stands_before_work_is_what_kueue_looks_at_first() -> None:
    found = foreseen(cluster("BestEffortFIFO", OTHERS))
    assert {one.workload: one.before for one in found.starts} == {
        "default/aged": 1, "default/high": 0, "default/last": 2
    }  # fmt: skip


def test_who_stands_behind_the_head_of_a_strict_queue_is_told_what_that_waits_for() -> None:
    scenario = cluster("StrictFIFO", OTHERS)
    messages = {one.workload: one.message for one in foreseen(scenario).starts}
    head = f"the first is default/high, which waits for: {SHORT}3 more needed"
    assert messages == {
        "default/high": f"{SHORT}3 more needed",
        "default/aged": f"1 other that stands before it in its StrictFIFO queue; {head}",
        "default/last": f"2 others that stand before it in its StrictFIFO queue; {head}",
    }
    assert [one.message for one in admit(scenario, ["last"])] == [messages["default/last"]]
    told = [(number, text) for _, number, _, _, text in waiting(run(replace(scenario, horizon_ms=0)))]
    assert (2, "not evaluated: behind default/high at the head of their StrictFIFO queue") in told


def test_who_starts_in_no_future_is_tried_in_an_empty_cluster() -> None:
    found = {one.workload: one for one in foreseen(cluster("BestEffortFIFO", PAIR + OTHERS)).starts}
    assert {key: one.never for key, one in found.items()} == {
        "default/pair": True, "default/aged": False, "default/high": False, "default/last": False
    }  # fmt: skip
    assert found["default/pair"].message.startswith(
        "what no end of others brings: in an empty cluster too couldn't assign flavors to pod set right: insufficient"
    )


def test_nobody_behind_a_head_that_never_starts_ever_does() -> None:
    found = {one.workload: one for one in foreseen(cluster("StrictFIFO", PAIR + OTHERS)).starts}
    assert [one.never for one in found.values()] == [True] * 4
    assert found["default/last"].message == (
        "default/pair, which stands before it in its StrictFIFO queue and never starts"
    )
    assert found["default/last"].quantile(0.9) is None


def test_inactive_work_never_starts_and_is_told_so() -> None:
    asleep = PAIR.replace("{name: pair}", "{name: asleep}").replace(
        "spec:\n      queue", "spec:\n      active: false\n      queue"
    )
    scenario = cluster("BestEffortFIFO", asleep)
    told = "it is inactive, and in no queue until somebody activates it"
    (found,) = foreseen(scenario).starts
    assert (found.never, found.message) == (True, told)
    (answer,) = admit(scenario, ["asleep"])
    assert (answer.starts_now, answer.message) == (False, told)
    assert answer.otherwise is not None and answer.otherwise.never


def test_work_behind_an_admission_gate_is_told_who_holds_it_back() -> None:
    gated = PAIR.replace("{name: pair}", "{name: gated, annotations: {kueue.x-k8s.io/admission-gated-by: ours}}")
    said = "{reason: AdmissionGated, message: 'Admission is gated by: ours'}"
    scenario = cluster("BestEffortFIFO", gated.replace("waitingSince:", f"pending: {said}\n  waitingSince:"))
    (found,) = foreseen(scenario).starts
    told = "Admission is gated by: ours; it is in no queue until they let it go"
    assert (found.never, found.message) == (True, told)


def test_work_that_backs_off_is_told_for_how_long() -> None:
    """What Kueue said of it last is why it was evicted, and no reason for it to wait."""
    backoff = "evicted: {reason: PodsReadyTimeout, since: 1m}, requeue: {at: 20m, count: 1, held: PodsReadyTimeout}"
    said = "pending: {reason: Pending, message: Exceeded the PodsReady timeout default/last}"
    behind = f"- {{name: last, team: team-a, requests: {{gpu: 1}}, runtime: 1h, waitingSince: 1h, {backoff}, {said}}}\n"
    (answer,) = admit(cluster("BestEffortFIFO", behind), ["last"])
    assert answer.message == "its backoff goes on for 20m, and it is in no queue until then"


def test_the_drawing_says_what_its_crosses_are() -> None:
    marks = [
        "cross: never" in forecast_page(foreseen(cluster("BestEffortFIFO", work))) for work in (PAIR + OTHERS, OTHERS)
    ]
    assert marks == [True, False]
