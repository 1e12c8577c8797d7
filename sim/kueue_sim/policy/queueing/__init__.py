"""Who waits where, and in which order heads come (pages 3 and 7 of the rulebook).

A ClusterQueue has one ``PendingQueue`` with two parts. The *heap* holds the active workloads by priority, then age,
then uid; a cycle takes its top. *Parked* (in Kueue: inadmissible) are those that a cycle could do nothing for; they
cost nothing until something changes. What becomes of a head says where it goes (R3.9–R3.12):

* admitted: it leaves the queue;
* it evicts others: back to the very top of a BestEffortFIFO queue, where nobody overtakes it;
* skipped, since another entry took what it counted on: back into the heap;
* it does not fit: parked with all that ask for the same (one equivalence class, R3.40); in a StrictFIFO queue it
  stays the head, and whoever is behind it waits.

Freed quota, another policy, another node: each brings the parked workloads of the trees concerned back into their
heaps (R3.22–R3.24), at once or collected for a second (R3.21). Where a ClusterQueue admits by usage, the LocalQueue
that used least in the past goes before priority and age (``admission_fair_sharing``).

Worked number: 4 GPUs, all taken until 10:00 by a job; ``b`` (4 GPUs, priority 10), ``c`` (1) and ``d`` (4) wait, in
the order of their ages. Three cycles look at one head each, and park it. At 10:00 the three come back; the next
cycle admits ``b``, the two after it park ``c`` and ``d`` again.
"""
