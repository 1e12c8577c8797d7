"""What else may happen in a random world: places in topologies, admission checks, pods that take their time or are
given back, elastic jobs, limits of time, and changes of quotas and of work while it waits and runs."""

from random import Random
from typing import Any

from benchmarks.worlds.kinds import HOST, RACK, changing, objects

Document = dict[str, Any]
PLACES = (
    None,
    {"required": RACK},
    {"preferred": RACK},
    {"required": HOST},
    {"preferred": HOST},
    {"unconstrained": True},
)


def with_lives(document: Document, random: Random) -> None:
    """Some of all this, each in about every third world; topologies in every second one."""
    placed = random.random() < 0.5
    if placed:
        _place(document, random)
    for happens in (_check, _make_ready, _give_back, _limit, _change_work):
        if random.random() < 0.35:
            happens(document, random)
    if random.random() < 0.35:
        changing(document, random)
    if random.random() < 0.35:
        _grow(document, random, placed)


def _place(document: Document, random: Random) -> None:
    """Racks of two nodes for each flavor of a topology, beside flavors without one; pods want to be close, or do not
    say. In some worlds quota alone decides beside them: no pods are put on nodes."""
    topology = {"kind": "Topology", "metadata": {"name": "racks"}}
    document["policy"]["objects"].append({**topology, "spec": {"levels": [{"nodeLabel": RACK}, {"nodeLabel": HOST}]}})
    pools = []
    for number, flavor in enumerate(objects(document, "ResourceFlavor")):
        flavor["spec"] = {"nodeLabels": {"pool": f"p{number}"}}
        if number == 0 or random.random() < 0.7:
            flavor["spec"]["topologyName"] = "racks"
        amounts = {"nvidia.com/gpu": random.randint(1, 4), "cpu": random.randint(2, 6), "memory": random.randint(2, 6)}
        racks = {"count": random.randint(1, 5), "topology": [{"label": RACK, "nodes": 2}]}
        pools.append({"name": f"p{number}", "labels": {"pool": f"p{number}"}, "resources": amounts, **racks})
    document["cluster"] = {"nodePools": pools}
    if random.random() < 0.5:
        document["placement"] = "none"
    for one in document["workloads"]:
        for pods in one.get("podSets", [one]):
            wish = random.choice(PLACES)
            if wish is None:
                continue
            pods["topology"] = dict(wish)
            if "unconstrained" not in wish and random.random() < 0.3:
                pods["topology"] |= {"sliceLevel": HOST, "sliceSize": pods["pods"]}
                one.pop("minPods", None)


def _check(document: Document, random: Random) -> None:
    """One check or two for some queues, which answer late, ask to try again, or reject."""
    names = ["one", "other"][: random.randint(1, 2)]
    spec = {"controllerName": "example.com/check"}
    document["policy"]["objects"] += [
        {"kind": "AdmissionCheck", "metadata": {"name": one}, "spec": spec} for one in names
    ]
    for queue in objects(document, "ClusterQueue"):
        if random.random() < 0.6:
            queue["spec"]["admissionChecksStrategy"] = {"admissionChecks": [{"name": one} for one in names]}
    found = []
    for name in names:
        for workload in random.sample(document["workloads"], k=len(document["workloads"]) // 3):
            answers: list[Document] = []
            for _ in range(random.randint(1, 2)):
                state = random.choice(("Ready", "Ready", "Retry", "Rejected"))
                answers.append({"state": state, "after": f"{random.randint(0, 5)}s"})
                if state == "Retry" and random.random() < 0.5:
                    answers[-1]["requeueAfter"] = f"{random.randint(0, 9)}s"
            answers.append({"after": f"{random.randint(0, 5)}s"})
            found.append({"check": name, "workload": workload["name"], "answers": answers})
    document["admissionChecks"] = found


def _make_ready(document: Document, random: Random) -> None:
    """Pods that get ready late or never, within a time that Kueue waits for."""
    rules: Document = {
        "timeout": f"{random.randint(3, 9)}s",
        "requeuingStrategy": {"backoffBaseSeconds": random.randint(1, 5)},
    }
    if random.random() < 0.5:
        rules["requeuingStrategy"]["backoffLimitCount"] = random.randint(0, 2)
    if random.random() < 0.2:
        rules["blockAdmission"] = True
    document.setdefault("kueue", {}).setdefault("configuration", {})["waitForPodsReady"] = rules
    for one in document["workloads"]:
        if random.random() < 0.5:
            times = [random.choice(("never", "0s", "2s", "4s", "12s")) for _ in range(random.randint(1, 3))]
            one["podsReady"] = times


def _give_back(document: Document, random: Random) -> None:
    """Work that needs fewer pods after a while."""
    for one in document["workloads"]:
        if "podSets" not in one and random.random() < 0.4:
            one["reclaimable"] = [{"after": f"{random.randint(1, 8)}s", "pods": random.randint(1, one["pods"])}]


def _limit(document: Document, random: Random) -> None:
    """Work that may take only so long."""
    for one in document["workloads"]:
        if random.random() < 0.3:
            one["maxExecutionTime"] = f"{random.randint(1, 9)}s"


def _change_work(document: Document, random: Random) -> None:
    """Work gets another priority, is deactivated and activated again, or deleted."""
    timeline = document.setdefault("timeline", [])
    for _ in range(random.randint(1, 6)):
        name, at = random.choice(document["workloads"])["name"], random.randint(0, 25)
        action: Document = {"at": f"{at}s", "do": random.choice(("priority", "deactivate", "delete")), "workload": name}
        if action["do"] == "priority":
            action["priority"] = random.randint(0, 4)
        timeline.append(action)
        if action["do"] == "deactivate" and random.random() < 0.7:
            timeline.append({"at": f"{at + random.randint(1, 9)}s", "do": "activate", "workload": name})


def _grow(document: Document, random: Random, placed: bool) -> None:
    """Bigger slices that take the place of work, as elastic jobs have them when they grow."""
    gates = document.setdefault("kueue", {}).setdefault("featureGates", {})
    gates |= {"ElasticJobsViaWorkloadSlices": True, "ElasticJobsViaWorkloadSlicesWithTAS": placed}
    for one in list(document["workloads"]):
        if "podSets" in one or "minPods" in one or random.random() < 0.6:
            continue
        one.pop("topology", None)
        if placed and random.random() < 0.5:
            one["topology"] = {"unconstrained": True}
        document["workloads"].append(_slice_after(one, random))


def _slice_after(one: Document, random: Random) -> Document:
    """The entry of the next slice of a job, which comes some seconds after it."""
    requests = {"resources": {"requests": {name: str(amount) for name, amount in one["requests"].items()}}}
    pods: Document = {"name": "main", "count": one["pods"] + random.randint(0, 2)}
    pods["template"] = {"spec": {"containers": [{"name": "c", "image": "i", **requests}], "restartPolicy": "Never"}}
    if "topology" in one:
        pods["topologyRequest"] = one["topology"]
    meta = {
        "name": f"{one['name']}-next",
        "namespace": "default",
        "annotations": {
            "kueue.x-k8s.io/elastic-job": "true",
            "kueue.x-k8s.io/workload-slice-replacement-for": f"default/{one['name']}",
        },
    }
    spec = {"queueName": one["queue"], "priority": one.get("priority", 0), "podSets": [pods]}
    head = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "Workload", "metadata": meta, "spec": spec}
    at_s = int(one["submit"][:-1]) + random.randint(1, 6)
    return {"manifest": head, "submit": f"{at_s}s", "runtime": f"{random.randint(1, 15)}s"}
