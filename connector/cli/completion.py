"""``connector completion``: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

WHERE = {
    "bash": 'eval "$(connector completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(connector completion zsh)"   in ~/.zshrc',
    "fish": "connector completion fish | source   in ~/.config/fish/config.fish",
}


@click.command(epilog="\b\n" + "\n".join(f"{shell}: {line}" for shell, line in WHERE.items()))
@click.argument("shell", type=click.Choice(tuple(WHERE)))
def command(shell: str) -> None:
    """Print the completion script for a shell.

    Put the line for your shell into its start-up file.
    """
    from connector.cli import root

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(root, {}, "connector", "_CONNECTOR_COMPLETE").source())
