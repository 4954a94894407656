"""`nearspace repair`: repair what `nearspace check` finds."""

import argparse
import json
from typing import TYPE_CHECKING

from rich.text import Text

from ingest.commands.check import as_json, show_problems
from ingest.commands.chroma_options import LOCAL, add_chroma_options, chroma_of
from ingest.commands.options import add_space_options
from ingest.console.output import result_console, show_message
from ingest.console.progress import count_progress
from ingest.exit_status import ALL_WELL, SOME_FAILED
from ingest.formatting import printable
from ingest.settings import home_folder, space_name

if TYPE_CHECKING:
    from ingest.space.maintenance.repair import Repair


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace repair`."""
    parser.description = (
        "Repairs what `nearspace check` finds, and prints what it did. Chroma is filled anew from the ledger, "
        "thumbnails are made anew, and sources whose vectors are broken are read again at the next ingest. No item "
        "leaves the space."
    )
    parser.epilog = "exit status: 0 the space is sound now, 1 some problems are left, 2 nothing could be done"
    add_chroma_options(parser, moving=True)
    add_space_options(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Repair the space and print what was done; returns the exit status."""
    from ingest.space.maintenance.repair import repair

    home, name = home_folder(options.home), space_name(options.space)
    back = options.chroma == LOCAL
    address = None if back else chroma_of(options)
    with count_progress("checking and repairing") as progress:
        done = repair(home, name, chroma=address, back=back, log=show_message, progress=progress)
    if options.json:
        facts = {"done": done.done, "to_ingest": done.to_ingest, "before": as_json(done.before)}
        result_console.print_json(json.dumps({**facts, "after": as_json(done.after)}))
    else:
        _show(done)
    return ALL_WELL if done.after.sound else SOME_FAILED


def _show(done: "Repair") -> None:
    if done.before.sound and not done.done:
        result_console.print("the space is sound; there was nothing to repair")
        return
    show_problems(done.before)
    for sentence in done.done:
        result_console.print(Text(f"repaired: {sentence}", style="green"), soft_wrap=True)
    if done.to_ingest:
        folders = " ".join(printable(folder) for folder in done.to_ingest)
        result_console.print(Text(f"ingest once more, to have the sources encoded anew: {folders}"), soft_wrap=True)
    if done.after.sound:
        result_console.print(Text("the space is sound", style="green"))
    else:
        result_console.print(Text("what is left cannot be repaired from here:", style="yellow"))
        show_problems(done.after)
