"""`nearspace ingest`: read files and folders into a space."""

import argparse
from dataclasses import replace
from pathlib import Path

from ingest.commands.chroma_options import add_chroma_options
from ingest.commands.engine_options import add_engine_options
from ingest.commands.options import (
    add_device_option,
    add_encoder_option,
    add_output_options,
    add_reading_options,
    add_selection_options,
    add_space_options,
)
from ingest.errors import SettingsError
from ingest.formatting import printable
from ingest.settings import home_folder, space_name

_NAMED = 3  # paths in an error at most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace ingest`."""
    parser.description = (
        "Reads pictures and documents under each PATH into a space. A second run encodes only what is new or changed, "
        "and forgets files that are gone."
    )
    parser.epilog = (
        "exit status: 0 all went well, 1 some files failed (or too many are gone to be removed without --yes), "
        "2 nothing could be done, 130 stopped with Ctrl-C: what is done is kept, and the same command continues"
    )
    parser.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a folder, walked recursively, a file, or a web address (http, https), fetched; - for paths and addresses "
        "on standard input, one a line",
    )
    add_ingest_options(parser)
    add_engine_options(parser)
    parser.add_argument("--report", type=Path, metavar="FILE", help="write every file's outcome to this JSON file")
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would happen and how long it would take; write nothing"
    )
    add_output_options(parser)


def add_ingest_options(parser: argparse.ArgumentParser) -> None:
    """Add what is read, how, and into which space: the options that `nearspace watch` has as well."""
    add_space_options(parser)
    add_encoder_option(parser)
    add_device_option(parser)
    add_chroma_options(parser)
    add_selection_options(parser)
    add_reading_options(parser)


def run(options: argparse.Namespace) -> int:
    """Ingest `options.paths`; returns the exit status."""
    from ingest.commands.ingest_session import dry_run_of, ingest_into
    from ingest.commands.parsed_options import options_from_args, paths_and_addresses
    from ingest.console.reporters import make_reporter
    from ingest.sources.discovery import is_missing

    home, name = home_folder(options.home), space_name(options.space)
    paths, addresses = paths_and_addresses(options.paths)
    if not addresses and all(map(is_missing, paths)):  # an error before anything is loaded or made
        named = ", ".join(printable(str(path)) for path in paths[:_NAMED])
        raise SettingsError(
            f"There is nothing at {named}. Check how {'it is' if len(paths) == 1 else 'they are'} spelt."
        )
    if options.report and not options.report.expanduser().absolute().parent.is_dir():
        raise SettingsError(f"There is no folder for the report {options.report}. Give --report a file in one that is.")
    reporter = make_reporter(quiet=options.quiet, json_lines=options.json_lines)
    ingest_options = replace(options_from_args(options), addresses=addresses)
    run_ingest = dry_run_of if options.dry_run else ingest_into
    report = run_ingest(home, name, paths, ingest_options, reporter)
    if options.report:
        report.write_json(options.report.expanduser(), space=name, roots=[*map(str, paths), *addresses])
    return report.exit_status
