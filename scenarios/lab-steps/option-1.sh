#!/bin/bash
# HyperPod task governance, the introductory lab, option 1, by its own commands.
aws eks create-addon --region $AWS_REGION --cluster-name $EKS_CLUSTER_NAME \
    --addon-name amazon-sagemaker-hyperpod-taskgovernance

export choice=1
./setup.sh
cd g5.8xlarge

# Job 1: team A runs on one GPU more than it owns.
kubectl apply -f 1-imagenet-gpu-team-a.yaml --namespace hyperpod-ns-team-a
kubectl get pods -n hyperpod-ns-team-a
sleep 10m

# Job 2: team B takes back what it owns.
kubectl apply -f 2-imagenet-gpu-team-b-higher-prio.yaml --namespace hyperpod-ns-team-b
kubectl logs imagenet-gpu-team-b-2-worker-0 --namespace hyperpod-ns-team-b
sleep 30m

# Team A resumes.
kubectl delete -f 2-imagenet-gpu-team-b-higher-prio.yaml
