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
# # The lab story: who gets the GPU, and why
#
# Two teams share two GPUs. Team A owns one and may borrow; team B owns two. That is three GPUs of quota on two GPUs of
# hardware, as in the introductory lab of HyperPod task governance. We replay the lab from the very commands it prints,
# see what happens and why, and end with a decision about quotas.

# %%
from pathlib import Path

import kueue_sim

scenarios = next(folder / "scenarios" for folder in (Path.cwd(), Path.cwd().parent) if (folder / "scenarios").is_dir())
lab = kueue_sim.load_scenario(scenarios / "lab-option-1.yaml")
result = kueue_sim.run(lab)
result

# %% [markdown]
# Team A held more than its quota and lost some work; team B lent. One picture says when.

# %%
_ = result.plot.gantt()
# %% [markdown]
# Team A's job starts on its own GPU and a borrowed one. After ten minutes team B wants its two GPUs back: the job is
# preempted (the cross) and waits (the thin line). Priorities play no part, as its own story shows:

# %%
print(result.explain("imagenet-gpu-team-a-1"))

# %% [markdown]
# ## Two ways out
#
# Three GPUs are promised and two exist. Either promise only what there is: one GPU for each team. Or keep the promise and
# let team A's job keep what it has done, with a checkpoint every five minutes. Each is one line of change.


# %%
def variant(*changes):
    return kueue_sim.run(kueue_sim.load_scenario(scenarios / "lab-option-1.yaml", changes))


outcomes = {
    "as in the lab": result,
    "one GPU each": variant("clusterQueues.team-b.nvidia.com/gpu.nominalQuota=1"),
    "checkpoints": variant("workloads[0].checkpointEvery=5m"),
}
for name, outcome in outcomes.items():
    a, b = outcome.teams
    started = "starts at once" if b.waits.number else "never starts"
    done = outcome.workloads.ended_s[0] / 3600
    print(f"{name:>14}: A is done after {done:.2f} h and loses {a.lost_hours:.2f} GPU-hours; B {started}")

# %%
_ = outcomes["one GPU each"].plot.gantt()
# %% [markdown]
# ## Decision
#
# Promising only what exists protects team A completely (done after 1.67 h instead of 2.33 h), and team B pays for it: it has
# to borrow as well, waits behind team A's job and its owner gives up. **Keep the quotas of the lab and let long jobs write
# checkpoints.** Team B still gets its GPUs at once, and a preemption costs team A half an hour of waiting (done after 2.17 h)
# and none of the 0.33 GPU-hours that it loses today.

# %%
assert [outcome.total.preempted for outcome in outcomes.values()] == [1, 0, 1]
assert [round(outcome.total.lost_hours, 2) for outcome in outcomes.values()] == [0.33, 0.0, 0.0]
