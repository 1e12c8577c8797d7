"""``kueue-sim metrics``: what can be measured, compared and made an objective."""

import click

from kueue_sim.cli.output import say
from kueue_sim.cli.tables import FORMS, printed

_UNITS = {"s": "seconds", "share": "share", "h": "resource-hours", "count": "number", "index": "index",
          "money": "money"}  # fmt: skip


@click.command("metrics")
@click.option("--format", "form", type=click.Choice(FORMS), default="text", help="Form of the list.")
def command(form: str) -> None:
    """List the metrics for --metric, --objective, --fail-if and --fail-unless.

    A metric is of everybody ('wait.p95') or of a subject ('team-a.wait.p95'): a team or ClusterQueue, a LocalQueue
    'queue[namespace/name]', 'priority[100]', 'class[high]', 'user[ann]', or a label of the workload
    'label[project=llm]'. STAT is mean, max or p1 to p99. Hours and shares count the accelerator;
    'lost.hours[cpu]' and 'utilisation[aws.amazon.com/neuron]' count another resource.
    """
    from kueue_sim.results.metrics.metric_path import DISTRIBUTIONS, SCALARS

    known = {**{f"{name}.STAT": metric for name, metric in DISTRIBUTIONS.items()}, **SCALARS}
    rows = [
        (name, _UNITS[metric.unit], metric.better, " ".join(metric.kinds), metric.meaning)
        for name, metric in known.items()
    ]
    say(printed(("metric", "unit", "better", "of", "what it is"), rows, form), nl=False)
