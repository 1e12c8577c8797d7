"""``kueue-sim mcp``: the questions of the command line as tools of the Model Context Protocol."""

import click


@click.command("mcp")
def command() -> None:
    """Serve read-only tools with typed answers: check, run, explain, admit, forecast, compare.

    They are asked and answer over standard input and output. For assistants and pipelines that speak the Model Context
    Protocol. A tool's scenario is a file, the name of an example, or the YAML text itself. Nothing is written. Needs
    the extra mcp.
    """
    from kueue_sim.mcp_server import server

    server().run("stdio")
