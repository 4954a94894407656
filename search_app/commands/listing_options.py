"""The options that say how results are listed and where they are written.  Imports nothing heavy."""

import argparse
from pathlib import Path

SORTS = ("closeness", "date", "name", "folder", "size")


def add_listing(command: argparse.ArgumentParser) -> None:
    """Give `command` the options that `listing_given` reads."""
    how = command.add_argument_group("how results are listed")
    how.add_argument("--page", type=_page, default=1, metavar="N", help="the N-th page of -k results (default: 1)")
    how.add_argument(
        "--sort",
        choices=SORTS,
        default=SORTS[0],
        help="order the closest results that match by date (newest first), name, folder or size (largest first)",
    )
    how.add_argument("--reverse", action="store_true", help="turn that order round")
    how.add_argument(
        "--diversity",
        type=_share,
        default=0.0,
        metavar="D",
        help="from 0, the closest, to 1, what differs most from the results before it (default: 0)",
    )
    how.add_argument("--fold", action="store_true", help="list near-duplicates as one result")
    how.add_argument("--group", action="store_true", help="list the passages of one document as one result")
    how.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="also write the results to FILE.csv, FILE.json, or with their originals to FILE.zip",
    )


def _page(given: str) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= 10_000:
        raise argparse.ArgumentTypeError(f"{given!r} is not a page from 1 to 10000")
    return int(given)


def _share(given: str) -> float:
    try:
        share = float(given)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number from 0 to 1")
    return share
