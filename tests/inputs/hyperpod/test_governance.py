"""HyperPod task governance becomes Kueue objects; what the service would refuse is found before anything runs."""

import json
from pathlib import Path
from textwrap import dedent

import pytest

from kueue_sim.errors import InputError
from kueue_sim.inputs import load_scenario, scenario_from_dict, scenario_from_text
from kueue_sim.model import (
    ClusterQueue,
    FlavorQuotas,
    LabelSelector,
    LocalQueue,
    Namespace,
    Preemption,
    PreemptionPolicy,
    Quota,
    ResourceFlavor,
    ResourceGroup,
    StopPolicy,
    WorkloadPriorityClass,
)
from tests.inputs.hyperpod.governed import (
    EFA,
    G5,
    GIB,
    GPU,
    NEURON,
    POLICY_COMMAND,
    QUOTA_COMMAND,
    RIGHT,
    governed,
    mistakes_of,
    nominal,
    quota,
    quotas_of,
    scenario,
)


def test_verbatim_commands_become_namespace_queues_flavor_and_class() -> None:
    policy = scenario_from_text(scenario(POLICY_COMMAND + "\n" + QUOTA_COMMAND)).policy
    space = "hyperpod-ns-team-a"
    managed = {
        "sagemaker.amazonaws.com/sagemaker-managed-queue": "true",
        "sagemaker.amazonaws.com/quota-allocation-id": "team-a",
    }
    resources = (
        ("cpu", Quota(96_000, 48_000)),
        ("memory", Quota(384 * GIB, 192 * GIB)),
        (GPU, Quota(8, 4)),
        (NEURON, Quota(0, 0)),
        (EFA, Quota(2, 1)),
    )
    queue = ClusterQueue(
        f"{space}-clusterqueue",
        (ResourceGroup(("cpu", "memory", GPU, NEURON, EFA), (FlavorQuotas(G5, resources),)),),
        cohort="hyperpod",
        namespace_selector=LabelSelector((("kubernetes.io/metadata.name", space),)),
        preemption=Preemption(PreemptionPolicy.LOWER_PRIORITY, PreemptionPolicy.ANY),
        fair_weight=10.0,
    )
    assert (
        policy.flavors,
        policy.cluster_queues,
        policy.local_queues,
        policy.namespaces,
        policy.priority_classes,
    ) == (
        (ResourceFlavor(G5, {"node.kubernetes.io/instance-type": G5}),),
        (queue,),
        (LocalQueue(f"{space}-localqueue", space, f"{space}-clusterqueue"),),
        (Namespace(space, {"kubernetes.io/metadata.name": space, **managed}),),
        (WorkloadPriorityClass("training-priority", 70),),
    )


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"Count": 1}, {"cpu": 48_000, "memory": 192 * GIB, GPU: 4, EFA: 1}),
        ({"Accelerators": 2}, {"cpu": 24_000, "memory": 96 * GIB, GPU: 2}),
        ({"Accelerators": 16}, {"cpu": 192_000, "memory": 768 * GIB, GPU: 16, EFA: 4}),
        ({"VCpu": 12}, {"cpu": 12_000, "memory": 48 * GIB}),
        ({"MemoryInGiB": 48}, {"cpu": 12_000, "memory": 48 * GIB}),
        ({"VCpu": 0.29, "MemoryInGiB": 2.5}, {"cpu": 290, "memory": 5 * GIB // 2}),
        ({"Accelerators": 1, "VCpu": 40}, {"cpu": 40_000, "memory": 48 * GIB, GPU: 1}),
    ],
)
def test_what_is_not_given_follows_from_the_instance_by_ratio(
    resources: dict[str, object], expected: dict[str, int]
) -> None:
    assert nominal(**resources) == expected


def test_partitions_of_an_accelerator_take_their_share_of_the_instance_in_whole_numbers() -> None:
    one = quota()
    partition = {"Type": "mig-1g.5gb", "Count": 7}
    one["ComputeQuotaConfig"]["ComputeQuotaResources"] = [
        {"InstanceType": "ml.p4d.24xlarge", "AcceleratorPartition": partition}
    ]
    found = quotas_of(governed(one))["ml.p4d.24xlarge"]
    assert {name: item.nominal for name, item in found.items()} == {
        "cpu": 12_000,
        "memory": 144 * GIB,
        GPU: 0,
        NEURON: 0,
        EFA: 0,
        "nvidia.com/mig-1g.5gb": 7,
    }


@pytest.mark.parametrize(
    ("sharing", "borrowing", "lending"),
    [
        (None, 2, None),
        ({"Strategy": "LendAndBorrow"}, 2, None),
        ({"Strategy": "LendAndBorrow", "BorrowLimit": 100}, 4, None),
        ({"Strategy": "LendAndBorrow", "BorrowLimit": 40}, 1, None),
        ({"Strategy": "Lend"}, 0, None),
        ({"Strategy": "DontLend"}, 0, 0),
        ({"Strategy": "Borrow", "BorrowLimit": 100}, 4, 0),
        (
            {"Strategy": "LendAndBorrow", "AbsoluteBorrowLimits": [{"InstanceType": G5, "Accelerators": 3}]},
            3,
            None,
        ),
    ],
)
def test_a_sharing_strategy_is_a_borrowing_and_a_lending_limit(
    sharing: object, borrowing: int, lending: int | None
) -> None:
    assert quotas_of(governed(quota(sharing=sharing, Count=1)))[G5][GPU] == Quota(4, borrowing, lending)


def test_without_fair_share_preemption_is_classical_and_borrowers_may_evict_lower_priorities() -> None:
    loaded = governed(quota(Count=1), policy={"FairShare": "Disabled"})
    lower = PreemptionPolicy.LOWER_PRIORITY
    assert (loaded.settings.fair_sharing, loaded.policy.cluster_queues[0].preemption) == (
        None,
        Preemption(lower, PreemptionPolicy.ANY, lower),
    )


def test_a_disabled_allocation_admits_nothing() -> None:
    loaded = governed({**quota(Count=1), "ActivationState": "Disabled"})
    assert loaded.policy.cluster_queues[0].stop_policy is StopPolicy.HOLD


def test_what_is_not_published_is_a_setting() -> None:
    loaded = governed(
        quota(sharing={"Strategy": "DontLend"}, Count=1),
        quota("b", {"Strategy": "LendAndBorrow", "BorrowLimit": 40}, Count=1),
        cohort="shared",
        queueingStrategy="StrictFIFO",
        reclaimWithinCohort="LowerPriority",
        fairSharingStrategies=["LessThanInitialShare"],
        borrowLimitRounding="up",
        dontLend="alone",
        efa="none",
    )
    queues = loaded.policy.cluster_queues
    assert (
        [queue.cohort for queue in queues],
        [queue.queueing_strategy for queue in queues],
        queues[0].preemption.reclaim_within_cohort,
        loaded.settings.fair_sharing,
        [quotas_of(loaded, index)[G5][GPU] for index in (0, 1)],
        quotas_of(loaded)[G5][EFA],
    ) == (
        [None, "shared"],
        ["StrictFIFO", "StrictFIFO"],
        PreemptionPolicy.LOWER_PRIORITY,
        ("LessThanInitialShare",),
        [Quota(4), Quota(4, 2)],
        Quota(0),
    )


def test_what_the_service_would_refuse_is_noted_with_its_place() -> None:
    commands = QUOTA_COMMAND.replace("Count=2", "Count=two,Colour=red").replace("team-a", "Team_A")
    commands = commands.replace("LendAndBorrow", "LendandBorrow").replace("Enabled", "enabled").replace("=10", "=900")
    assert mistakes_of(scenario(commands)) == [
        "<scenario>:8:34: ComputeQuotaConfig.ComputeQuotaResources[0].Colour: unknown field 'Colour'; "
        "accepted: AcceleratorPartition, Accelerators, Count, InstanceType, MemoryInGiB, VCpu",
        "<scenario>:8:34: ComputeQuotaConfig.ComputeQuotaResources[0].Count: 'two' is not a whole number",
        "<scenario>:8:34: ComputeQuotaConfig.ResourceSharingConfig.Strategy: 'LendandBorrow' is not accepted; "
        "did you mean 'LendAndBorrow'?",
        "<scenario>:10:34: ComputeQuotaTarget.TeamName: 'Team_A' is not accepted; "
        "small letters, digits and hyphens between them; example: team-a",
        "<scenario>:10:34: ComputeQuotaTarget.FairShareWeight: 900 is out of range; accepted: 0 to 100",
        "<scenario>:10:91: ActivationState: 'enabled' is not accepted; did you mean 'Enabled'?",
    ]


def test_combinations_without_meaning_are_refused() -> None:
    section = quota(Count=1, Accelerators=2)
    resources = section["ComputeQuotaConfig"]["ComputeQuotaResources"]
    resources.append({"InstanceType": "ml.c5.large", "Accelerators": 1})
    partition = {"Type": "mig-1g.5gb", "Count": 1}
    resources.append({"InstanceType": "ml.p5.48xlarge", "AcceleratorPartition": partition})
    with pytest.raises(InputError) as caught:
        governed(section, quota(Count=1))
    where = "policy.hyperpod.computeQuotas"
    inside = f"{where}[0].ComputeQuotaConfig.ComputeQuotaResources"
    profiles = "mig-1g.10gb, mig-1g.20gb, mig-2g.20gb, mig-3g.40gb, mig-4g.40gb, mig-7g.80gb"
    assert [str(mistake) for mistake in caught.value.mistakes][:4] == [
        f"{inside}[0].Count: Count (whole instances) and Accelerators exclude each other",
        f"{inside}[1].Accelerators: ml.c5.large has no accelerators",
        f"{inside}[2].AcceleratorPartition.Type: ml.p5.48xlarge has no MIG profile 'mig-1g.5gb'; accepted: {profiles}",
        f"{where}[1].ComputeQuotaTarget.TeamName: a second compute quota for team 'a'",
    ]


def test_other_commands_are_passed_over_by_name_and_unknown_operations_are_mistakes() -> None:
    commands = """\
        aws sagemaker list-compute-quotas
        kubectl get clusterqueues
        aws s3 ls
        """
    loaded = scenario_from_text(scenario(dedent(commands)))
    assert [one for one in loaded.warnings if "passed over" in one] == [
        "passed over in the commands of HyperPod: kubectl get, aws s3"
    ]
    assert mistakes_of(scenario("aws sagemaker create-compute-quotas --name x\n")) == [
        "<scenario>:6:21: the operation 'create-compute-quotas' is not read; did you mean 'create-compute-quota'?",
    ]


def test_files_with_commands_json_answers_and_templates_are_included(tmp_path: Path) -> None:
    (tmp_path / "policy.sh").write_text(POLICY_COMMAND)
    (tmp_path / "quotas.json").write_text(
        '{"ComputeQuotaSummaries": [{"Name": "q", "ComputeQuotaArn": "arn", "ComputeQuotaId": "abcdefghijkl",'
        '"ComputeQuotaConfig": {"ComputeQuotaResources": [{"InstanceType": "ml.g5.12xlarge", "Count": 1,'
        '"Accelerators": 4, "VCpu": 48.0}]}, "ComputeQuotaTarget": {"TeamName": "listed"}}]}'
    )
    (tmp_path / "template.yaml").write_text(
        dedent("""\
        Resources:
          Quota:
            Type: AWS::SageMaker::ComputeQuota
            Properties:
              ComputeQuotaConfig: {ComputeQuotaResources: [{InstanceType: ml.g5.8xlarge, Count: 1}]}
              ComputeQuotaTarget: {TeamName: templated}
        """)
    )
    (tmp_path / "config.json").write_text('{"ComputeQuotaResources": [{"InstanceType": "ml.g5.8xlarge", "Count": 3}]}')
    (tmp_path / "more.sh").write_text(
        "export ARN=arn:aws:sagemaker:us-west-2:123456789012:cluster/abcdefghijkl\n"
        "aws sagemaker create-compute-quota --name=q2 --cluster-arn $ARN --compute-quota-config file://config.json "
        '--compute-quota-target \'{"TeamName": "filed"}\' --tags Key=a,Value=b Key=c,Value=d\n'
    )
    file = tmp_path / "s.yaml"
    file.write_text(
        "apiVersion: kueue-sim/v1\nkind: Scenario\n"
        "policy: {hyperpod: {include: [policy.sh, quotas.json, template.yaml, more.sh]}}\n"
    )
    policy = load_scenario(file).policy
    first = [queue.resource_groups[0].flavors[0] for queue in policy.cluster_queues]
    assert (
        [queue.name for queue in policy.cluster_queues],
        [(flavor.name, dict(flavor.resources)[GPU].nominal) for flavor in first],
        [item.name for item in policy.priority_classes],
    ) == (
        [f"hyperpod-ns-{team}-clusterqueue" for team in ("listed", "templated", "filed")],
        [(G5, 4), ("ml.g5.8xlarge", 1), ("ml.g5.8xlarge", 3)],
        ["training-priority"],
    )


def test_the_strategy_borrow_is_taken_with_a_note() -> None:
    loaded = governed(quota(sharing={"Strategy": "Borrow"}, Count=1), quota("b", Count=1))
    assert loaded.warnings == (
        "team a: strategy Borrow is taken as borrowing without lending; the service would refuse it "
        "(it accepts Lend, DontLend and LendAndBorrow)",
    )


def test_the_example_of_the_guide_is_refused_where_the_client_refuses_it() -> None:
    resources = {"InstanceType": "ml.g5.24xlarge", "Accelerators": "16", "vCpu": "200.0", "MemoryInGiB": "2.0"}
    section = quota()
    section["ComputeQuotaConfig"]["ComputeQuotaResources"] = [resources]
    with pytest.raises(InputError) as caught:
        governed(section)
    where = "policy.hyperpod.computeQuotas[0].ComputeQuotaConfig.ComputeQuotaResources[0]"
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        f"{where}.vCpu: unknown field 'vCpu'; did you mean 'VCpu'?",
        f"{where}.Accelerators: '16' is not a whole number, write it without quotes",
        f"{where}.MemoryInGiB: '2.0' is not a number, write it without quotes",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "Count=1",
            "Accelerators=0.5",
            "ComputeQuotaConfig.ComputeQuotaResources[0].Accelerators: 0.5 is not a whole number; a share of a device "
            "is an AcceleratorPartition",
        ),
        (
            "[{InstanceType=ml.g5.8xlarge,Count=1}]",
            "{InstanceType=ml.g5.8xlarge,Count=1}",
            "ComputeQuotaConfig.ComputeQuotaResources: a list is put in brackets: ComputeQuotaResources=[{…}]",
        ),
        (
            '}]"',
            '}],ResourceSharingConfig={Strategy=LendAndBorrow,BorrowLimit=-1}"',
            "ComputeQuotaConfig.ResourceSharingConfig.BorrowLimit: -1 is out of range; accepted: 0 to 10000",
        ),
        (
            '}]"',
            '}],PreemptTeamTasks=Any"',
            "ComputeQuotaConfig.PreemptTeamTasks: 'Any' is not accepted; accepted: LowerPriority, Never",
        ),
        (
            "'<arn>'",
            "arn:aws:eks:us-west-2:123456789012:cluster/x",
            "ClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/x' is not accepted; that is the EKS cluster; "
            "example: arn:aws:sagemaker:us-west-2:123456789012:cluster/abcdefghijkl",
        ),
        (
            "TeamName=a",
            "TeamName=Vision",
            "ComputeQuotaTarget.TeamName: 'Vision' is not accepted; small letters, digits and hyphens between them; "
            "example: team-a",
        ),
    ],
)
def test_the_one_right_mistake_is_told(old: str, new: str, message: str) -> None:
    found = mistakes_of(scenario(RIGHT.replace(old, new)))
    assert [one.split(": ", 1)[1] for one in found] == [message]


def test_a_second_quota_of_a_team_or_class_of_a_name_is_one_mistake() -> None:
    twice = RIGHT + RIGHT.replace("--name q", "--name r")
    assert [one.split(": ", 1)[1] for one in mistakes_of(scenario(twice))] == [
        "ComputeQuotaTarget.TeamName: a second compute quota for team 'a'"
    ]
    policy = "aws sagemaker create-cluster-scheduler-config --name p --cluster-arn '<arn>' --scheduler-config "
    classes = "'PriorityClasses=[{Name=a,Weight=1},{Name=a,Weight=2}]'"
    assert [one.split(": ", 1)[1] for one in mistakes_of(scenario(policy + classes))] == [
        "SchedulerConfig.PriorityClasses[1].Name: a second priority class 'a'"
    ]


@pytest.mark.parametrize("status", ["Deleted", "CreateFailed", "CreateRollbackFailed"])
def test_what_the_service_lists_and_is_not_in_force_is_left_out_with_a_warning(tmp_path: Path, status: str) -> None:
    listed = [{**quota("a", Count=1), "Name": "one"}, {**quota("b", Count=1), "Name": "two", "Status": status}]
    (tmp_path / "list.json").write_text(json.dumps({"ComputeQuotaSummaries": listed, "NextToken": "more"}))
    loaded = scenario_from_dict(
        {"apiVersion": "kueue-sim/v1", "kind": "Scenario", "policy": {"hyperpod": {"include": ["list.json"]}}},
        folder=tmp_path,
    )
    assert ([one.name for one in loaded.policy.cluster_queues], loaded.warnings[:2]) == (
        ["hyperpod-ns-a-clusterqueue"],
        (
            f"left out, its Status is {status}: two",
            "an answer of the service has a NextToken: what comes after it is missing (no --max-items lists all)",
        ),
    )
