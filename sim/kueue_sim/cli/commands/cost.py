"""``kueue-sim cost``: what a run costs, and what sharing the cluster saves."""

from typing import Any

import click

from kueue_sim.cli.many_runs import base_of, counted, many_runs_options, runs_of
from kueue_sim.cli.output import say
from kueue_sim.cli.scenario_options import ScenarioCommand, drain_option, scenario_options


@click.command("cost", cls=ScenarioCommand)
@scenario_options
@drain_option
@click.option("--savings", is_flag=True, help="Also find what separate teams would need for the same waits.")
@click.option("--metric", default="delay.p95", show_default=True, help="The wait that must be the same.")
@click.option("--seeds", type=click.IntRange(min=1), help="Number of seeds; 10 where arrivals depend on the seed.")
@many_runs_options
def command(savings: bool, metric: str, seeds: int | None, **options: Any) -> None:
    """Say what SCENARIO costs: paid for, used, idle and lost, team by team, and per finished accelerator-hour.

    With --savings each team is also run alone, and the smallest quota is looked for under which it waits no longer than
    in the shared cluster. Without --prices and prices in the scenario the example prices are taken.
    """
    from kueue_sim import run
    from kueue_sim.whatif.costing.money import cost_of, price_per_hour
    from kueue_sim.whatif.costing.savings import savings as savings_of
    from kueue_sim.whatif.rendering.cost_text import cost_text, savings_text

    base = base_of(**options)
    if base.scenario().prices is None:
        base = base.changed([("prices", "example")])
    scenario = base.scenario()
    known = scenario.prices
    assert known is not None
    say(cost_text(cost_of(run(scenario), known)), nl=False)
    if not savings:
        return
    with counted("looking for quotas:") as progress:
        found = savings_of(base, runs_of(options, seeds, None, progress), metric)
    policy = scenario.policy
    each = {price_per_hour(policy, queue, known) for queue in policy.cluster_queues}
    click.echo()
    say(savings_text(found, each.pop() if len(each) == 1 else None, known.currency), nl=False)
