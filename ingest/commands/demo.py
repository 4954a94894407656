"""`nearspace demo`: ingest the sample collection and open the search page."""

import argparse
from importlib import import_module

from ingest.commands.ingest import ingest_into
from ingest.console.output import say
from ingest.resources import sample_folder
from ingest.settings import home_folder

DEMO_SPACE = "sample"


def run(options: argparse.Namespace) -> int:
    """Ingest what is not yet in the space `sample`, then serve the page; returns the exit status."""
    sample = sample_folder()
    say(f"ingesting the sample collection into the space {DEMO_SPACE!r} ...")
    report = ingest_into(home_folder(options.home), DEMO_SPACE, [sample / "pictures", sample / "texts"])
    if report.interrupted:
        return report.exit_status
    options.space = DEMO_SPACE
    status: int = import_module("search_app.commands.app").run(options)
    return status
