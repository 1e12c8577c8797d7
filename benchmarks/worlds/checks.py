"""What is asked of the run of a world, kind by kind; the answer says in words what is broken, and is empty else."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random

from kueue_sim.engine import Run
from kueue_sim.engine.simulate import simulation
from kueue_sim.engine.simulation import Simulation
from kueue_sim.model import Scenario
from kueue_sim.policytest import properties

Check = Callable[[Scenario, Run], list[str]]
_GPU = "nvidia.com/gpu"
_DECISIONS = ("QuotaReserved", "Admitted", "Preempted", "Evicted", "Requeued", "Finished", "Deleted", "Deactivated")
_PODS = re.compile(r"([\w.-]+)(?: \((\d+)\))?")


def decides_the_same_the_long_way(scenario: Scenario, run: Run) -> list[str]:
    """Without any shortcut every fact, state, reason and message is the same."""
    slow = simulation(scenario, shortcuts=False).run()
    if (slow.left, slow.pending) != (run.left, run.pending):
        return ["without shortcuts it ends in other states"]
    if slow.facts.rows == run.facts.rows and list(slow.facts.texts) == list(run.facts.texts):
        return []
    pairs = zip(slow.facts, run.facts, strict=False)
    first = next((f"{fact} becomes {other}" for fact, other in pairs if fact != other), "more or fewer facts")
    return [f"without shortcuts: {first}"] if list(slow.facts) != list(run.facts) else []


def goes_on_after_a_stop(scenario: Scenario, run: Run) -> list[str]:
    """Stopped at a random instant and begun anew from its state, it decides what the run decided.

    Runs that never settle are left out, and those stopped within a flavor scan: how often their round was played before
    and where the scan goes on are no part of a cluster's state.
    """
    if run.standstills or run.counted:
        return []
    last_ms = run.facts[-1].at_ms if run.facts else 0
    at_ms = Random(f"{scenario.digest}:{len(run.facts)}:{last_ms}").randrange(1 + last_ms)
    base_ms = at_ms // 1000 * 1000
    stopped = Simulation(scenario)
    present = stopped.present(at_ms)
    if stopped.scans_flavors:
        return []
    later = [one._replace(created_ms=one.created_ms - base_ms) for one in scenario.workloads if one.created_ms > at_ms]
    onward = Simulation(replace(present, workloads=(*present.workloads, *later))).run()
    expected, found = _decisions(run, at_ms, 0), _decisions(onward, at_ms, base_ms)
    if expected == found:
        return []
    differ = sorted(set(expected) ^ set(found))
    return [f"stopped at {at_ms} ms it goes on differently: {differ[0] if differ else 'more than once'}"]


def _decisions(run: Run, after_ms: int, shift_ms: int) -> list[str]:
    """Everything decided later than an instant; times count from the start of the uninterrupted run."""
    found = (fact._replace(at_ms=fact.at_ms + shift_ms) for fact in run.facts if fact.type in _DECISIONS)
    return sorted(str(fact) for fact in found if fact.at_ms > after_ms)


def no_node_holds_more_than_it_has(scenario: Scenario, run: Run) -> list[str]:
    """GPUs of running pods never exceed those of their node, and pools keep their size, by what the facts say."""
    sizes = {pool.name: pool for pool in scenario.node_pools}
    has = scenario.nodes[0].allocatable[_GPU] if scenario.nodes else scenario.node_pools[0].nodes[0].allocatable[_GPU]
    per_pod = {one.key: one.pod_sets[0].requests.get(_GPU, 0) for one in scenario.workloads}
    there = {node.name for node in scenario.nodes}
    held: dict[str, Counter[str]] = {}
    found = []
    for fact in run.facts:
        if fact.type == "Started":
            pods = (match for part in fact.message.split(", ") if (match := _PODS.fullmatch(part)))
            held[fact.workload] = Counter({pod[1]: int(pod[2] or 1) * per_pod[fact.workload] for pod in pods})
            full = sum(held.values(), Counter())
            found += [f"{fact}: {node} holds {used} of {has}" for node, used in full.items() if used > has]
            found += [f"{fact}: there is no node {node}" for node in held[fact.workload] if node not in there]
        elif fact.type in ("Interrupted", "Finished", "Preempted", "Evicted", "Deleted"):
            held.pop(fact.workload, None)
        elif fact.type == "Node" and fact.reason == "add-nodes":
            there |= {name.strip() for name in fact.message.split(",")}
            for name, pool in sizes.items():
                many = sum(node.rpartition("-")[0] == name for node in there)
                found += [f"{fact}: {many} nodes, {len(pool.nodes)} at most"] if many > len(pool.nodes) else []
        elif fact.type == "Node" and fact.reason == "remove-node":
            there -= {fact.message}
            found += [f"{fact}: {key} runs there" for key, nodes in held.items() if fact.message in nodes]
    return found


def no_domain_holds_more_than_it_has(scenario: Scenario, run: Run) -> list[str]:
    """The hosts of all topology assignments have what their pods request, and required levels are one domain."""
    has = {node.labels["kubernetes.io/hostname"]: node for node in scenario.nodes}
    pods = {one.key: one.pod_sets[0] for one in scenario.workloads}
    held: dict[str, Counter[tuple[str, str]]] = {}
    found = []
    for fact in run.facts:
        if fact.type == "Admitted":
            shape, takes = pods[fact.workload], Counter[tuple[str, str]]()
            for given in fact.pod_sets:
                domains = () if given.topology is None else given.topology.domains
                if sum(domain.count for domain in domains) != given.count:
                    found.append(f"{fact}: not every pod has a place")
                for domain in domains:
                    takes.update({(domain.values[-1], name): n * domain.count for name, n in shape.requests.items()})
                required = None if shape.topology is None else shape.topology.required
                if required and len({has[one.values[-1]].labels[required] for one in domains}) > 1:
                    found.append(f"{fact}: more than one {required}")
            held[fact.workload] = takes
            for (host, resource), used in sum(held.values(), Counter[tuple[str, str]]()).items():
                if used > has[host].allocatable[resource]:
                    found.append(f"{fact}: {host} holds {used} of {has[host].allocatable[resource]} {resource}")
        elif fact.type in ("Preempted", "Evicted", "Finished", "Deleted"):
            held.pop(fact.workload, None)
    return found


_QUOTA: tuple[Check, ...] = (
    properties.decisions_are_sound,
    properties.no_queue_beyond_its_borrowing_limit,
)
POLICY: tuple[Check, ...] = (
    *_QUOTA,
    properties.owners_reach_their_quota,
    properties.no_idle_quota_beside_work_that_fits,
)
"""Where nothing but quota decides, and nobody changes it."""
CHANGES: tuple[Check, ...] = (properties.decisions_are_sound,)
AUTOSCALED: tuple[Check, ...] = (*_QUOTA, no_node_holds_more_than_it_has)
TOPOLOGY: tuple[Check, ...] = (*_QUOTA, no_domain_holds_more_than_it_has)
