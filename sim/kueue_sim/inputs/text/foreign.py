"""What is a text that is no manifest, and what would be needed instead? Answers for people, figures, logs."""

import re
from collections.abc import Mapping

from kueue_sim.units import shortened

_TABLE = re.compile(r"(?:NAMESPACE +)?NAME +[A-Z]")
_DESCRIPTION = re.compile(r"Name: ")
_SAMPLE = re.compile(r"[a-zA-Z_:][\w:]*(\{[^}]*\})? +[-+\d.eEINnaf]+(\s|$)")
_ACCOUNTING = re.compile(r"JobID +\w|JobId=\d")
_WAITING_LINE = re.compile(r"(?:\w{3} \w{3} +\d+ [\d:]{8} \d{4} +)?JOBID +\w")
_FRAMED = re.compile(r"-{20,}\s+\|")
_PARSABLE = (
    "kueue-sim import FILE makes a scenario of what sacct --allusers --parsable2 --format "
    "JobID,Account,Submit,Start,End,State,AllocTRES prints, or sacct --json"
)
_HISTORY = "sacct --json has the history"
_MADE = "kueue-sim import FILE makes a scenario of it"
HELM_HEAD = "MANIFEST"
"""A key of what helm prints before the manifests of a release."""
_NOTHING = re.compile(r"No resources found")
_ROWS = re.compile(r"[\"\w#][\w ()/.#\"-]*(?:[,;|\t][\w ()/.#\"-]+){2,}")
_HISTORY_IN_ROWS = (
    "kueue-sim import FILE makes a scenario of a history of jobs, with columns such as job_id, submit_time, duration "
    "and num_gpus; from a pipe it takes none, since a history is read several times"
)
_TEXTS = (
    (_TABLE, "a table as kubectl prints it for people; -o json has what is needed"),
    (_DESCRIPTION, "what kubectl describe prints for people; kubectl get -o json has what is needed"),
    (_ACCOUNTING, f"what Slurm prints for people; {_PARSABLE}"),
    (_WAITING_LINE, f"what Slurm's squeue prints for people, without submissions and GPUs; {_PARSABLE}"),
    (_FRAMED, "a table as the AWS CLI prints it for people; --output json has what is needed"),
    (_NOTHING, "kubectl's answer that there is nothing"),
    (_ROWS, f"a table; {_HISTORY_IN_ROWS}"),
    (_SAMPLE, "figures as Prometheus reads them; kubectl get -o json has the objects that are needed"),
)


def foreign(value: object) -> str:
    """What stands in place of a manifest, in words; "" where that is not known."""
    if isinstance(value, str):
        return next((what for form, what in _TEXTS if form.match(value)), "")
    if isinstance(value, list):
        return _philly(value[0]) if value else ""
    if not isinstance(value, Mapping):
        return ""
    failed = next((key for key in value if key == "error" or str(key).startswith("Error from server")), None)
    if len(value) == 1 and failed is not None:
        return f"what kubectl says when it fails: {shortened(value[failed])}"
    if {"API Version", "Kind"} <= value.keys():
        return _TEXTS[1][1]
    jobs, data = value.get("jobs"), value.get("data")
    if isinstance(jobs, list) and jobs and isinstance(jobs[0], Mapping) and "job_id" in jobs[0]:
        if not isinstance(jobs[0].get("time"), Mapping):
            return f"what Slurm prints as JSON, but no history of jobs; {_HISTORY}"
        return f"what Slurm prints as JSON; {_MADE}"
    if value and all(isinstance(one, Mapping) and "0" in one for one in value.values()):
        return "columns as pandas prints them; to_json(orient='records') prints the rows that kueue-sim import reads"
    is_answer = isinstance(data, Mapping) and "resultType" in data
    return _TEXTS[-1][1] if is_answer else _philly(value)


def refusal(value: object) -> str:
    """What the API server says that it did not do, where a value is such an answer; "" for all others."""
    if not isinstance(value, Mapping) or value.get("kind") != "Status":
        return ""
    return f"the API server's answer that something failed: {shortened(value.get('message') or value.get('reason'))}"


def _philly(job: object) -> str:
    if isinstance(job, Mapping) and {"jobid", "attempts"} <= job.keys():
        return f"the job log of Philly as JSON; {_MADE}"
    return ""
