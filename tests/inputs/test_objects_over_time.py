"""Timeline actions on objects: apply, delete, scale and patch, as kubectl and HyperPod's service do them."""

from collections.abc import Iterable
from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim import run
from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_text
from kueue_sim.result import Result
from kueue_sim.results.quota.quota_over_time import eras

WORLD = """\
apiVersion: kueue-sim/v1
kind: Scenario
horizon: 4h
policy:
  objects:
  - {kind: ResourceFlavor, metadata: {name: f}}
  - kind: ClusterQueue
    metadata: {name: q}
    spec: &spec
      namespaceSelector: {}
      resourceGroups:
      - {coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 4}]}]}
  - {kind: LocalQueue, metadata: {name: lq, namespace: default}, spec: {clusterQueue: q}}
"""
JOB = """\
kind: Job
metadata:
  name: j
  labels: {kueue.x-k8s.io/queue-name: lq}
  annotations: {kueue.x-k8s.io/elastic-job: "true"}
spec:
  parallelism: 2
  completions: 100
  template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}
"""
DEPLOYMENT = """\
kind: Deployment
metadata: {name: web, labels: {kueue.x-k8s.io/queue-name: lq}}
spec:
  replicas: 2
  template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}
"""


def played(text: str, folder: Path | None = None) -> Result:
    return run(scenario_from_text(WORLD + dedent(text), folder=folder or "."))


def told(result: Result, *types: str) -> list[tuple[int, str, str]]:
    """Minute, type and name of the facts of these types."""
    facts: Iterable[tuple[int, str, str]] = (
        (fact.at_ms // 60_000, fact.type, fact.workload.partition("/")[2]) for fact in result.run.facts
    )
    return [fact for fact in facts if fact[1] in types]


def cpu(result: Result, name: str) -> list[int]:
    """Cores that a workload was given, one number for each change."""
    return [
        fact.pod_sets[0].usage["cpu"] // 1000
        for fact in result.run.facts
        if fact.workload == f"default/{name}" and fact.type in ("Admitted", "Resized")
    ]


# -- apply ------------------------------------------------------------------------------------------------


def test_applied_files_bring_queues_and_work_that_names_them(tmp_path: Path) -> None:
    queue = "kind: LocalQueue\nmetadata: {name: later, namespace: team}\nspec: {clusterQueue: q}\n---\n"
    service = "---\nkind: Service\nmetadata: {name: s}\n"
    (tmp_path / "all.yaml").write_text(queue + JOB.replace("queue-name: lq", "queue-name: later") + service)
    result = played("timeline: [{at: 10m, do: apply, include: [all.yaml], namespace: team, runtime: 1h}]\n", tmp_path)
    assert told(result, "Admitted", "Finished") == [(10, "Admitted", "j"), (70, "Finished", "j")]
    assert result.scenario.warnings == ("Service s is no part of the model and is not applied",)


def test_applying_the_same_again_changes_nothing_and_a_raised_quota_admits(tmp_path: Path) -> None:
    (tmp_path / "j.yaml").write_text(JOB.replace("parallelism: 2", "parallelism: 6"))
    result = played(
        """\
        timeline:
        - {at: 1m, do: apply, include: [j.yaml], runtime: 1h}
        - {at: 2m, do: apply, include: [j.yaml]}
        - at: 10m
          do: apply
          objects:
          - kind: ClusterQueue
            metadata: {name: q}
            spec:
              namespaceSelector: {}
              resourceGroups:
              - {coveredResources: [cpu], flavors: [{name: f, resources: [{name: cpu, nominalQuota: 8}]}]}
        """,
        tmp_path,
    )
    assert told(result, "Submitted", "Admitted") == [(1, "Submitted", "j"), (10, "Admitted", "j")]


def test_a_quota_is_raised_by_the_command_that_will_do_it() -> None:
    hyperpod = dedent("""\
        apiVersion: kueue-sim/v1
        kind: Scenario
        horizon: 3h
        policy:
          hyperpod:
            computeQuotas:
            - ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.g5.8xlarge, Count: 1}]}
              ComputeQuotaTarget: {TeamName: a}
        workloads:
        - {name: w, team: a, pods: 3, requests: {nvidia.com/gpu: 1}, runtime: 1h}
        timeline:
        - at: 30m
          do: apply
          commands: |
            aws sagemaker update-compute-quota --compute-quota-id abcdefghijkl --target-version 2 \\
              --compute-quota-target TeamName=a \\
              --compute-quota-config "ComputeQuotaResources=[{InstanceType=ml.g5.8xlarge,Count=3}]"
        - {at: 2h, do: apply, requests: [{ComputeQuotaTarget: {TeamName: new},
            ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.g5.8xlarge, Count: 1}]}}]}
        """)
    result = run(scenario_from_text(hyperpod))
    assert told(result, "Admitted", "Finished") == [(30, "Admitted", "w"), (90, "Finished", "w")]
    applied = [action for action in result.scenario.timeline if action.do == "apply"]
    assert [[item.name for item in action.objects] for action in applied] == [
        ["hyperpod-ns-a-clusterqueue"],
        ["hyperpod-ns-new", "hyperpod-ns-new-clusterqueue", "hyperpod-ns-new-localqueue"],
    ]


# -- delete -----------------------------------------------------------------------------------------------


def test_deleting_a_file_deletes_all_it_made_and_it_can_be_made_again(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(JOB + "---\n" + DEPLOYMENT)
    result = played(
        """\
        workloads: [{manifest: f.yaml, runtime: 3h}]
        timeline:
        - {at: 10m, do: delete, manifest: f.yaml}
        - {at: 20m, do: apply, include: [f.yaml], runtime: 1h}
        """,
        tmp_path,
    )
    assert told(result, "Submitted", "Deleted", "Finished") == [
        *((0, "Submitted", name) for name in ("j", "web-0", "web-1")),
        *((10, "Deleted", name) for name in ("j", "web-0", "web-1")),
        *((20, "Submitted", name) for name in ("j-2", "web-0-2", "web-1-2")),
        *((80, "Finished", name) for name in ("j-2", "web-0-2", "web-1-2")),
    ]


@pytest.mark.parametrize(
    ("target", "gone"),
    [
        ("workload: 'default/w*'", ["web-0", "web-1"]),
        ("workload: web", ["web-0", "web-1"]),
        ("workload: web-1", ["web-1"]),
        ("object: Deployment/web", ["web-0", "web-1"]),
        ("object: 'Job/*'", ["j"]),
        ("object: Namespace/default", ["j", "web-0", "web-1"]),
    ],
)
def test_work_is_deleted_by_name_pattern_or_kind(tmp_path: Path, target: str, gone: list[str]) -> None:
    (tmp_path / "f.yaml").write_text(JOB + "---\n" + DEPLOYMENT)
    result = played(
        f"""\
        workloads: [{{manifest: f.yaml, runtime: 3h}}]
        timeline: [{{at: 10m, do: delete, {target}}}]
        """,
        tmp_path,
    )
    assert sorted(name for _, _, name in told(result, "Deleted")) == gone


def test_a_deleted_queue_takes_nothing_new_and_lets_what_runs_go_on() -> None:
    result = played(
        """\
        workloads:
        - {name: a, queue: lq, requests: {cpu: 1}, runtime: 1h}
        - {name: b, queue: lq, submit: 20m, requests: {cpu: 1}, runtime: 1h}
        timeline: [{at: 10m, do: delete, object: ClusterQueue/q}]
        """
    )
    assert result.run.states == {"default/a": "finished", "default/b": "pending"}
    assert result.run.pending == {"default/b": ("Misconfigured", "ClusterQueue q doesn't exist")}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("object: ClusterQueue/q", "ClusterQueue q doesn't exist"),
        ("object: LocalQueue/lq", "LocalQueue lq doesn't exist"),
        ("object: LocalQueue/lq, namespace: default", "LocalQueue lq doesn't exist"),
        ("object: Namespace/default", "LocalQueue lq doesn't exist"),
        ("manifest: {kind: ClusterQueue, metadata: {name: q}}", "ClusterQueue q doesn't exist"),
    ],
)
def test_what_comes_after_a_queue_is_deleted_hears_that_it_does_not_exist(target: str, message: str) -> None:
    result = played(
        f"""\
        workloads: [{{name: b, queue: lq, submit: 20m, requests: {{cpu: 1}}, runtime: 1h}}]
        timeline: [{{at: 10m, do: delete, {target}}}]
        """
    )
    assert result.run.pending == {"default/b": ("Misconfigured", message)}


def test_quota_of_a_deleted_queue_counts_until_its_last_workload_has_ended() -> None:
    result = played(
        """\
        workloads: [{name: a, queue: lq, requests: {cpu: 1}, runtime: 30m}]
        timeline: [{at: 10m, do: delete, object: ClusterQueue/q}]
        """
    )
    policies = [(era.start_ms, era.end_ms, len(era.policy.cluster_queues)) for era in eras(result.scenario, result.run)]
    assert policies == [(0, 1_800_000, 1), (1_800_000, 14_400_000, 0)]


# -- scale ------------------------------------------------------------------------------------------------


def test_an_elastic_job_grows_as_a_slice_that_goes_on_with_its_work_and_shrinks_at_once() -> None:
    steps = "[{at: 10m, do: scale, workload: j, pods: 4}, {at: 20m, do: scale, object: Job/j, pods: 1}]"
    result = played(_elastic(steps))
    assert told(result, "Submitted", "Admitted", "Resized", "Finished") == [
        (0, "Submitted", "j"),
        (0, "Admitted", "j"),
        (10, "Submitted", "j-slice-2"),
        (10, "Admitted", "j-slice-2"),
        (10, "Finished", "j"),
        (20, "Resized", "j-slice-2"),
        (60, "Finished", "j-slice-2"),
    ]
    assert (cpu(result, "j"), cpu(result, "j-slice-2")) == ([2], [4, 1])


def _elastic(timeline: str, job: str = JOB) -> str:
    """A scenario's further sections: one job from the beginning, and a timeline."""
    manifest = "".join(f"    {line}\n" for line in job.splitlines())
    return f"workloads:\n- runtime: 1h\n  manifest:\n{manifest}timeline: {timeline}\n"


def test_a_slice_that_finds_no_quota_waits_while_the_job_runs_and_goes_with_it() -> None:
    result = played(_elastic("[{at: 10m, do: scale, workload: j, pods: 9}]"))
    assert told(result, "Admitted", "Finished", "Deleted") == [
        (0, "Admitted", "j"),
        (60, "Finished", "j"),
        (60, "Deleted", "j-slice-2"),
    ]


def test_a_waiting_slice_changes_its_size_and_goes_when_it_is_not_wanted() -> None:
    steps = "[{at: 10m, do: scale, workload: j, pods: 9}, {at: 20m, do: scale, workload: j, pods: 3}]"
    assert cpu(played(_elastic(steps)), "j-slice-2") == [3]
    steps = "[{at: 10m, do: scale, workload: j, pods: 9}, {at: 20m, do: scale, workload: j, pods: 1}]"
    result = played(_elastic(steps))
    assert (cpu(result, "j"), told(result, "Deleted")) == ([2, 1], [(20, "Deleted", "j-slice-2")])


def test_what_waits_is_edited_in_its_place() -> None:
    large = JOB.replace("parallelism: 2", "parallelism: 9")
    result = played(_elastic("[{at: 10m, do: scale, workload: j, pods: 4}]", large))
    assert told(result, "Submitted", "Admitted") == [(0, "Submitted", "j"), (10, "Admitted", "j")]


def test_deleting_a_scaled_job_deletes_its_slice() -> None:
    result = played(_elastic("[{at: 10m, do: scale, workload: j, pods: 4}, {at: 20m, do: delete, workload: j}]"))
    assert told(result, "Deleted") == [(20, "Deleted", "j-slice-2")]


def test_a_job_that_is_not_elastic_starts_anew_at_its_new_size() -> None:
    plain = JOB.replace('"true"', '"false"')
    result = played(_elastic("[{at: 10m, do: scale, workload: j, pods: 4}]", plain))
    assert told(result, "Deleted", "Submitted", "Finished") == [
        (0, "Submitted", "j"),
        (10, "Deleted", "j"),
        (10, "Submitted", "j-2"),
        (70, "Finished", "j-2"),
    ]


def test_a_deployment_gets_and_loses_replicas() -> None:
    steps = "[{at: 10m, do: scale, object: Deployment/web, pods: 3}, {at: 20m, do: scale, workload: web, pods: 1}]"
    result = played(_elastic(steps, DEPLOYMENT))
    assert told(result, "Submitted", "Deleted") == [
        (0, "Submitted", "web-0"),
        (0, "Submitted", "web-1"),
        (10, "Submitted", "web-2"),
        (20, "Deleted", "web-1"),
        (20, "Deleted", "web-2"),
    ]


def test_a_group_of_workers_of_a_ray_cluster_is_scaled_by_its_name() -> None:
    ray = """\
        kind: RayCluster
        metadata:
          name: j
          labels: {kueue.x-k8s.io/queue-name: lq}
          annotations: {kueue.x-k8s.io/elastic-job: "true"}
        spec:
          headGroupSpec: {template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}}
          workerGroupSpecs:
          - groupName: small
            replicas: 1
            template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1}}}]}}
        """
    result = played(_elastic("[{at: 10m, do: scale, workload: j, pods: 3, podSet: small}]", dedent(ray)))
    admitted = [fact for fact in result.run.facts if fact.type == "Admitted"]
    assert [[pods.count for pods in fact.pod_sets] for fact in admitted] == [[1, 1], [1, 3]]


# -- patch, mistakes --------------------------------------------------------------------------------------


def test_patches_change_work_and_policy() -> None:
    result = played(
        _elastic(
            "[{at: 10m, do: patch, object: Job/j, patch: {spec: {parallelism: 4}}},"
            "{at: 20m, do: patch, object: ClusterQueue/q, patch: {spec: {stopPolicy: HoldAndDrain}}},"
            "{at: 30m, do: patch, object: ClusterQueue/q, patch: [{op: remove, path: /spec/stopPolicy}]}]"
        )
    )
    assert cpu(result, "j-slice-2") == [4, 4]
    assert told(result, "Evicted") == [(20, "Evicted", "j-slice-2")]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ("{do: apply}", "apply needs objects, include, set, commands or requests"),
        ("{do: delete}", "workload, manifest or object is missing: what is deleted"),
        ("{do: delete, object: Job/k}", "there is no Job 'k' at this time; accepted: j"),
        ("{do: delete, workload: 'x*'}", "no workload that is there at this time is called like 'x*'"),
        ("{do: scale, workload: j}", "pods is missing: how many there are from now on"),
        ("{do: scale, workload: k, pods: 2}", "'k' comes of no manifest; accepted: j"),
        ("{do: patch, object: ClusterQueue/r, patch: {}}", "there is no ClusterQueue 'r'; accepted: q"),
        (
            "{do: apply, objects: [{kind: Topology, metadata: {name: t}}]}",
            "'Topology' cannot be applied during a run",
        ),
    ],
)
def test_mistakes_of_actions_on_objects(action: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        scenario_from_text(WORLD + _elastic(f"[{action.replace('{do', '{at: 1m, do', 1)}]"))
    assert message in str(caught.value)


def test_a_scenario_file_with_an_applied_file_that_is_missing_says_so(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(WORLD + "timeline: [{at: 1m, do: apply, include: [gone.yaml]}]\n")
    with pytest.raises(InputError, match=r"s\.yaml:14:42: .*there is no file"):
        load_scenario(tmp_path / "s.yaml")
