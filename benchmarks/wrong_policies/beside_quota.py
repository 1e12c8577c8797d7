"""Mistakes somebody could make beside quota and preemption: in places, in usage of LocalQueues, in slices, variants,
checks and second passes."""

from collections.abc import Iterator


def mistakes_about_places() -> Iterator[tuple[str, str, str, str]]:
    """Name, file, text and the wrong text in its place, for topology, placement on nodes, and admission by usage."""
    choice, selection, counts = "topology/descent.py", "topology/selection.py", "topology/counts.py"
    yield (
        "required pods may be spread",
        choice,
        "        if parameters.strict:\n            return Shortage",
        ("        if False:\n            return Shortage"),
    )
    yield "preferred pods never go to a higher level", choice, "if level == 0 or parameters.free:", "if True:"
    yield (
        "free pods fill large gaps first",
        choice,
        "least_free = parameters.free and profile.least_free",
        ("least_free = False"),
    )
    yield (
        "everybody fills small gaps first",
        choice,
        "least_free = parameters.free and profile.least_free",
        ("least_free = True"),
    )
    yield "balanced placement is ignored", choice, "if profile.balanced and", "if False and"
    yield "the loosest domain is taken", selection, "return min(fitting)[2]", "return max(fitting)[2]"
    yield (
        "the smallest domain is filled first",
        selection,
        "key=lambda d: (-slices[d], pods[d], d))",
        ("key=lambda d: (slices[d], pods[d], d))"),
    )
    yield (
        "no tight fit for the rest",
        selection,
        "if not least_free:\n                domain = tight_fit",
        ("if False:\n                domain = tight_fit"),
    )
    yield "excluded nodes take pods", counts, "for leaf in self.match.excluded:", "for leaf in ():"
    yield "taints of nodes are ignored", "topology/node_filter.py", "if taint is not None:", "if False:"
    yield (
        "node selectors do not choose nodes",
        "topology/node_filter.py",
        "any(node.labels.get(key) != value",
        "any(False",
    )
    yield "placed pods take no room", "topology/snapshot.py", "sign * ", "0 * "
    yield "places of a cycle are not charged", "cycle_usage.py", "self._topologies.charge(places, +1)", "pass"
    yield (
        "places are not looked at again",
        "cycle_usage.py",
        "or self._topologies.fits(places) else NO_PLACE",
        "or True else NO_PLACE",
    )
    yield (
        "a failed node's pods go anywhere",
        "topology/node_replacement.py",
        "region = _region(flavor.tree,",
        ("region = None and _region(flavor.tree,"),
    )
    yield "cordoned nodes take pods", "placement/filters.py", "if node.unschedulable and not", "if False and not"
    yield (
        "untolerated taints of nodes do not matter to pods",
        "placement/filters.py",
        "if taint is not None:",
        "if False:",
    )
    yield (
        "required affinity of pods is ignored",
        "placement/filters.py",
        "if not _matches(node, constraint):",
        ("if False:"),
    )
    yield (
        "the worst node gets the pod",
        "placement/ranking.py",
        "self._ranks[self._keys[0]]",
        "self._ranks[self._keys[-1]]",
    )
    yield (
        "usage of LocalQueues does not decay",
        "queueing/admission_fair_sharing.py",
        "_scaled(amount, 1.0 - rate) for",
        "_scaled(amount, 1.0) for",
    )
    yield (
        "weights of LocalQueues are ignored",
        "queueing/admission_fair_sharing.py",
        "return used / weight",
        "return used",
    )
    yield (
        "admissions cost no penalty",
        "queueing/admission_fair_sharing.py",
        "account.penalties[workload] = penalty",
        "pass",
    )


def mistakes_about_lives() -> Iterator[tuple[str, str, str, str]]:
    """The same for slices, variants, admission checks and second passes."""
    slices, variants, second, status = (
        "workloads/workload_slices.py",
        "concurrent_admission.py",
        "workloads/second_pass.py",
        "workloads/status.py",
    )
    yield "bigger slices replace nothing", slices, "return reservations.get(key)", "return None"
    yield (
        "bigger slices ask for all they need",
        slices,
        "assignment.flavors, assignment.usage)",
        "assignment.flavors, {})",
    )
    yield "all pod sets replace the first one", slices, "known.get(pod_set.name,", "known.get(pod_sets[0].name,"
    namespace = 'key.startswith(f"{pending.workload.namespace}/")'
    yield "slices of other namespaces are replaced", slices, namespace, "key"
    yield "every variant is everybody's sibling", variants, "other.workload.parent != workload.parent", "False"
    yield "variants count before they are admitted", variants, "or not other.admitted:", "or False:"
    yield (
        "later flavors are preferred",
        variants,
        "theirs < place:\n            better = better or other\n        elif theirs is not None and theirs > place:",
        "theirs > place:\n            better = better or other\n        elif theirs is not None and theirs < place:",
    )
    yield "nobody moves to a better flavor", variants, "worse = worse or other", "pass"
    yield (
        "who moves loses its place in the queue",
        variants,
        '"Migrating", "PendingMigration"',
        '"Migrating", "Generic"',
    )
    yield "the last acceptable flavor is not acceptable", variants, "and place <= last", "and place < last"
    yield "flavors beyond the last acceptable one will do", variants, "and place <= last", ""
    yield "pods without places are admitted", second, "any(one.topology_pending for one", "any(False for one"
    yield "evicted workloads get a second pass", second, "if reservation.evicted:", "if False:"
    yield "a second pass is for all pods", second, "            one.count,\n", "            pod_sets[one.name].count,\n"
    yield (
        "partial admission goes below the minimum",
        "flavors/partial_admission.py",
        "(ps.count if ps.min_count is None else ps.min_count)",
        "(ps.count if ps.min_count is None else 1)",
    )
    yield (
        "fewer pods never evict anybody",
        "flavors/partial_admission.py",
        "outcome[0].mode == FIT or outcome[1]",
        "outcome[0].mode == FIT",
    )
    yield (
        "checks keep their answers after an eviction",
        status,
        'check.updates = "Pending"',
        "check.updates = check.state",
    )
    yield (
        "retries of checks are not counted",
        status,
        'self.retries.get(name, 0) + 1 if check.state == "Retry" else 0',
        "0",
    )
    yield "retried work does not come back", status, '"PodsReadyTimeout", "AdmissionCheck"})', '"PodsReadyTimeout"})'
    yield "retried work keeps its place in the queue", "workloads/timestamps.py", '"AdmissionCheck"', '"Checked"'
    yield "pods that time out wait equally long each time", status, "backoff_ms(self.timeouts,", "backoff_ms(1,"
    yield "checks always give their first answer", status, "self.reservations += 1", "self.reservations = 1"
