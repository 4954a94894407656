"""`nearspace watch`: keep a space in step with folders as their files change."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.commands.ingest import add_ingest_options
from ingest.commands.options import add_output_options
from ingest.errors import SettingsError
from ingest.exit_status import ALL_WELL
from ingest.settings import home_folder, space_name

if TYPE_CHECKING:
    from ingest.encoders.base import Encoder
    from ingest.space import Space


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace watch`."""
    parser.description = (
        "Ingests each PATH as `nearspace ingest` does, and then every file that is added, changed, moved or deleted, "
        "as that happens, until Ctrl-C. A page that is open shows what is new."
    )
    parser.epilog = (
        "Where the system does not report changes (some network folders), WATCHFILES_FORCE_POLLING=1 polls for them "
        "instead. Exit status: 0 ended with Ctrl-C, 2 nothing could be done."
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder, watched recursively, or a file")
    add_ingest_options(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> int:
    """Ingest and watch `options.paths` until Ctrl-C; returns the exit status."""
    from ingest.commands.ingest_session import open_with_encoder
    from ingest.commands.parsed_options import options_from_args, paths_and_addresses
    from ingest.console.reporters import make_reporter
    from ingest.interrupt import GracefulInterrupt
    from ingest.run.watch import watch

    home, name = home_folder(options.home), space_name(options.space)
    paths, addresses = paths_and_addresses(options.paths)
    if addresses:
        raise SettingsError(
            f"{addresses[0]} cannot be watched. Fetch it now and then: nearspace ingest {addresses[0]}."
        )
    ingest_options = options_from_args(options)
    reporter = make_reporter(quiet=options.quiet, json_lines=options.json_lines)
    opening_options = ingest_options

    def open_space_and_encoder() -> "tuple[Space, Encoder]":
        nonlocal opening_options
        opened = open_with_encoder(home, name, opening_options, reporter)
        # From now on the space's own encoder, whatever it is re-encoded to.
        opening_options = replace(ingest_options, encoder=None)
        return opened

    with GracefulInterrupt(quiet=True) as stop:
        report = watch(home, name, paths, ingest_options, reporter, open_space_and_encoder, stop)
    return report.exit_status if report.interrupted else ALL_WELL
