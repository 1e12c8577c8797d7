# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your cluster in five minutes
#
# When does my pending job start, and what happens if I change this quota now? Two lines give a scenario that begins with
# the cluster as it is at this moment:
#
# ```sh
# kubectl get -A -o json clusterqueues,cohorts,localqueues,resourceflavors,topologies,admissionchecks,\
# workloadpriorityclasses,workloads,namespaces,limitranges,runtimeclasses,nodes,pods > cluster.json
# kueue-sim import cluster.json -o now.yaml
# ```
#
# Here the dump is one of a made-up cluster: teams *research* and *product* own 16 GPUs each and may not borrow.

# %%
import subprocess
import sys
from pathlib import Path

import kueue_sim

scenarios = next(folder / "scenarios" for folder in (Path.cwd(), Path.cwd().parent) if (folder / "scenarios").is_dir())
dump = scenarios / "your-cluster" / "cluster.json.gz"
command = [sys.executable, "-m", "kueue_sim.cli", "import", str(dump), "-o", "now.yaml"]
print(subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr)

# %% [markdown]
# Nothing was submitted anew: what runs holds what it holds and has run as long as it has run, what waits has its age. What
# has finished is history: run times and arrivals are learned from it.
#
# ## When does it start?

# %%
waiting = kueue_sim.forecast("now.yaml", explain=False, seeds=50)
hours = waiting.table.set_index("workload")[["p10_s", "p50_s", "p90_s"]] / 3600
hours.round(1)

# %% [markdown]
# The last eight-GPU job of *research* probably starts only in half a day. Why, and what would let it start now?

# %%
last = hours["p90_s"].idxmax()
kueue_sim.forecast("now.yaml", [last], seeds=50)

# %% [markdown]
# ## What if, from now?
#
# Three ways to help *research*, each from the very state of the cluster, under ten futures that are the same for all:
# borrow what *product* does not use, get four of its GPUs for good, or get four new ones.

# %%
path = "clusterQueues.{}.nvidia.com/gpu.{}"
changes = {
    "borrow": [path.format("research", "borrowingLimit") + "=8"],
    "take 4": [path.format("research", "nominalQuota") + "=20", path.format("product", "nominalQuota") + "=12"],
    "buy 4": [path.format("research", "nominalQuota") + "=20"],
}
compared = kueue_sim.compare("now.yaml", changes, metrics=["delay.mean"], seeds=10)
compared

# %% [markdown]
# ## Decision

# %%
decided = compared.table.pivot(index="variant", columns="team", values="difference").loc[list(changes)] / 3600
decided.round(1)

# %% [markdown]
# **Let *research* borrow.** That costs nothing and takes most off everybody's mean delay, 3.0 hours, at eight minutes for
# *product*, whose GPUs may then be in use when its next job comes. Where that is not acceptable, four new GPUs take off
# 2.4 hours and harm nobody; taking four from *product* is the worst of the three: 2.0 hours, and 1.2 more for *product*.

# %%
assert decided["total"].round(1).to_list() == [-3.0, -2.0, -2.4]
assert (decided["product"] * 60).round().to_list() == [8, 74, 0]
