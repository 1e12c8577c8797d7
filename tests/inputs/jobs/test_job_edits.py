"""Jobs that are not elastic are edited while they wait or run: what Kueue changes in place, stops, or refuses."""

from kueue_sim import run
from kueue_sim.inputs import scenario_from_text
from kueue_sim.inputs.text.field import Field, Report, Source
from kueue_sim.policytest.reading import Names
from kueue_sim.result import Result
from tests.inputs.test_objects_over_time import DEPLOYMENT, cpu, told

EDITED = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 3h
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: f}}
  - kind: ClusterQueue
    metadata: {name: q}
    spec:
      namespaceSelector: {}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4}]}]}
  - {kind: LocalQueue, metadata: {name: lq, namespace: default}, spec: {clusterQueue: q}}
  - {kind: LocalQueue, metadata: {name: other, namespace: default}, spec: {clusterQueue: q}}
  - {kind: WorkloadPriorityClass, metadata: {name: high}, value: 100}
workloads:
- {runtime: 1h, manifest: %s}
- {runtime: 1h, submit: 1m, manifest: %s}
- {runtime: 1h, submit: 2m, manifest: %s}
timeline: %s
"""


def _job(name: str, pods: int, cpu: int = 1) -> str:
    template = f"{{spec: {{containers: [{{name: c, resources: {{requests: {{cpu: {cpu}}}}}}}]}}}}"
    metadata = f"{{name: {name}, labels: {{kueue.x-k8s.io/queue-name: lq}}}}"
    spec = f"{{parallelism: {pods}, completions: 8, template: {template}}}"
    return f"{{apiVersion: batch/v1, kind: Job, metadata: {metadata}, spec: {spec}}}"


def _edited(*steps: str) -> Result:
    """A job that holds all quota, a second one that waits, and a third one behind it, both of the whole quota."""
    text = EDITED % (_job("runs", 4), _job("waits", 4), _job("behind", 4), f"[{', '.join(steps)}]")
    return run(scenario_from_text(text))


def test_what_waits_is_edited_in_its_place_and_keeps_its_age() -> None:
    result = _edited("{at: 10m, do: patch, object: Job/waits, patch: {spec: {parallelism: 3}}}")
    assert told(result, "Submitted", "Admitted", "Deleted") == [
        (0, "Submitted", "runs"),
        (0, "Admitted", "runs"),
        (1, "Submitted", "waits"),
        (2, "Submitted", "behind"),
        (60, "Admitted", "waits"),
        (120, "Admitted", "behind"),
    ]
    assert cpu(result, "waits") == [3]


def test_what_starts_anew_or_grows_may_be_named_by_actions_and_expectations() -> None:
    larger = "{at: 10m, do: patch, object: Job/runs, patch: {spec: {parallelism: 3}}}"
    result = _edited(larger, "{at: 20m, do: delete, workload: runs-2}")
    assert told(result, "Deleted") == [(10, "Deleted", "runs"), (20, "Deleted", "runs-2")]
    elastic = _job("runs", 4).replace("labels:", "annotations: {kueue.x-k8s.io/elastic-job: 'true'}, labels:")
    grows = f"[{larger.replace('3', '5')}, {{at: 1m, do: scale, workload: runs, pods: 2}}]"
    scaled = scenario_from_text(EDITED % (elastic, _job("waits", 4), _job("behind", 4), grows))
    report = Report()
    for scenario, names in (
        (result.scenario, ("runs", "runs-2", "runs-3")),
        (scaled, ("runs-slice-2", "waits-slice-2")),
    ):
        for name in names:
            Names(scenario).check(Field(name, Source(), report))
    assert [str(one).partition(";")[0] for one in report.mistakes] == [
        "there is no workload 'runs-3'",
        "there is no workload 'waits-slice-2'",
    ]


def test_a_job_that_is_over_is_not_made_again_by_an_edit() -> None:
    result = _edited("{at: 70m, do: patch, object: Job/runs, patch: {spec: {parallelism: 1}}}")
    assert told(result, "Deleted") == []
    assert [name for _, _, name in told(result, "Submitted")] == ["runs", "waits", "behind"]


def test_work_changes_its_queue_while_it_waits_and_never_while_it_holds_quota() -> None:
    label = "{metadata: {labels: {kueue.x-k8s.io/queue-name: other}}}"
    stop = "{at: 1m, do: stop, localQueue: default/other, stopPolicy: Hold}"
    steps = [f"{{at: 10m, do: patch, object: Job/{name}, patch: {label}}}" for name in ("runs", "waits")]
    result = _edited(stop, *steps)
    assert told(result, "Deleted", "Evicted") == []
    assert told(result, "Admitted") == [(0, "Admitted", "runs"), (60, "Admitted", "behind")]
    assert "LocalQueue other is inactive" in result.explain("waits")
    assert result.scenario.warnings[:2] == (
        "Job runs goes to other at 10m if it waits; Kueue refuses that of one that holds quota",
        "Job waits goes to other at 10m if it waits; Kueue refuses that of one that holds quota",
    )


def test_work_in_another_queue_counts_there_and_goes_before_what_is_younger() -> None:
    label = "{metadata: {labels: {kueue.x-k8s.io/queue-name: other}}}"
    result = _edited(f"{{at: 10m, do: patch, object: Job/waits, patch: {label}}}")
    assert told(result, "Admitted") == [(0, "Admitted", "runs"), (60, "Admitted", "waits"), (120, "Admitted", "behind")]


def test_a_class_is_given_while_work_waits_and_never_while_it_holds_quota() -> None:
    label = "{metadata: {labels: {kueue.x-k8s.io/priority-class: high}}}"
    steps = [f"{{at: 10m, do: patch, object: Job/{name}, patch: {label}}}" for name in ("runs", "behind")]
    result = _edited(*steps)
    assert told(result, "Admitted") == [(0, "Admitted", "runs"), (60, "Admitted", "behind"), (120, "Admitted", "waits")]
    gone = label.replace("high", "null")
    result = _edited(steps[1], f"{{at: 20m, do: patch, object: Job/behind, patch: {gone}}}")
    assert "Job behind: Kueue lets no update take away its class high" in result.scenario.warnings
    assert told(result, "Admitted")[1] == (60, "Admitted", "behind")


def test_a_template_that_no_update_may_change_is_told() -> None:
    result = _edited(f"{{at: 10m, do: apply, runtime: 1h, objects: [{_job('waits', 4, cpu=2)}]}}")
    assert (
        "Job waits: the API server lets no update change spec.template; it is deleted and made again at 10m"
        in result.scenario.warnings
    )
    assert told(result, "Deleted") == [(10, "Deleted", "waits")]


def test_replicas_of_a_stateful_set_stay_as_they_are() -> None:
    lasting = DEPLOYMENT.replace("Deployment", "StatefulSet").replace("\n", "\n    ")
    world, _, _ = EDITED.partition("workloads:")
    steps = "[{at: 10m, do: scale, object: StatefulSet/web, pods: 3}]"
    result = run(scenario_from_text(f"{world}workloads:\n- manifest:\n    {lasting}\ntimeline: {steps}\n"))
    assert told(result, "Submitted", "Deleted") == [(0, "Submitted", "web")]
    assert "StatefulSet web: Kueue lets no update change its replicas, except from and to 0" in result.scenario.warnings


def test_a_workload_that_is_patched_to_be_inactive_stops_until_it_is_active_again() -> None:
    pod = "{spec: {containers: [{name: c, resources: {requests: {cpu: 1}}}]}}"
    spec = f"{{queueName: lq, podSets: [{{name: main, count: 1, template: {pod}}}]}}"
    workload = f"{{kind: Workload, metadata: {{name: w}}, spec: {spec}}}"
    steps = [
        "{at: 10m, do: patch, object: Workload/w, patch: {spec: {active: false}}}",
        "{at: 20m, do: patch, object: Workload/w, patch: [{op: replace, path: /spec/active, value: true}]}",
    ]
    text = f"{EDITED.partition('workloads:')[0]}workloads: [{{runtime: 1h, manifest: {workload}}}]\n"
    result = run(scenario_from_text(f"{text}timeline: [{', '.join(steps)}]\n"))
    assert told(result, "Admitted", "Deactivated", "Reactivated") == [
        (0, "Admitted", "w"),
        (10, "Deactivated", "w"),
        (20, "Reactivated", "w"),
        (20, "Admitted", "w"),
    ]
