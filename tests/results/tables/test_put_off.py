"""A life says when work waits for time to pass, and blames nobody for what it does not wait for."""

from tests.results.test_reasons import first, job, queue, told

NOT_READY = {"configuration": {"waitForPodsReady": {"timeout": "10m", "requeuingStrategy": {"backoffLimitCount": 1}}}}
CHECKED = {"admissionChecksStrategy": {"admissionChecks": [{"name": "chk"}]}}
CHECK = {"kind": "AdmissionCheck", "metadata": {"name": "chk"}, "spec": {"controllerName": "x.io/y"}}


def test_the_end_of_a_backoff_is_told_and_nobody_goes_before_work_that_backs_off_or_is_inactive() -> None:
    """Its pods are late twice, which is once too often. Others come in its backoff, and when it is in no queue."""
    jobs = [job("late", "q", 2, podsReady="never"), job("one", "q", 1, 10, runtime="6m"), job("two", "q", 2, 40)]
    lines = told([queue("q", 2, 0, None)], jobs, "late", kueue=NOT_READY)
    assert "10m  its pods are gone; its backoff ends at 11m" in lines
    assert any(line.startswith("11m  not admitted: ") for line in lines)
    assert first(lines) == []
    assert lines[-1] == "At the end (1h 40m) it is unfinished: inactive."


def test_a_backoff_in_which_nothing_else_goes_on_is_told_as_well() -> None:
    alone = [job("late", "q", 2, podsReady=["never", "1m"])]
    lines = told([queue("q", 2, 0, None)], alone, "late", kueue=NOT_READY)
    assert lines[5:7] == [
        "10m  its pods are gone; its backoff ends at 11m",
        "11m  admitted after waiting 1m: 2 cpu from flavor f",
    ]


def test_how_long_a_check_that_says_retry_lets_work_keep_its_quota_is_told() -> None:
    answers = [{"check": "chk", "answers": [{"state": "Retry", "after": "2m", "requeueAfter": "10m"}, {"after": "1m"}]}]
    lines = told([CHECK, queue("q", 2, 0, None, **CHECKED)], [job("w", "q", 2)], "w", admissionChecks=answers)
    assert lines[2:5] == [
        "2m  admission check chk is Retry; keeps its quota until 12m",
        "12m  evicted (AdmissionCheck)",
        "rule: one of its admission checks says no (Retry or Rejected)",
    ]


def test_many_that_went_first_for_several_reasons_are_one_line() -> None:
    jobs = [job("now", "q", 2), job("late", "q", 2, 20)]
    jobs += [job(f"early-{n}", "q", 2, n) for n in (1, 2, 3, 4, 5)]
    jobs += [job(f"urgent-{n}", "q", 2, n, priority=7) for n in (6, 7, 8, 9, 10)]
    lines = first(told([queue("q", 2, 0, None)], jobs, "late"))
    assert [line for line in lines if "went first" in line] == [
        "4 more workloads went first for such reasons, the last at 10h"
    ]


def test_how_long_pods_take_to_be_ready_is_told_where_it_is_longer_than_no_time() -> None:
    """One hour of work, and a minute before it: it ends an hour and a minute after its admission."""
    lines = told([queue("q", 2, 0, None)], [job("slow", "q", 2, podsReady="1m"), job("quick", "q", 1, 90)], "slow")
    assert lines[1:4] == [
        "0s  admitted after waiting 0s: 2 cpu from flavor f",
        "its pods are ready 1m later",
        "1h 1m  finished",
    ]
    quick = told([queue("q", 2, 0, None)], [job("quick", "q", 1)], "quick")
    assert [line for line in quick if "ready" in line] == []
    never = told([queue("q", 2, 0, None)], [job("late", "q", 2, podsReady="never")], "late", horizon="2h")
    assert [line for line in never if "ready" in line] == []
