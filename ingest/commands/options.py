"""The options that several commands of the command line have."""

import argparse
import os
from pathlib import Path

from ingest.settings import (
    DEFAULT_ENCODER,
    DEFAULT_HOME,
    DEFAULT_SPACE,
    DEVICE_VARIABLE,
    HOME_VARIABLE,
    SPACE_VARIABLE,
)

HOME_HELP = f"the folder that holds the spaces (default: ${HOME_VARIABLE}, else ./{DEFAULT_HOME})"


def add_space_options(command: argparse.ArgumentParser) -> None:
    """Let `command` name the space."""
    command.add_argument(
        "--space", metavar="NAME", help=f"the space's name (default: ${SPACE_VARIABLE}, else {DEFAULT_SPACE})"
    )
    command.add_argument("--home", type=Path, metavar="DIR", help=HOME_HELP)


def add_device_option(command: argparse.ArgumentParser) -> None:
    """Let `command` choose where an encoder computes."""
    command.add_argument(
        "--device",
        metavar="NAME",
        help=f"where an external encoder computes: cuda, mps or cpu (default: ${DEVICE_VARIABLE}, else the fastest)",
    )


def add_encoder_option(command: argparse.ArgumentParser) -> None:
    """Let `command` choose the encoder of a new space."""
    command.add_argument(
        "--encoder",
        metavar="ID",
        help=f"the encoder of a new space (default: the space's own, else {DEFAULT_ENCODER}); "
        "`nearspace encoders` lists them",
    )


def add_output_options(command: argparse.ArgumentParser) -> None:
    """Let `command` choose how much it prints, and in which form."""
    output = command.add_mutually_exclusive_group()
    output.add_argument("--quiet", action="store_true", help="print only what failed")
    output.add_argument(
        "--json-lines", action="store_true", help="print JSON for scripts: a line for every file as it is done"
    )


def add_selection_options(command: argparse.ArgumentParser) -> None:
    """Let `command` choose which files are read, and what happens to those that are gone."""
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


def add_reading_options(command: argparse.ArgumentParser) -> None:
    """Let `command` choose how files are read."""
    how = command.add_argument_group(
        "how files are read",
        "Files that are in the space already are read again where these options differ from before.",
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
        type=positive_int,
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


def add_app_options(command: argparse.ArgumentParser) -> None:
    """Let `command` choose how the app is served, and who may use it."""
    command.add_argument(
        "--port", type=port, metavar="N", help="the port of the page (default: 8501, or the next free)"
    )
    command.add_argument(
        "--sign-in",
        type=Path,
        metavar="FILE",
        help="let in only who signs in (OpenID Connect), as this TOML file says: the table [auth] of Streamlit's "
        "st.login, and [nearspace] with allowed = [addresses]",
    )
    command.add_argument(
        "--allow-changes",
        action="store_true",
        help="let whoever reaches the page change spaces, also where it is opened to other machines (with --sign-in "
        "only the editors whom FILE names may)",
    )
    command.add_argument(
        "--allow-folder",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="let them ingest folders in DIR, whose files can then be read by all who search; repeatable; implies "
        "--allow-changes",
    )
    command.add_argument(
        "--headless",
        action="store_true",
        default=bool(os.environ.get("NEARSPACE_HEADLESS")),
        help="do not open a browser (also: NEARSPACE_HEADLESS=1)",
    )


def port(text: str) -> int:
    """A port number; argparse reports anything but 1 to 65535."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 1 to 65535")
    return int(text)


def positive_int(text: str) -> int:
    """A whole number; argparse reports anything below 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.1 to 86400")
    return seconds
