"""The grammar of `nearspace topics`.  Imports nothing heavy."""

import argparse
from collections.abc import Callable

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
