#!/bin/bash
# Cluster policy and quotas of the lab: setup.sh 1 for ml.g5.8xlarge, setup.sh 2 for ml.g5.12xlarge.
set -e

CLUSTER_ARN=$(aws sagemaker list-clusters --query "ClusterSummaries[0].ClusterArn" --output text | head -1)
if [ -z "$CLUSTER_ARN" ]; then
    echo "[ERROR] no HyperPod cluster"
    exit 1
fi

case $choice in
    1)
        TEAM_A_CONFIG="ComputeQuotaResources=[{InstanceType=ml.g5.8xlarge,Count=1}]"
        TEAM_B_CONFIG="ComputeQuotaResources=[{InstanceType=ml.g5.8xlarge,Count=2}]"
        ;;
    2)
        TEAM_A_CONFIG="ComputeQuotaResources=[{InstanceType=ml.g5.12xlarge,Accelerators=2}]"
        TEAM_B_CONFIG="ComputeQuotaResources=[{InstanceType=ml.g5.12xlarge,Count=2}]"
        ;;
    *)
        echo "1 or 2"
        exit 1
        ;;
esac

SHARING="ResourceSharingConfig={Strategy=LendAndBorrow,BorrowLimit=100},PreemptTeamTasks=LowerPriority"
EXISTING=$(aws sagemaker list-cluster-scheduler-configs --query "ClusterSchedulerConfigSummaries[0].Name" --output text)
if [ "$EXISTING" != "None" ] && [ ! -z "$EXISTING" ]; then
    echo "The cluster policy is there already."
elif aws sagemaker create-cluster-scheduler-config \
    --name "example-cluster-scheduler-config" \
    --cluster-arn "$CLUSTER_ARN" \
    --scheduler-config "PriorityClasses=[{Name=inference,Weight=90},{Name=experimentation,Weight=80},{Name=fine-tuning,Weight=50},{Name=training,Weight=70}],FairShare=Enabled" >/dev/null 2>&1; then
    echo "The cluster policy is created."
else
    exit 1
fi

create_quota() {
    aws sagemaker create-compute-quota \
        --name "$1" \
        --cluster-arn "$CLUSTER_ARN" \
        --compute-quota-config "$2,$SHARING" \
        --activation-state "Enabled" \
        --compute-quota-target "TeamName=$3,FairShareWeight=100"
}
create_quota Team-A-Quota-Allocation "$TEAM_A_CONFIG" team-a
create_quota Team-B-Quota-Allocation "$TEAM_B_CONFIG" team-b
