"""`nearspace remove`: take sources out of a space; their files stay where they are."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from ingest.commands.options import add_space_options
from ingest.console.output import result_console, show_message
from ingest.errors import SettingsError
from ingest.exit_status import ALL_WELL, INTERRUPTED
from ingest.formatting import format_count
from ingest.settings import home_folder, space_name
from ingest.sources.discovery import resolved
from ingest.sources.web_copies import is_address

if TYPE_CHECKING:
    from ingest.space.ledger.exclusions import Removal

_STAYS = (
    "The files themselves stay where they are. An ingest of a folder around them leaves them out from now on; "
    "ingest one by its own name to have it again."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace remove`."""
    parser.description = (
        "Takes the sources at and below each PATH out of the space. Their files stay where they are, and an ingest of "
        "a folder around them leaves them out from then on, until one is ingested by its own name."
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or a web address, as ingested")
    parser.add_argument("--yes", action="store_true", help="remove them without asking")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_space_options(parser)


def run(options: argparse.Namespace) -> int:
    """Remove the sources at and below `options.paths`, once a person has agreed; returns the exit status."""
    from ingest.run.pipeline import tidy
    from ingest.space import open_to_reencode

    home, name = home_folder(options.home), space_name(options.space)
    paths = [_as_in_the_ledger(path) for path in options.paths]
    with open_to_reencode(home, name, log=show_message) as space:
        found = space.ledger.exclusions.preview(paths)
        if not found.sources:
            raise SettingsError(
                f"Nothing in the space {name!r} is from {', '.join(paths)}. `nearspace status` names its folders."
            )
        if not options.yes and not _agreed(found):
            show_message("nothing was removed")
            return INTERRUPTED
        gone = space.ledger.exclude(paths)
        space.index()
        tidy(space)
        counts = space.ledger.items.counts()
    if options.json:
        facts = {"sources": gone.sources, "items": gone.items, "paths": paths, "left": counts}
        result_console.print_json(json.dumps(facts))
    else:
        result_console.print(Text(f"removed {_counted(gone)}. {_STAYS}"), soft_wrap=True)
    return ALL_WELL


def _as_in_the_ledger(given: str) -> str:
    """The path as an ingest of it writes it down: absolute, links resolved down to the file's name."""
    return given if is_address(given) else str(resolved(Path(given).expanduser()))


def _agreed(found: "Removal") -> bool:
    if not sys.stdin.isatty():
        raise SettingsError(f"{_counted(found)} would leave the space. Give the same command with --yes.")
    result_console.print(Text(f"{_counted(found)} would leave the space. {_STAYS}"), soft_wrap=True)
    return result_console.input("Remove them? [y/N] ").strip().lower() in ("y", "yes")


def _counted(gone: "Removal") -> str:
    return f"{format_count(gone.sources, 'source')} with {format_count(gone.items, 'item')}"
