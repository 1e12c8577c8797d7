"""Which columns do well-known public traces have?"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Preset:
    """What a ``trace`` entry takes from a preset unless it says otherwise.

    Rows whose name holds ``step_mark`` are parts of jobs. Without ``columns`` they are found by their names.
    """

    columns: Mapping[str, object]
    time_unit: str = "s"
    where: Mapping[str, object] = field(default_factory=dict)
    step_mark: str = ""


PRESETS: Mapping[str, Preset] = {
    "philly": Preset(
        {
            "name": "job_id",
            "team": "vc",
            "submit": "submit_s",
            "runtime": "duration_s",
            "gpus": "num_gpus",
        }
    ),
    "openb": Preset(
        {
            "name": "name",
            "team": "qos",
            "submit": "creation_time",
            "start": "scheduled_time",
            "end": "deletion_time",
            "gpus": "num_gpu",
            "requests": {
                "cpu": {"column": "cpu_milli", "scale": "1m"},
                "memory": {"column": "memory_mib", "scale": "1Mi"},
            },
        },
        where={"pod_phase": ["Running", "Failed", "Succeeded"]},
    ),
    "sacct": Preset({}, step_mark="."),
}
"""``philly``: Microsoft's deep-learning jobs, virtual clusters as teams. ``openb``: Alibaba's pods, the QoS class as
team; pods that were never scheduled are left out. ``sacct``: Slurm's accounting with the columns of its --format;
steps of jobs (``17.batch``) are left out."""
