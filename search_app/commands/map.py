"""`nearspace map`: export the map of a space."""

import argparse
from pathlib import Path

from ingest.commands.options import add_space_options
from search_app.commands.field_options import add_map_view


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace map`."""
    parser.description = (
        "Writes the map of a space into a file: FILE.html is one page that opens in any browser without Nearspace and "
        "without the internet; FILE.zip holds what the TensorFlow Embedding Projector loads (vectors, metadata, "
        "pictures and their configuration)."
    )
    parser.add_argument("--export", type=Path, required=True, metavar="FILE", help="a name that ends in .html or .zip")
    add_map_view(parser, ("projection", "dimensions", "gap"))
    parser.add_argument("--refit", action="store_true", help="fit it anew, as the space is now")
    add_space_options(parser)


def run(options: argparse.Namespace) -> int:
    """Write the map into the file; returns the exit status."""
    from search_app.commands.map_export import export_map

    return export_map(options)
