"""Topology-aware scheduling: domains, counts and assignments (page 20 of the rulebook).

A topology is a tree of labels (block, rack, host) whose leaves are nodes. A placement has three phases. *Count*:
how many pods fit into each leaf, after what runs there, and by sums into every domain above (``counts``). *Select*:
at the level asked for, the domain that the pods fill best; a required level fails without one, a preferred one goes
up and may take several domains (``descent``, ``selection``). *Distribute*: down to the leaves, again with as few
domains as possible, the last one the tightest that suffices.

Quota and topology must both agree: a head whose flavor has quota and no place counts as one that has to preempt,
and victims are chosen until its pods have places as well. Places of admitted workloads stay; a failed node is
replaced in a second pass (``node_replacement``).

Worked number: two racks of two nodes with 8 GPUs each; 6 are used in rack 1. 8 pods of one GPU ask for one rack:
rack 1 has 10 left, rack 2 has 16. The tighter one is taken, rack 1: its free node gets all 8 pods. 12 pods would
get rack 2, 8 on one node and 4 on the other.
"""
