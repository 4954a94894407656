"""The options that several commands of the command line have."""

import argparse
from pathlib import Path

from ingest.commands.chroma_options import add_chroma
from ingest.settings import (
    DEFAULT_ENCODER,
    DEFAULT_HOME,
    DEFAULT_SPACE,
    DEVICE_VARIABLE,
    HOME_VARIABLE,
    SPACE_VARIABLE,
)

HOME_HELP = f"the folder that holds the spaces (default: ${HOME_VARIABLE}, else ./{DEFAULT_HOME})"


def add_where(command: argparse.ArgumentParser) -> None:
    """Let `command` name the space."""
    command.add_argument(
        "--space", metavar="NAME", help=f"the space's name (default: ${SPACE_VARIABLE}, else {DEFAULT_SPACE})"
    )
    command.add_argument("--home", type=Path, metavar="DIR", help=HOME_HELP)


def add_device(command: argparse.ArgumentParser) -> None:
    """Let `command` choose where an encoder computes."""
    command.add_argument(
        "--device",
        metavar="NAME",
        help=f"where a plugged-in encoder computes: cuda, mps or cpu (default: ${DEVICE_VARIABLE}, else the fastest)",
    )


def add_ingesting(command: argparse.ArgumentParser) -> None:
    """Let `command` say what is read, how, and into which space."""
    add_where(command)
    command.add_argument(
        "--encoder",
        metavar="ID",
        help=f"the encoder of a new space (default: the space's own, else {DEFAULT_ENCODER}); "
        "`nearspace encoders` lists them",
    )
    add_device(command)
    add_chroma(command)
    _add_choice(command)
    _add_reading(command)


def add_told(command: argparse.ArgumentParser) -> None:
    """Let `command` choose how much it tells, and in which form."""
    told = command.add_mutually_exclusive_group()
    told.add_argument("--quiet", action="store_true", help="print only what failed")
    told.add_argument(
        "--json-lines", action="store_true", help="print JSON for scripts: a line for every file as it is done"
    )


def _add_choice(command: argparse.ArgumentParser) -> None:
    chosen = command.add_argument_group(
        "which files",
        "Globs are as in a .gitignore file, for paths below PATH, upper and lower case alike; put them in quotation "
        "marks. Files named .nearspaceignore leave out what a .gitignore in their place would. Sources that are left "
        "out now leave the space.",
    )
    chosen.add_argument(
        "--include", action="append", default=[], metavar="GLOB", help="only files like '*.jpg'; may be repeated"
    )
    chosen.add_argument(
        "--exclude", action="append", default=[], metavar="GLOB", help="no files or folders like 'drafts/'; repeatable"
    )
    chosen.add_argument("--hidden", action="store_true", help="also names that begin with a dot")
    gone = chosen.add_mutually_exclusive_group()
    gone.add_argument("--keep-missing", action="store_true", help="keep sources whose files are gone or left out now")
    gone.add_argument("--yes", action="store_true", help="remove them even if they are more than half of the space")


def _add_reading(command: argparse.ArgumentParser) -> None:
    how = command.add_argument_group(
        "how files are read",
        "Files that are in the space already are read again where what is asked for here differs from before.",
    )
    how.add_argument(
        "--text-column",
        default="",
        metavar="NAME",
        help="the column of a table (csv, tsv, jsonl, parquet) that is a row's text (default: text, caption, "
        "description and the like, else all cells)",
    )
    how.add_argument("--id-column", default="", metavar="NAME", help="the column that names a row (default: id)")
    how.add_argument(
        "--image-column",
        default="",
        metavar="NAME",
        help="the column with the path of a row's picture, relative to the table: the row's text becomes the picture's "
        "caption, and a passage too where --text-column is given",
    )
    how.add_argument(
        "--frames",
        type=positive,
        default=0,
        metavar="N",
        help="read N frames of each animation (GIF, WebP, APNG, AVIF), spread evenly (default: the first)",
    )
    how.add_argument(
        "--every",
        type=_seconds,
        default=0.0,
        metavar="SECONDS",
        help="read a frame of each video every so many seconds (default: one where the scene changes, 1 to 30 seconds "
        "apart)",
    )
    how.add_argument("--gps", action="store_true", help="also keep where a photo was taken, as its camera noted it")


def positive(given: str) -> int:
    """The whole number that is given; argparse reports anything below 1."""
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is not a whole number of at least 1")
    return int(given)


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number of seconds from 0.1 to 86400")
    return seconds
