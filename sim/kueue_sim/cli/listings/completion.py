"""``kueue-sim completion``: completion of commands, options and examples in a shell."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash: add to ~/.bashrc    eval "$(kueue-sim completion bash)"
    zsh:  add to ~/.zshrc     eval "$(kueue-sim completion zsh)"
    fish: once                kueue-sim completion fish > ~/.config/fish/completions/kueue-sim.fish
    """
    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(ctx.find_root().command, {}, "kueue-sim", "_KUEUE_SIM_COMPLETE").source())
