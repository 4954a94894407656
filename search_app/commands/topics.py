"""`nearspace topics`: list what a space is about."""

import argparse
import json

from rich.table import Table
from rich.text import Text

from ingest.console.output import printable, result_console, say
from ingest.console.progress import count_progress, rebuild_progress
from ingest.encoders.registry import load_encoder
from ingest.settings import home_folder, space_name
from ingest.space import Item, check_encoder, open_space
from search_app.maps.topics import FEWEST, Topic
from search_app.search.results import topic_as_json
from search_app.search.searcher import Searcher

_SHOWN = 3  # representatives that are named


def run(options: argparse.Namespace) -> int:
    """Print the topics; returns the exit status."""
    home, name = home_folder(options.home), space_name(options.space)
    with rebuild_progress() as rebuilding:
        space = open_space(home, name, say=say, progress=rebuilding)
    with space:
        searcher = Searcher(space)
        snapshot = searcher.vectors.now()
        topics = None if options.refit else searcher.topics.now(snapshot)
        if topics is None:
            encoder = load_encoder(space.manifest.encoder.id, say=say)
            check_encoder(space.manifest, encoder.info)
            with count_progress("finding topics") as watch:
                topics = searcher.topics.find(
                    snapshot, encoder, lambda share, words: watch(round(100 * share), 100)
                )  # fmt: skip
        told = topics.told(snapshot)
        ids = [item_id for topic in told for item_id in topic.representatives]
        items = {item.id: item for item in space.ledger.items(ids)}
        offered = topics.drift(snapshot).offered
    if options.json:
        result_console.print_json(json.dumps([topic_as_json(topic, items) for topic in told]))
        return 0
    if not told:
        say(f"the space has no topics: they need {FEWEST} items; put some in with `nearspace ingest FOLDER`")
        return 0
    result_console.print(_as_table(told, items))
    if offered:
        say("much has come or gone since these were found; `nearspace topics --refit` finds them anew")
    return 0


def _as_table(topics: list[Topic], items: dict[str, Item]) -> Table:
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
