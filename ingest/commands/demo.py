"""`nearspace demo`: ingest the sample collection and open the search page."""

import argparse
from importlib import import_module
from pathlib import Path

from ingest.commands.options import HOME_HELP, add_app_options
from ingest.console.output import show_message
from ingest.settings import DEMO_SPACE, home_folder

APP_COMMAND = "search_app.commands.app"
"""The module of `nearspace app`; imported when it is needed, since ingest knows nothing of the app."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace demo`."""
    parser.description = f"Ingests the sample collection into the space {DEMO_SPACE!r} and opens the search page on it."
    parser.add_argument("--home", type=Path, metavar="DIR", help=HOME_HELP)
    add_app_options(parser)


def run(options: argparse.Namespace) -> int:
    """Ingest what is not yet in the space `sample`, then serve the page; returns the exit status."""
    from ingest.commands.ingest_session import ingest_into
    from ingest.resources import sample_folder

    sample = sample_folder()
    show_message(f"ingesting the sample collection into the space {DEMO_SPACE!r} ...")
    report = ingest_into(home_folder(options.home), DEMO_SPACE, [sample / "pictures", sample / "texts"])
    if report.interrupted:
        return report.exit_status
    options.space = DEMO_SPACE
    status: int = import_module(APP_COMMAND).run(options)
    return status
