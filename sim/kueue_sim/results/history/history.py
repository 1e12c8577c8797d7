"""What became of every workload, and what each ClusterQueue held, ran and had waiting, all as arrays.

Quota is held from *QuotaReserved* (or *Admitted*, when no checks stand between) until *Requeued*, *Finished*, *Deleted*
or *Deactivated*: an evicted workload holds it until its pods are gone. Pods that need no quota any more shrink what is
held (*Resized*). Work runs from *Started* until evicted, finished or deleted, or until pods of a gang die with their
node (*Interrupted*). A run without nodes has no Started facts: work begins when its pods are ready, which is so long
after its admission as the workload or the timing says, or never.
A workload waits from *Submitted*, *Requeued* or *Reactivated* until *Admitted* or *Deactivated*, and is pending until
its quota is reserved.
"""

from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np

from kueue_sim.engine.facts import ADMISSION, NONE, TEXT, Facts, Run
from kueue_sim.model import Scenario, Workload
from kueue_sim.results.history.admission_table import Admissions, Parts, Suffered, Work
from kueue_sim.results.history.admission_usage import AdmissionUsage
from kueue_sim.results.history.beginnings import Beginnings, beginnings
from kueue_sim.results.history.by_workload import ByWorkload, Mask, scattered, summed, targets
from kueue_sim.results.history.workload_history import WorkloadHistories
from kueue_sim.results.quota.quota_over_time import Slot, eras
from kueue_sim.results.quota.resources import counted_resources
from kueue_sim.results.step_functions.steps import Ints, Steps

_FREES = ("Requeued", "Deactivated", "Finished", "Deleted")
_WAITS = ("Submitted", "Requeued", "Reactivated")
_ENDS_WAIT = ("Admitted", "Deactivated", "Finished", "Deleted")
_STOPS = ("Preempted", "Evicted", "Finished", "Deleted")


class History:
    """``stays`` and ``work`` as arrays, ``lives`` one by one; ``held``, ``running`` and ``pending`` over time."""

    def __init__(self, scenario: Scenario, run: Run) -> None:
        policies = [era.policy for era in eras(scenario, run)]
        self.resources = counted_resources(policies, run.facts.workloads)
        """The resources that work asks for and quota covers, the accelerator first."""
        self.resource = self.resources[0]
        self._pod_start_ms = scenario.timing.pod_start_ms
        self.end_ms = run.end_ms
        self.measured_ms = run.measured_ms
        """The end of the time that averages and sums are over; waits go on in the drain."""
        self.facts: Facts = run.facts
        self.by_workload = ByWorkload(run.facts)
        """The facts by workload."""
        names = dict.fromkeys((*run.facts.queues, *(queue.name for queue in scenario.policy.cluster_queues)))
        self.queues: tuple[str, ...] = tuple(names)
        """ClusterQueue names by number."""
        self.queue_numbers = {name: number for number, name in enumerate(names)}
        wanted = [((item.namespace, item.name), item.cluster_queue) for item in scenario.policy.local_queues]
        self._queue_at = self.by_workload.filled_queues(targets(run.facts, wanted, list(names)))
        self._uses = AdmissionUsage(run.facts)
        self._waits = self.by_workload.intervals(self.by_workload.of(*_WAITS), self.by_workload.of(*_ENDS_WAIT))
        self._stay_begins, self._stay_frees = self.by_workload.intervals(
            self.by_workload.of("QuotaReserved", "Admitted"), self.by_workload.of(*_FREES)
        )
        self.stays = self._stays()
        self._parts = self._cut()
        self.work = self._work()
        self.lives = WorkloadHistories(scenario, self.facts, self.queues, self.work, self.stays)

    def counting(self, resource: str, flavor: str | None = None) -> "History":
        """The same history with amounts of another resource, or of a resource in one flavor alone."""
        other, amounts = copy(self), self._uses.of_resource(resource, flavor)
        for name in ("running", "suffered"):
            other.__dict__.pop(name, None)
        other.resource = resource
        other.stays = replace(self.stays, amount=amounts[self.stays.admission])
        other._parts = replace(self._parts, amount=amounts[self._parts.admission])
        other.work = other._work()
        return other

    @cached_property
    def _beginnings(self) -> Beginnings:
        """When work begins: with its Started facts, or so long after its admissions as its pods take to be ready."""
        return beginnings(self.by_workload, self.facts.workloads, self._pod_start_ms)

    def _gang_interrupted(self) -> Mask:
        """Where a whole gang came to a standstill because a node failed."""
        interrupted = self.by_workload.of("Interrupted")
        if interrupted.any():
            gangs = np.fromiter((item.gang for item in self.facts.workloads), bool, len(self.facts.workloads))
            interrupted = interrupted & gangs[self.by_workload.workload]
        return interrupted

    # -- admissions ---------------------------------------------------------------------------------------

    def _stays(self) -> Admissions:
        seq, begins, frees = self.by_workload, self._stay_begins, self._stay_frees
        limits = np.where(frees == NONE, seq.ends[begins] - 1 if len(begins) else frees, frees)

        def first(*types: str) -> Ints:
            found = seq.next(np.flatnonzero(seq.of(*types)), begins)
            inside: Ints = np.where(found <= limits, found, NONE)
            return inside

        admitted, stopped = first("Admitted"), first(*_STOPS)
        started = first(self._beginnings.fact)
        begins_at, stops_at = self._beginnings.at(started), seq.time(stopped)
        in_time = (begins_at != NONE) & (begins_at <= self.end_ms) & ((stops_at == NONE) | (begins_at < stops_at))
        admission = seq.column(ADMISSION)[np.where(admitted == NONE, begins, admitted)]
        return Admissions(
            workload=seq.workload[begins],
            queue=self._queue_at[begins],
            reserved=seq.at[begins],
            admitted=seq.time(admitted),
            waited=self._waited(admitted),
            started=np.where(in_time, begins_at, NONE) if self._beginnings.delayed else seq.time(started),
            stopped=stops_at,
            released=seq.time(frees),
            ending=_picked(seq.kind.astype(np.int64), stopped),
            text=_picked(seq.column(TEXT), stopped),
            admission=admission,
            amount=self._uses.of_resource(self.resource)[admission],
        )

    def _cut(self) -> Parts:
        """The stays, cut where something else is held: at an admission after its reservation, and when resized."""
        seq = self.by_workload
        begins = np.union1d(self._stay_begins, np.flatnonzero(seq.of("Admitted", "Resized"))).astype(np.int64)
        stay = np.searchsorted(self._stay_begins, begins, side="right") - 1
        goes_on = np.append(stay[1:] == stay[:-1], False)[: len(stay)]
        following = seq.at[np.append(begins[1:], begins[:1])] if len(begins) else begins
        admission = seq.column(ADMISSION)[begins]
        return Parts(
            begins=begins,
            workload=seq.workload[begins],
            queue=self._queue_at[begins],
            reserved=seq.at[begins],
            released=np.where(goes_on, following, self.stays.released[stay]) if len(begins) else begins,
            admission=admission,
            amount=self._uses.of_resource(self.resource)[admission],
        )

    @cached_property
    def _waits_from(self) -> Ints:
        """Since when the workload at every position waits if a wait begins there. What waited already when the
        simulation began has waited since before: since it was submitted, or last evicted."""
        return self._dated({number: workload.waits_from_ms for number, workload in self._there.items()})

    @cached_property
    def _created(self) -> Ints:
        """When the workload at every position was submitted if the fact there says so; what waited when the simulation
        began was submitted before."""
        return self._dated({number: workload.created_ms for number, workload in self._there.items()})

    @cached_property
    def _there(self) -> dict[int, Workload]:
        """What was there when the simulation began, by number."""
        return {number: one for number, one in enumerate(self.facts.workloads) if one.status is not None}

    def _dated(self, since: dict[int, int]) -> Ints:
        """The times of the facts, of those that say *Submitted* the one that is known of their workload, if any."""
        seq = self.by_workload
        if not since:
            return seq.at
        found = seq.at.copy()
        for position in np.flatnonzero(seq.of("Submitted")).tolist():
            found[position] = since.get(int(seq.workload[position]), int(found[position]))
        return found

    @cached_property
    def evicted(self) -> Mask:
        """Where workloads were evicted for other reasons than a preemption. Of work whose pods still end when the
        simulation begins a fact says so too; that eviction was before and is none of the run."""
        seq = self.by_workload
        found = seq.of("Evicted")
        ending = [number for number, one in self._there.items() if one.status and one.status.ends]
        first = np.flatnonzero(found & np.isin(seq.workload, ending))
        found[first[np.unique(seq.workload[first], return_index=True)[1]]] = False
        return found

    def _waited(self, admitted: Ints) -> Ints:
        """Milliseconds waited for each of these admissions, 0 for what never had to, −1 for −1."""
        begun, closed = self._waits
        done = closed != NONE
        begun, closed = begun[done], closed[done]
        waited = np.zeros(len(self.by_workload) + 1, dtype=np.int64)
        waited[closed] = self.by_workload.at[closed] - self._waits_from[begun]
        waited[-1] = NONE
        return waited[admitted]

    # -- workloads ----------------------------------------------------------------------------------------

    def _work(self) -> Work:
        seq, number = self.by_workload, len(self.facts.workloads)
        kinds = {name: seq.of(name) for name in ("Submitted", "Finished", "Deleted", "Pending", "Preempted")}
        begun, closed = self._waits
        still = closed == NONE
        since = scattered(seq.workload[begun[still]], self._waits_from[begun[still]], number)
        spent = np.where(still, self.end_ms, seq.time(closed)) - self._waits_from[begun]
        admitted = np.flatnonzero(self.stays.admitted != NONE)
        first = admitted[np.unique(self.stays.workload[admitted], return_index=True)[1]]
        lost, amounts = self._lost(kinds["Preempted"] | self.evicted | seq.of("Interrupted"))
        ended = kinds["Finished"] | kinds["Deleted"]
        preemptors = seq.by[kinds["Preempted"]]
        queue = np.full(number, NONE)
        queue[seq.workload[seq.begins]] = self._queue_at[seq.ends[seq.begins] - 1] if len(seq) else NONE
        return Work(
            queue=queue,
            submitted=scattered(seq.workload[kinds["Submitted"]], seq.at[kinds["Submitted"]], number),
            created=scattered(seq.workload[kinds["Submitted"]], self._created[kinds["Submitted"]], number),
            ended=scattered(seq.workload[ended], seq.at[ended], number),
            finished=seq.count(kinds["Finished"], number) > 0,
            waiting_since=since,
            waited=summed(seq.workload[begun], spent, number),
            first_stay=np.searchsorted(self.stays.workload, np.arange(number + 1)),
            admissions=np.bincount(self.stays.workload[admitted], minlength=number).astype(np.int64),
            first_wait=scattered(self.stays.workload[first], self.stays.waited[first], number),
            answers=seq.count(kinds["Pending"], number),
            preempted=seq.count(kinds["Preempted"], number),
            evicted=seq.count(self.evicted, number),
            preempting=np.bincount(preemptors[preemptors != NONE], minlength=number).astype(np.int64),
            lost=summed(seq.workload, lost, number),
            lost_amount=summed(seq.workload, lost * amounts, number),
            spoilt_amount=summed(seq.workload, np.minimum(lost, seq.at) * amounts, number),
            unplaced=self._unplaced(number),
        )

    def _lost(self, mask: Mask) -> tuple[Ints, Ints]:
        """Run time thrown away at every position, and the accelerators of the admission it belonged to."""
        return np.where(mask, self.by_workload.lost, 0), self.amounts_at(np.arange(len(self.by_workload)))

    @cached_property
    def suffered(self) -> Suffered:
        """Evictions and what they cost within the time that is measured."""
        work, seq, number = self.work, self.by_workload, len(self.facts.workloads)
        if self.measured_ms == self.end_ms:
            return Suffered(work.preempted, work.evicted, work.preempting, work.lost_amount, work.spoilt_amount)
        inside = seq.at <= self.measured_ms
        preempted, evicted = inside & seq.of("Preempted"), inside & self.evicted
        lost, amounts = self._lost(preempted | evicted | (inside & seq.of("Interrupted")))
        preemptors = seq.by[preempted]
        return Suffered(
            preempted=seq.count(preempted, number),
            evicted=seq.count(evicted, number),
            preempting=np.bincount(preemptors[preemptors != NONE], minlength=number).astype(np.int64),
            lost_amount=summed(seq.workload, lost * amounts, number),
            spoilt_amount=summed(seq.workload, np.minimum(lost, seq.at) * amounts, number),
        )

    @cached_property
    def taken_over(self) -> Mask:
        """Which stays had begun before the simulation did: nothing is known of the waits for these."""
        owners = self.stays.workload
        first = np.arange(len(owners)) == self.work.first_stay[owners]
        taken: Mask = first & (self.work.submitted[owners] == NONE)
        return taken

    def waited_at(self, at_ms: int) -> Ints:
        """Numbers of the workloads that waited right after an instant."""
        begun, closed = self._waits
        still = (self.by_workload.at[begun] <= at_ms) & ((closed == NONE) | (self.by_workload.time(closed) > at_ms))
        return np.unique(self.by_workload.workload[begun[still]])

    def queue_at(self, positions: Ints) -> Ints:
        """ClusterQueue of the workload at each position, −1 for none."""
        found: Ints = self._queue_at[positions]
        return found

    def amounts_at(self, positions: Ints) -> Ints:
        """Accelerators of the admission that each position belongs to, 0 for none."""
        parts = self._parts
        if not len(parts.begins):
            return np.zeros(len(positions), dtype=np.int64)
        part = np.searchsorted(parts.begins, positions, side="right") - 1
        same = (part >= 0) & (parts.workload[part] == self.by_workload.workload[positions])
        amounts: Ints = np.where(same, parts.amount[part], 0)
        return amounts

    def unplaced_between(self, from_ms: int, to_ms: int) -> tuple[Ints, Ints]:
        """Workloads that held quota while some of their pods had no node, one entry for each time, and for how many
        accelerator-milliseconds between two instants."""
        seq = self.by_workload
        begun, closed = seq.intervals(seq.of("Unschedulable"), seq.of("Started", "Requeued", *_STOPS))
        ended = np.where(closed == NONE, to_ms, np.minimum(seq.time(closed), to_ms))
        spent = np.maximum(ended - np.maximum(seq.at[begun], from_ms), 0)
        return seq.workload[begun], spent * self.amounts_at(begun)

    def _unplaced(self, number: int) -> Ints:
        return summed(*self.unplaced_between(0, self.measured_ms), number)

    # -- over time ----------------------------------------------------------------------------------------

    @cached_property
    def held(self) -> dict[Slot, Steps]:
        """Quota held per ClusterQueue, flavor and resource, in canonical units."""
        return self._uses.held(self._parts, self.queues)

    @cached_property
    def _runs(self) -> tuple[Ints, Ints, Ints]:
        """Positions at which work begins and stops running, −1 for not yet, and milliseconds at which it begins."""
        seq = self.by_workload
        begun, closed = seq.intervals(seq.of(self._beginnings.fact), seq.of(*_STOPS) | self._gang_interrupted())
        begins_at = self._beginnings.at(begun)
        if self._beginnings.delayed:
            ran = (begins_at != NONE) & ((closed == NONE) | (begins_at < seq.time(closed)))
            begun, closed, begins_at = begun[ran], closed[ran], begins_at[ran]
        return begun, closed, begins_at

    @cached_property
    def standing(self) -> dict[int, list[tuple[int, int]]]:
        """By number of the stay, since and until when in milliseconds work held quota and did not run."""
        begun, closed, begins_at = self._runs
        stopped = np.where(self.stays.stopped == NONE, self.end_ms, self.stays.stopped)
        stay = np.searchsorted(self._stay_begins, begun, side="right") - 1
        ends_at = np.where(closed == NONE, stopped[stay], self.by_workload.time(closed))
        # Within a stay, standing and running take turns: the first begins where the stay does, others where a run ends.
        stays = np.append(np.arange(len(stopped)), stay)
        since, until = np.append(self.stays.reserved, ends_at), np.append(stopped, begins_at)
        by_since, by_until = np.lexsort((since, stays)), np.lexsort((until, stays))
        found: dict[int, list[tuple[int, int]]] = {}
        for place in np.flatnonzero(since[by_since] < until[by_until]).tolist():
            span = (int(since[by_since[place]]), int(until[by_until[place]]))
            found.setdefault(int(stays[by_since[place]]), []).append(span)
        return found

    @cached_property
    def running(self) -> dict[str, Steps]:
        """Accelerators of running work per ClusterQueue."""
        seq = self.by_workload
        begun, closed, begins_at = self._runs
        resized = self._inside(np.flatnonzero(seq.of("Resized")), begun, closed)
        resized_at = seq.at[resized]
        if len(resized):
            resized_at = np.maximum(resized_at, begins_at[np.searchsorted(begun, resized) - 1])
        closed = closed[closed != NONE]
        places = np.concatenate((begun, closed, resized))
        times = np.concatenate((begins_at, seq.at[closed], resized_at))
        now, before = self.amounts_at(places), self.amounts_at(np.maximum(places - 1, 0))
        gained = np.repeat([1, 0, 1], [len(begun), len(closed), len(resized)])
        lost = np.repeat([0, 1, 1], [len(begun), len(closed), len(resized)])
        deltas: Ints = (gained * now - lost * before).astype(np.int64)
        return self._by_queue(self._queue_at[places], times, deltas)

    @cached_property
    def pending(self) -> dict[str, Steps]:
        """Workloads waiting for quota per ClusterQueue; "" for those without one."""
        return self._waiting(np.ones(len(self.facts.workloads), dtype=np.int64))

    def asked(self, amounts: Ints) -> dict[str, Steps]:
        """What waiting workloads ask for per ClusterQueue, where each asks for one of these amounts."""
        return self._waiting(amounts)

    def _waiting(self, amounts: Ints) -> dict[str, Steps]:
        """The amounts of those that wait for quota, by ClusterQueue."""
        seq, queue = self.by_workload, self._queue_at
        begun, closed = seq.intervals(seq.of(*_WAITS), seq.of("QuotaReserved", *_ENDS_WAIT))
        moved = self._moved_while(begun, closed)
        closed = closed[closed != NONE]
        keys = np.concatenate((queue[begun], queue[closed], queue[moved - 1], queue[moved]))
        places = np.concatenate((begun, closed, moved, moved))
        signs = np.repeat([1, -1, -1, 1], [len(begun), len(closed), len(moved), len(moved)])
        return self._by_queue(keys, seq.at[places], signs * amounts[seq.workload[places]])

    def _moved_while(self, begun: Ints, closed: Ints) -> Ints:
        """Positions at which a workload changed its ClusterQueue inside one of these intervals."""
        moved = np.flatnonzero(self._queue_at[1:] != self._queue_at[:-1]) + 1
        return self._inside(moved[moved > self.by_workload.starts[moved]], begun, closed)

    def _inside(self, positions: Ints, begun: Ints, closed: Ints) -> Ints:
        """Those of the positions that lie inside one of these intervals."""
        if not len(begun) or not len(positions):
            return positions[:0]
        which = np.searchsorted(begun, positions) - 1
        until = np.where(closed[which] == NONE, self.by_workload.ends[begun[which]] - 1, closed[which])
        inside: Ints = positions[(which >= 0) & (positions <= until)]
        return inside

    def _by_queue(self, keys: Ints, times: Ints, deltas: Ints) -> dict[str, Steps]:
        found = Steps.grouped(keys, times, deltas)
        return {self.queues[key] if key != NONE else "": steps for key, steps in found.items()}


def _picked(values: Ints, positions: Ints) -> Ints:
    """The values at these positions, −1 for −1."""
    picked: Ints = np.append(values, NONE)[positions]
    return picked


__all__ = ["History"]
