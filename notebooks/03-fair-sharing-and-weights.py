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
# # Fair sharing and weights: who gets the GPUs that nobody owns?
#
# Three teams own two GPUs each, and all have more work than that. Ten more GPUs belong to a queue that is idle, so they
# are there to be borrowed. Under fair sharing Kueue hands them out by *weighted share*: what a team borrows, divided by
# its weight; the lowest goes first. Gold counts three times, silver twice, bronze once.

# %%
from pathlib import Path

import pandas as pd

import kueue_sim

scenarios = next(folder / "scenarios" for folder in (Path.cwd(), Path.cwd().parent) if (folder / "scenarios").is_dir())
file = scenarios / "fair-sharing-weights.yaml"
weighted = kueue_sim.run(kueue_sim.load_scenario(file))
weighted

# %% [markdown]
# Bronze and silver come first and borrow everything. Gold arrives an hour later, and as jobs end it is served first until
# the weighted shares meet:

# %%
_ = weighted.plot.shares()

# %%
_ = weighted.plot.utilisation()

# %% [markdown]
# ## The same work under three policies
#
# Equal weights share the idle GPUs evenly. Without fair sharing the queue that asks first keeps what it borrowed.

# %%
policies = {
    "weights 3:2:1": weighted,
    "equal weights": kueue_sim.run(
        kueue_sim.load_scenario(file, ["clusterQueues.team-gold.weight=1", "clusterQueues.team-silver.weight=1"])
    ),
    "no fair sharing": kueue_sim.run(kueue_sim.load_scenario(file, ["settings.fairSharing.enable=false"])),
}
teams = ["team-gold", "team-silver", "team-bronze"]
busy = range(2 * 3600, 6 * 3600)  # seconds: all three teams have work from the second to the sixth hour


def borrowed(result):
    """GPUs borrowed on average while all three teams have work."""
    changes = result.usage.astype({"cluster_queue": str}).pivot(index="t_s", columns="cluster_queue", values="borrowed")
    return changes.ffill().reindex(busy, method="ffill")[teams].mean()


pd.DataFrame({name: borrowed(result) for name, result in policies.items()}).round(2)

# %% [markdown]
# And what it means for waiting, in minutes (95 % of a team's jobs waited at most so long), and for work lost to preemption:

# %%
pd.DataFrame(
    {
        name: {team.cluster_queue: (team.waits.p95_s or 0) / 60 for team in result.teams if team.workloads}
        for name, result in policies.items()
    }
).round(0).astype(int)

# %%
pd.Series({name: result.total.lost_hours for name, result in policies.items()}, name="GPU-hours lost").round(2)

# %% [markdown]
# ## Decision
#
# Weights do what they promise: of ten idle GPUs gold, silver and bronze get 5, 3 and 2, which is 3 : 2 : 1 within whole jobs,
# and 0.1 GPU-hours are lost on the way, because running work is preempted only where that brings shares closer. **Keep fair
# sharing with weights, and set them by importance.** Without it, arriving an hour late leaves the most important team 0.1 of
# ten GPUs.

# %%
ratios = {name: borrowed(result)["team-gold"] / borrowed(result)["team-bronze"] for name, result in policies.items()}
assert ratios["weights 3:2:1"] > 1.8 > ratios["equal weights"]
assert borrowed(weighted).round(1).to_list() == [5.0, 3.0, 2.0]
assert borrowed(policies["no fair sharing"])["team-gold"].round(1) == 0.1
