"""Which commands are there? Name, home and one line of help of each, known without importing any of them."""

import difflib
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from kueue_sim.cli.help_examples import epilog

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("kueue_sim.cli.commands.run", "Run a scenario and report what happened."),
    "check": ("kueue_sim.cli.commands.check", "Find mistakes and settings that do not do what they seem to."),
    "explain": ("kueue_sim.cli.commands.explain", "Tell the life of one workload: why it waited, who evicted it."),
    "compare": (
        "kueue_sim.cli.commands.compare",
        "Compare a scenario with variants of it: who waits longer, and is it real?",
    ),
    "upgrade": ("kueue_sim.cli.commands.upgrade", "Tell what changes when Kueue is upgraded."),
    "sweep": ("kueue_sim.cli.commands.sweep", "Run a grid of variants and seeds into one table."),
    "cost": ("kueue_sim.cli.commands.cost", "Say what a run costs, and what sharing the cluster saves."),
    "advise": ("kueue_sim.cli.commands.advise", "Find the cheapest change that meets given objectives."),
    "forecast": ("kueue_sim.cli.commands.forecast", "Predict when pending or planned work starts."),
    "admit": ("kueue_sim.cli.commands.admit", "Say whether a job would start now, why not, and what would help."),
    "backtest": (
        "kueue_sim.cli.commands.backtest",
        "Play a recorded past again and compare it with what really happened.",
    ),
    "test": ("kueue_sim.cli.commands.test", "Check the expectations written beside a policy."),
    "import": ("kueue_sim.cli.commands.import_", "Make a scenario of a trace or of a cluster snapshot."),
    "fit": ("kueue_sim.cli.commands.fit", "Print generators that make work like that of a history."),
    "convert": ("kueue_sim.cli.commands.convert", "Print the Kueue manifests a scenario's policy amounts to."),
    "schema": ("kueue_sim.cli.listings.schema", "Print the JSON Schema of scenario files."),
    "explore": ("kueue_sim.cli.commands.explore", "Move quotas and limits with sliders, on a page in the browser."),
    "example": ("kueue_sim.cli.listings.example", "List the scenarios that come with kueue-sim, or print one."),
    "metrics": ("kueue_sim.cli.listings.metrics", "List what can be measured and compared."),
    "paths": ("kueue_sim.cli.listings.paths", "List the paths that --set, variants and grids can change."),
    "mcp": (
        "kueue_sim.cli.commands.mcp",
        "Offer check, run, explain, admit, forecast and compare to programs over MCP.",
    ),
    "completion": ("kueue_sim.cli.listings.completion", "Print what makes a shell complete commands and options."),
}
"""Command -> (module, help). The module's attribute ``command`` is the click command."""


INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells expect."""


class LazyCommands(click.Group):
    """A group that imports a command's module when the command is used, not for the list of commands."""

    def __init__(self, *, commands_by_name: Mapping[str, tuple[str, str]], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._homes = commands_by_name

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a Ctrl-C that it does not answer leaves with the shells' code, not that of a failure."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        home = self._homes.get(cmd_name)
        if home is None:
            return None
        command = import_module(home[0]).command
        assert isinstance(command, click.Command)
        command.short_help, command.epilog = home[1], epilog(cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant. Raises UsageError with the nearest name when there is none."""
        if args and args[0] not in self._homes and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self._homes, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{guess}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._homes.items()])
