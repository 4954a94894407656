"""The options of `nearspace search` that say which items may be found."""

import argparse


def add_filters(command: argparse.ArgumentParser) -> None:
    """Add the options; `search_app.commands.filters` makes filters of them."""
    only = command.add_argument_group(
        "which items",
        "Only items that are all of this. FOLDER, SUFFIX and NAME may be given several times, for any of them.",
    )
    only.add_argument("--modality", choices=("image", "text"), help="only images, or only passages")
    only.add_argument(
        "--folder", action="append", default=[], metavar="FOLDER", help="from this folder, as the results name it"
    )
    only.add_argument("--format", action="append", default=[], metavar="SUFFIX", help="of files like jpg or pdf")
    only.add_argument(
        "--after", metavar="DATE", help="taken (or else last changed) on 2024-05-31 or later; also 2024-05 or 2024"
    )
    only.add_argument("--before", metavar="DATE", help="the same, on that day or earlier")
    only.add_argument(
        "--min-size", metavar="SIZE", help="at least 2MP or 640x480 (pictures), or at least 500kB (files)"
    )
    only.add_argument("--max-size", metavar="SIZE", help="at most that")
    only.add_argument(
        "--orientation", action="append", default=[], choices=("landscape", "portrait", "square"), help="of pictures"
    )
    only.add_argument("--colour", action="append", default=[], metavar="NAME", help="pictures that are mostly red, say")
    only.add_argument("--has-caption", action="store_true", help="pictures that have a caption")
    only.add_argument(
        "--topic",
        action="append",
        default=[],
        metavar="NAME",
        help="of the topic of this name, or with this word in its name; `nearspace topics` lists them",
    )
    only.add_argument("--title", default="", metavar="WORDS", help="whose title says this")
    only.add_argument(
        "--exact",
        action="append",
        default=[],
        metavar="PHRASE",
        help="that say this word for word, in text, title, file name or keywords; a final * lets the last word go on. "
        'As "quotation marks" in TEXT do',
    )
    only.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="with this in their metadata; KEY alone for any",
    )
