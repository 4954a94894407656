"""`nearspace mcp`: an assistant's tools over a space, on standard input and output."""

import argparse
from contextlib import suppress
from importlib.util import find_spec

from ingest.commands.options import add_space_options
from ingest.console.output import show_message
from ingest.errors import SettingsError
from ingest.settings import home_folder, space_name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace mcp`."""
    parser.description = (
        "Speaks the Model Context Protocol on standard input and output: an assistant that starts this command gets "
        "the tools search, similar and show over the space, and none that changes it."
    )
    add_space_options(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until the assistant closes standard input; returns the exit status."""
    if find_spec("mcp") is None:
        raise SettingsError(
            "The package that speaks with assistants (MCP) is not installed. Run: pip install 'nearspace[mcp]'."
        )
    from search_app.server.mcp import make_server
    from search_app.server.open_space import ServedSpace

    served_space = ServedSpace(space_name(options.space), home_folder(options.home), log=show_message)
    try:
        with suppress(KeyboardInterrupt):
            make_server(served_space).run("stdio")
    finally:
        served_space.close()
    return 0
