"""Who is preempted: candidates, the classical search and the one of fair sharing (pages 10 and 11 of the rulebook).

*Candidates* are the workloads that the policy of the preemptor's queue lets it evict: in the own queue by priority
and age, in other queues only while these use more than their quota. The classical search takes them out one after
another, those of other queues first, of lower priority first, the newest first, and stops as soon as the request
fits. What was taken before and proves unnecessary is put back, from the second to last backwards (R10.28–R10.30). A
search that ends without room evicts nobody. Under fair sharing the shares of queues say where victims are taken
(``fair_sharing``).

While flavors are compared the same search is asked for one amount at a time: would an eviction help at all, and
would it hit the own queue or others (the oracle, R5.23)?

Worked number: ``a`` and ``b`` own 4 GPUs each, ``b`` uses all 8 with jobs of 4, 3 and 1, the last one the newest.
``a`` asks for 3. The job of 1 is taken out: 1 is free. The job of 3: 4 are free, ``a`` fits. Backwards: with the
job of 1 put back 3 are free, which is enough. So one workload goes, that of 3.
"""
