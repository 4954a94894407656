"""The grammar of `nearspace topics` and `nearspace map`.  Imports nothing heavy."""

import argparse
from collections.abc import Callable
from pathlib import Path

METHODS = ("pca", "umap", "tsne")
"""See search_app.maps.layout."""

Where = Callable[[argparse.ArgumentParser], None]


def add_topics(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", add_where: Where) -> None:
    """Add `nearspace topics`; `add_where` adds the options that say which space."""
    topics = commands.add_parser(
        "topics",
        help="list what a space is about",
        description="Lists the topics of a space, the largest first: clusters of pictures and passages that mean much "
        "the same, named by the words that set them apart. They are found once, and kept; items that come later join "
        "the topic that is nearest. `nearspace search --topic NAME` searches one.",
    )
    topics.add_argument("--refit", action="store_true", help="find topics anew, as the space is now")
    topics.add_argument("--json", action="store_true", help="print as JSON")
    add_where(topics)


def add_map(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", add_where: Where) -> None:
    """Add `nearspace map`."""
    drawn = commands.add_parser(
        "map",
        help="export the map of a space",
        description="Writes the map of a space into a file: FILE.html is one page that opens in any browser without "
        "Nearspace and without the internet; FILE.zip holds what the TensorFlow Embedding Projector loads (vectors, "
        "metadata, pictures and their configuration).",
    )
    drawn.add_argument("--export", type=Path, required=True, metavar="FILE", help="a name that ends in .html or .zip")
    drawn.add_argument("--projection", choices=METHODS, default="pca", help="how it is drawn (default: %(default)s)")
    drawn.add_argument("--dimensions", type=int, choices=(2, 3), default=2, help="(default: %(default)s)")
    drawn.add_argument("--gap", action="store_true", help="leave the gap between pictures and passages as it is")
    drawn.add_argument("--refit", action="store_true", help="fit it anew, as the space is now")
    add_where(drawn)
