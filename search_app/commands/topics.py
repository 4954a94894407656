"""`nearspace topics`: list what a space is about."""

import argparse
import json
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ingest.commands.options import add_space_options
from ingest.console.output import result_console, show_message
from ingest.console.progress import count_progress, rebuild_progress
from ingest.formatting import printable
from ingest.settings import home_folder, space_name

if TYPE_CHECKING:
    from ingest.space import Item
    from search_app.search.topics.model import Topic

_SHOWN = 3  # representatives that are named


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace topics`."""
    parser.description = (
        "Lists the topics of a space, the largest first: clusters of pictures and passages that mean much the same, "
        "named by the words that set them apart. They are found once, and kept; items that come later join the topic "
        "that is nearest. `nearspace search --topic NAME` searches one."
    )
    parser.add_argument("--refit", action="store_true", help="find topics anew, as the space is now")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_space_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the topics; returns the exit status."""
    from ingest.encoders.registry import load_encoder
    from ingest.space import check_encoder, open_space
    from search_app.search.results import topic_as_json
    from search_app.search.searcher import Searcher
    from search_app.search.topics.model import MIN_ITEMS

    home, name = home_folder(options.home), space_name(options.space)
    with rebuild_progress() as rebuilding:
        space = open_space(home, name, log=show_message, progress=rebuilding)
    with space:
        searcher = Searcher(space)
        snapshot = searcher.vectors.now()
        topics = None if options.refit else searcher.topics.current(snapshot)
        if topics is None:
            encoder = load_encoder(space.manifest.encoder.id, log=show_message)
            check_encoder(space.manifest, encoder.info)
            with count_progress("finding topics") as watch:
                topics = searcher.topics.find(snapshot, encoder, lambda share, _: watch(round(100 * share), 100))
        described = topics.describe(snapshot)
        ids = [item_id for topic in described for item_id in topic.representatives]
        items = {item.id: item for item in space.ledger.items.get(ids)}
        offered = topics.drift(snapshot).offered
    if options.json:
        result_console.print_json(json.dumps([topic_as_json(topic, items) for topic in described]))
        return 0
    if not described:
        show_message(
            f"the space has no topics: they need {MIN_ITEMS} items; put some in with `nearspace ingest FOLDER`"
        )
        return 0
    result_console.print(_as_table(described, items))
    if offered:
        show_message("much has come or gone since these were found; `nearspace topics --refit` finds them anew")
    return 0


def _as_table(topics: "list[Topic]", items: "dict[str, Item]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("topic")
    table.add_column("images", justify="right")
    table.add_column("passages", justify="right")
    table.add_column("most typical", overflow="fold")
    for topic in topics:
        names = dict.fromkeys(items[each].name for each in topic.representatives if each in items)
        shown = ", ".join(printable(name) for name in list(names)[:_SHOWN])
        words = (Text(printable(topic.name)), f"{topic.images:,}", f"{topic.texts:,}", Text(shown, style="dim"))
        table.add_row(*words)
    return table
