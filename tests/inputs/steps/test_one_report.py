"""Mistakes of commands, of the jobs and patches in them, and of HyperPod's requests are told together, each at its
place; what is not there because something else could not be read is not missed."""

from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import scenario_from_text
from tests.inputs.steps.scripts import wrong

JOBS = """\
kubectl apply -f q.yaml -f nowhere.yaml
N=two
cat <<EOF | kubectl apply -f -
kind: Job
metadata: {name: bad, labels: {kueue.x-k8s.io/queue-name: lq, kueue.x-k8s.io/priority-class: of-nowhere}}
spec:
  parallelism: $N
  template: {spec: {containers: [{name: c, image: x, resources: {requests: {cpu: 1x}}}]}}
EOF
sleep 5mm
kubectl delete job of-nowhere
kubectl patch cq of-nowhere --type merge -p '{"spec": {"stopPolicy": "Hold"}}'
kubectl patch clusterqueue q --type merge -p '{"spec": {"stopPolicy": "Hodl"}}'
"""


def test_mistakes_of_commands_of_jobs_and_of_patches_come_in_one_report(tmp_path: Path) -> None:
    assert [text.replace(f"{tmp_path}/", "") for text in wrong(tmp_path, JOBS)] == [
        "steps.sh:2:28: there is no file or folder 'nowhere.yaml'",
        "steps.sh:8:16: spec.parallelism: 'two' is not a whole number",
        "steps.sh:9:82: spec.template.spec.containers[0].resources.requests.cpu: '1x' is not a Kubernetes quantity "
        "(examples: 4, 500m, 1.5, 16Gi)",
        "steps.sh:11:7: '5mm' is no time to sleep; example: 10m",
        "steps.sh:14:28: spec.stopPolicy: 'Hodl' is not accepted; did you mean 'Hold'?",
    ]


def test_what_is_set_up_is_not_missed_where_its_file_could_not_be_read(tmp_path: Path) -> None:
    text = "kubectl apply -f nowhere.yaml\nkubectl patch clusterqueue q -p '{\"spec\": {}}'\n"
    assert [one.partition(": ")[2] for one in wrong(tmp_path, text)] == [
        f"there is no file or folder '{tmp_path}/nowhere.yaml'"
    ]


def test_wrong_requests_do_not_hide_what_is_wrong_with_the_work() -> None:
    text = """\
        apiVersion: kueue-sim/v1
        kind: Scenario
        policy:
          hyperpod:
            computeQuotas:
            - ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.p5.48xlarge, Accelerators: -4}]}
              ComputeQuotaTarget: {TeamName: b}
        workloads:
        - {name: a, team: b, requests: {nvidia.com/gpu: 1x}, runtime: 1q}
        timeline:
        - {at: 1x, do: delete, workload: a}
        """
    with pytest.raises(InputError) as caught:
        scenario_from_text(dedent(text))
    assert [str(one).partition(": ")[2].partition(":")[0] for one in caught.value.mistakes] == [
        "policy.hyperpod.computeQuotas[0].ComputeQuotaConfig.ComputeQuotaResources[0].Accelerators",
        "workloads[0].requests.nvidia.com/gpu",
        "workloads[0].runtime",
        "timeline[0].at",
    ]
