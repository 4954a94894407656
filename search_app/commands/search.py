"""`nearspace search`: search a space from the terminal."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace

from rich.table import Table
from rich.text import Text

from ingest.commands.composing import Asked
from ingest.console import printable, rebuild_progress, result_console, say
from ingest.encoders.registry import load_encoder
from ingest.errors import SettingsError
from ingest.settings import home_folder, space_name
from ingest.space import Item, check_encoder, open_space
from search_app.commands.filtering import filters_given
from search_app.engine.asking import Part, question, require_items
from search_app.engine.filters import Filters
from search_app.engine.hits import Hit
from search_app.engine.results import results_of
from search_app.engine.search import Searcher

_SNIPPET = 160


def run(options: argparse.Namespace) -> int:
    """Print the items closest in meaning to what was asked; returns the exit status."""
    filters = filters_given(options)
    asked = options.asked or [Asked("text", phrase) for phrase in filters.phrases]
    if not (asked or options.like or options.unlike):
        raise SettingsError(
            'There is nothing to look for. Give words, --image FILE, or both: nearspace search "a bird".'
        )
    home, name = home_folder(options.home), space_name(options.space)
    with rebuild_progress() as rebuilding:
        space = open_space(home, name, say=say, progress=rebuilding)
    with space:
        encoder = load_encoder(space.manifest.encoder.id, say=say)
        check_encoder(space.manifest, encoder.info)
        at_least = encoder.info.image_size
        query, pictures = question(_parts(asked), options.like, options.unlike, at_least=at_least)
        query = replace(
            query,
            filters=filters,
            count=options.count,
            method=options.method,
            balance=options.balance,
            separate=options.separate,
        )
        require_items(query, space.ledger)
        answer = Searcher(space).ask(query, encoder, pictures)
    if options.json:
        result_console.print_json(json.dumps([result.as_json() for result in results_of(answer)]))
        return 0
    found = [(hit, answer.items[hit.id]) for hit in answer.ranking.hits if hit.id in answer.items]
    if not found:
        say(_nothing_found(filters != Filters()))
        return 0
    if not answer.ranking.matches:
        say("nothing in the space really matches; these are the nearest all the same:")
    result_console.print(_as_table(found))
    return 0


def _parts(asked: Sequence[Asked]) -> list[Part]:
    """The parts of the question that was typed."""
    parts = []
    for each in asked:
        if each.kind == "picture":
            parts.append(Part(image=each.value, weight=each.weight))
        elif each.kind == "between":
            first, second, place = each.value.split(",")
            parts.append(Part(between=(first, second, _share(place)), weight=each.weight))
        elif each.kind == "item":
            parts.append(Part(item=each.value, weight=each.weight))
        else:
            parts.append(Part(text=each.value, weight=each.weight))
    return parts


def _share(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise SettingsError(f"{written!r} is no place between two items. Give a number from 0 to 1.") from None


def _nothing_found(filtered: bool) -> str:
    if filtered:
        return "nothing found: no item is all of what the options ask; leave one of them out"
    return "nothing found: the space has no items yet; put some in with `nearspace ingest FOLDER`"


def _as_table(found: Sequence[tuple[Hit, Item]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right")
    table.add_column("match")
    table.add_column("closer than")
    table.add_column("cosine", justify="right")
    table.add_column("source, passage or caption", overflow="fold")
    for hit, item in found:
        kind = "images" if item.modality == "image" else "passages"
        page = f", page {item.page}" if item.page else f", at {item.clock}" if item.clock else ""
        words = " ".join(item.text.split())
        snippet = words if len(words) <= _SNIPPET else words[: _SNIPPET - 1] + "…"
        source = Text(printable(item.path) + page)
        if item.also:
            source.append(f", {item.also_at}", style="dim")
        if snippet:
            source.append(f"\n{printable(snippet)}", style="dim")
        share = f"{hit.percentile:.1f} % of {kind}" if hit.others else f"(only one of the {kind})"
        table.add_row(str(hit.rank), hit.closeness, share, f"{hit.cosine:.3f}", source)
    return table
