"""The `nearspace` command: a table of commands.

Nothing heavy is imported here, so that `--help` answers at once; the module of a command is imported when that command
is given.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import ingest
from ingest.errors import NearspaceError
from ingest.exit_status import INTERRUPTED, NOTHING_DONE


@dataclass(frozen=True)
class Command:
    """One command of `nearspace`.

    Its module has `add_arguments(parser)`, which adds its options and its description, and `run(options)`, which
    returns the exit status.
    """

    name: str
    module: str
    help: str
    """What it does, in the list that `nearspace --help` prints."""

    def load(self) -> ModuleType:
        """Import the module of the command."""
        return import_module(self.module)


COMMANDS = (
    Command("ingest", "ingest.commands.ingest", "read files and folders into a space"),
    Command("watch", "ingest.commands.watch", "keep a space in step with folders as their files change"),
    Command("remove", "ingest.commands.remove", "take files out of a space; the files themselves stay"),
    # The command line is where the two packages meet: these commands ask a space, and belong to the app's side.
    Command("search", "search_app.commands.search", "search a space from the terminal"),
    Command("topics", "search_app.commands.topics", "list what a space is about"),
    Command("map", "search_app.commands.map", "export the map of a space"),
    Command("app", "search_app.commands.app", "open the search page in the browser"),
    Command("serve", "search_app.commands.serve", "search over HTTP, from other programs"),
    Command("mcp", "search_app.commands.mcp", "give an assistant search over a space (MCP)"),
    Command("status", "ingest.commands.status", "say what is in a space"),
    Command("check", "ingest.commands.check", "check whether a space is sound"),
    Command("repair", "ingest.commands.repair", "repair a space that is not sound"),
    Command("encoders", "ingest.commands.encoders", "list the encoders to choose from"),
    Command("tune", "ingest.commands.tune", "tune lite to your own captioned pictures"),
    Command("reencode", "ingest.commands.reencode", "give a space the vectors of another encoder"),
    Command("demo", "ingest.commands.demo", "ingest the sample collection and open the search page"),
)

_EPILOG = """\
examples:
  nearspace demo                                    the sample collection, in the browser
  nearspace ingest ~/Pictures ~/Notes               read folders into the space
  nearspace watch ~/Pictures                        keep the space in step as files change
  nearspace search "a red sports car"               search from the terminal
  nearspace search --image car.jpg "at night" -k 5  a picture and words together
  nearspace search beach --minus people             words, and what to leave out
  nearspace app                                     search in the browser, beside the map
  nearspace serve                                   search over HTTP, from other programs
"""


class _CommandParser(argparse.ArgumentParser):
    """The parser of one command, which gets its options when they are first needed."""

    command: Command | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does, with the options of the command."""
        if self.command is not None:
            command, self.command = self.command, None
            command.load().add_arguments(self)
        return super().parse_known_args(args, namespace)


def make_parser() -> argparse.ArgumentParser:
    """The grammar of the command line; the options of a command are added when it is the one that is given."""
    parser = argparse.ArgumentParser(
        prog="nearspace",
        description="Text and images in one latent space: ingest folders, search across modalities, see the map.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"nearspace {ingest.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser)
    for command in COMMANDS:
        commands.add_parser(command.name, help=command.help).command = command
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = make_parser().parse_args(arguments)
    command = next(command for command in COMMANDS if command.name == options.command)
    try:
        status: int = command.load().run(options)
    except NearspaceError as error:
        from ingest.console.output import show_error

        show_error(str(error))
        return NOTHING_DONE
    except KeyboardInterrupt:
        from ingest.console.output import show_message

        show_message("stopped; what was done so far is kept, and the same command continues from there")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`head`, say) has gone.  Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
