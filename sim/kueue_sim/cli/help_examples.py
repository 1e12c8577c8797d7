"""Which command lines does each ``--help`` show? Those with an example of the package run as they stand, anywhere; the
others name the files of a cluster."""

from collections.abc import Mapping

_MORE = "clusterQueues.team-a.nvidia.com/gpu.nominalQuota"
HELP_EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "run": (
        "kueue-sim run --example lab-option-1",
        f"kueue-sim run --example borrow-and-reclaim --set {_MORE}=12",
        "kueue-sim run --example topology --until 2h --format json",
    ),
    "check": ("kueue-sim check --example quota-above-capacity", "kueue-sim check --example gang-starves --format json"),
    "explain": (
        "kueue-sim explain --example lab-option-1 imagenet-gpu-team-a-1",
        "kueue-sim explain --example topology tight-2",
    ),
    "compare": (
        f"kueue-sim compare --example two-busy-teams '{_MORE}+=4' --seeds 3 --until 1d",
        "kueue-sim compare --example two-busy-teams 'move: team-b -> team-a 4' --metric team-a.wait.p95 --until 1d",
    ),
    "sweep": (f"kueue-sim sweep --example two-busy-teams --grid {_MORE}=8..16:4 --until 1d --format csv",),
    "cost": ("kueue-sim cost --example lab-option-1",),
    "backtest": (
        "kubectl get workloads -A -o json --watch --output-watch-events > stream.jsonl",
        "kueue-sim backtest stream.jsonl policy.json",
    ),
    "advise": (
        f"kueue-sim advise --example two-busy-teams --objective 'team-a.wait.p95 <= 6h' --vary {_MORE}=8,12 --until 1d",
    ),
    "forecast": ("kueue-sim forecast --example two-busy-teams --at 1d --seeds 5 --ahead 1d",),
    "admit": (
        "kueue-sim admit --example two-busy-teams '{team: team-a, requests: {nvidia.com/gpu: 8}}'",
        "kueue-sim admit now.yaml '{team: team-a, requests: {nvidia.com/gpu: 8}}' --format json",
    ),
    "fit": ("kueue-sim fit --example two-busy-teams",),
    "upgrade": (
        "kueue-sim upgrade --example lab-option-1 --from 0.16.4 --to 0.19.2 --no-trials",
        "kueue-sim upgrade now.yaml --from 0.16.4 --to 0.19.2",
    ),
    "explore": (
        "kueue-sim explore --example two-busy-teams --until 1d",
        "kueue-sim explore --example lab-option-1 --port 8400 --no-open",
    ),
    "mcp": ("kueue-sim mcp",),
    "test": ("kueue-sim test", "kueue-sim test policies/ -k reclaim --format junit"),
    "import": (
        "kubectl get -A -o json clusterqueues,localqueues,resourceflavors,workloads,nodes > cluster.json",
        "kueue-sim import cluster.json --runtime 2h -o now.yaml",
    ),
    "convert": ("kueue-sim convert --example lab-option-1",),
    "schema": ("kueue-sim schema > scenario.schema.json", "kueue-sim schema --markdown"),
    "example": (
        "kueue-sim example",
        "kueue-sim example lab-option-1 > lab.yaml",
        "kueue-sim example borrow-and-reclaim -o my-scenarios",
    ),
    "metrics": ("kueue-sim metrics", "kueue-sim metrics --format csv"),
    "paths": ("kueue-sim paths --example lab-option-1 --given",),
    "completion": ("kueue-sim completion bash",),
}


def epilog(command: str) -> str | None:
    """The end of the help of ``command``, as click wants it; None when there are no examples."""
    lines = HELP_EXAMPLES.get(command, ())
    return "\b\nExamples:\n" + "\n".join(f"  $ {line}" for line in lines) if lines else None


__all__ = ["HELP_EXAMPLES", "epilog"]
