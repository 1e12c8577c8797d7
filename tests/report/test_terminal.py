"""The whole text report, as people see it."""

from dataclasses import replace

from kueue_sim import run
from kueue_sim.model import Action, Settings
from kueue_sim.report.text.story import story
from kueue_sim.report.text.terminal import text_report
from kueue_sim.report.text.wording import amount, share
from kueue_sim.testing import a_job, a_queue, a_world
from tests.results.scenes import HOUR, MINUTE, introductory_lab, job, queue, scene

LAB = """\
introductory lab
4h simulated · 2 workloads · Kueue 0.20 · fair sharing · seed 0
1 finished · 1 deleted · 1 preemption · Jain index 0.83

What happened
      0s  team-a  imagenet-1  submitted, admitted at once: 2 GPU of ml.g5.8xlarge (1 borrowed)
     30m  team-a  imagenet-1  preempted by team-b's imagenet-2, InCohortReclamation: the owner takes back quota that it
                              had lent (reclaimWithinCohort); loses 30m of work (1 GPU-h)
     30m  team-b  imagenet-2  submitted, admitted at once: 2 GPU of ml.g5.8xlarge
     30m  team-a  imagenet-1  waits: couldn't assign flavors to pod set main: insufficient unused quota for
                              nvidia.com/gpu in flavor ml.g5.8xlarge, 1 more needed
      2h  team-b  imagenet-2  deleted
      2h  team-a  imagenet-1  admitted after 1h 30m: 2 GPU of ml.g5.8xlarge (1 borrowed)
  3h 30m  team-a  imagenet-1  finished

Quota and use  nvidia.com/gpu, averages over the run; h are GPU-hours
  team    quota  used  of quota  running  borrowed h  lent h  goodput h  lost h
  team-a      1     1      100%     100%           2       0          3       1
  team-b      2  0.75       38%      38%           0       2          3       0
  all         3  1.75       58%      58%           2       2          6       1

Waiting and preemption  first waits of what was admitted; again: mean after evictions; queue: mean length
  team    done  mean  p50  p95  max   again  queue  preempted  preempts  evicted
  team-a   1/1    0s   0s   0s   0s  1h 30m   0.38          1         0        0
  team-b   1/1    0s   0s   0s   0s       –      0          0         1        0
  all      2/2    0s   0s   0s   0s  1h 30m   0.38          1         1        0

Warnings
  ! quota of nvidia.com/gpu in flavor ml.g5.8xlarge is 3, its nodes have 2
"""

WAITING = """  with Kueue's own message
  team-a: 2 workloads such as team-a/job-1, longest 59m: not evaluated yet: behind another workload, or of the same
  shape as one just refused
  team-a: team-a/job-0, 1h: couldn't assign flavors to pod set main: insufficient quota for nvidia.com/gpu in flavor
  a100, previously considered podsets requests (0) + current podset request (3) > maximum capacity (2)

Warnings
  ! 3 workloads never admitted after waiting more than half of the run
"""


def test_the_report_of_a_small_run_tells_the_whole_story() -> None:
    assert text_report(run(introductory_lab())) == LAB


def test_a_slice_that_takes_the_place_of_another_borrows_no_more_than_both_need() -> None:
    """Six GPUs of a quota of four: two are borrowed, though both slices are there for a moment."""
    first = job("slice-1", "team-a", 4, runtime_ms=HOUR)
    second = job("slice-2", "team-a", 6, at_ms=MINUTE, runtime_ms=HOUR)._replace(replaces=first.key)
    elastic = Settings(gates={"ElasticJobsViaWorkloadSlices": True})
    told = text_report(run(scene([queue("team-a", 4), queue("team-b", 4)], [first, second], settings=elastic)))
    assert "slice-2  submitted, admitted at once: 6 GPU of a100 (2 borrowed)" in told


def test_a_change_of_quota_is_told_with_what_it_is_and_was() -> None:
    """And every other field that changes."""
    before, after = queue("team-a", 2), queue("team-a", 1)
    stopped = Action(2 * HOUR, "apply", objects=(replace(after, stop_policy="Hold"),))
    changes = (Action(HOUR, "apply", objects=(after,)), stopped)
    told = story(run(scene([before], [], horizon_ms=3 * HOUR, timeline=changes)))
    assert [line.text for line in told] == [
        "the policy changed: team-a, quota 1 GPU of a100 (was 2)",
        "the policy changed: team-a, stopPolicy Hold (was None)",
    ]


def test_fields_of_several_objects_are_told_with_the_object_and_many_are_counted() -> None:
    before = [queue("team-a", 2), queue("team-b", 2)]
    other = {"fair_weight": 3.0, "queueing_strategy": "StrictFIFO"}
    after = tuple(replace(queue(one.name, 2, borrow=1), **other) for one in before)  # type: ignore[arg-type]
    told = story(run(scene(before, [], horizon_ms=3 * HOUR, timeline=(Action(HOUR, "apply", objects=after),))))
    assert [line.text for line in told] == [
        "the policy changed: team-a, team-b, ClusterQueue team-a nvidia.com/gpu.borrowingLimit 1 (was no limit), "
        "ClusterQueue team-a queueingStrategy StrictFIFO (was BestEffortFIFO), "
        "ClusterQueue team-a fairSharing.weight 3 (was 1), "
        "ClusterQueue team-b nvidia.com/gpu.borrowingLimit 1 (was no limit), "
        "ClusterQueue team-b queueingStrategy StrictFIFO (was BestEffortFIFO), and 1 more change"
    ]


def test_a_long_run_is_told_by_its_tables_alone() -> None:
    jobs = [job(f"job-{n:03d}", "team-a", 1, at_ms=n * MINUTE, runtime_ms=10 * MINUTE) for n in range(40)]
    assert "What happened" not in text_report(run(scene([queue("team-a", 2)], jobs)))


def test_what_still_waits_is_grouped_by_kueues_message() -> None:
    jobs = [job(f"job-{n}", "team-a", 3, at_ms=n * MINUTE) for n in range(3)]
    report = text_report(run(scene([queue("team-a", 2)], jobs, horizon_ms=HOUR)))
    assert report.partition("Still waiting at the end")[2] == WAITING


def test_a_narrow_report_keeps_within_its_width() -> None:
    assert max(len(line) for line in text_report(run(introductory_lab()), width=80).splitlines()) <= 80


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert [(share(value), amount(value)) for value in (-1e-12, -0.004, -0.006)] == [
        ("0%", "0"), ("0%", "0"), ("-1%", "-0.01")
    ]  # fmt: skip


def test_bytes_have_a_suffix_that_can_be_read() -> None:
    given = (0.0, 512.0, 3 * 2.0**39, 4 * 2.0**40, 5 * 2.0**70, 0.3 * 2**30)
    assert [amount(value, "memory") for value in given] == ["0", "512", "1.5Ti", "4Ti", "5,120Ei", "307.2Mi"]
    assert amount(4 * 2.0**40, "cpu") == "4,398,046,511,104"
    work = a_job("job", "team-a", requests={"memory": 2**41})
    report = text_report(run(a_world(a_queue("team-a", quota={"memory": 2**42}), work, horizon_s=3600)))
    assert "  team-a    4Ti   2Ti       50%      50%           0       0        2Ti       0\n" in report


def test_a_run_that_was_asked_to_end_at_once_is_not_told_that_nothing_ends() -> None:
    endless = job("job", "team-a", 1)
    ends = [run(scene([queue("team-a", 2)], [endless], horizon_ms=at)).findings for at in (None, 0)]
    assert [[text.partition(":")[0] for text in found] for found in ends] == [["nothing ends here"], []]
