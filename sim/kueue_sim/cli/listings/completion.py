"""``kueue-sim completion``: completion of commands, options and examples in a shell."""

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

SHELLS = ("bash", "zsh", "fish")


class _Bash(BashComplete):
    """Bash hands ``--option=val`` over as three words and completes the last one."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        return args[:-1] if args[-1:] == ["="] else args, incomplete


class _WholeWord(ShellComplete):
    """Zsh and fish replace the whole of ``--option=val``, so what they are offered begins with ``--option=``."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        found = super().get_completions(args, incomplete)
        option, equals, _ = incomplete.partition("=")
        if not equals or not option.startswith("-"):
            return found
        return [CompletionItem(f"{option}={one.value}", one.type, one.help) for one in found]


class _Zsh(_WholeWord, ZshComplete):
    pass


class _Fish(_WholeWord, FishComplete):
    pass


def register() -> None:
    """Let these classes answer the shells."""
    for shell, kind in zip(SHELLS, (_Bash, _Zsh, _Fish), strict=True):
        add_completion_class(kind, shell)


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
