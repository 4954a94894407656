"""`nearspace search`: search a space from the terminal."""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from ingest.commands.options import add_space_options
from ingest.console.output import result_console, show_message
from ingest.console.progress import rebuild_progress
from ingest.errors import SettingsError
from ingest.formatting import format_count, printable
from ingest.settings import home_folder, space_name
from search_app.commands.field_options import add_filters, add_listing, filters_and_listing
from search_app.commands.query_options import SEARCH_EPILOG, TypedTerm, add_term_options
from search_app.search.query_schema import Filters

if TYPE_CHECKING:
    from ingest.space import Item
    from search_app.search.export import Export
    from search_app.search.pagination import Page
    from search_app.search.query import Query
    from search_app.search.query_builder import Part
    from search_app.search.query_schema import Listing
    from search_app.search.result_groups import Entry

_SNIPPET = 160
_NOUNS = {"image": "image", "text": "passage"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `nearspace search`."""
    parser.description = "Prints the items closest in meaning to words, pictures and items, combined."
    parser.epilog = SEARCH_EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add_term_options(parser)
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    parser.add_argument(
        "--counts",
        action="store_true",
        help="print JSON as over HTTP: an object of the `results` and the number of `good` answers of each kind",
    )
    add_space_options(parser)
    add_filters(parser)
    add_listing(parser)


def run(options: argparse.Namespace) -> int:
    """Print the items closest in meaning to the question; returns the exit status."""
    from ingest.encoders.registry import load_encoder
    from ingest.space import check_encoder, open_space
    from search_app.search.candidates import SEARCH_POOL
    from search_app.search.export import export, require_suffix
    from search_app.search.query_builder import build_query, require_filters, require_items
    from search_app.search.results import results_of
    from search_app.search.searcher import Searcher

    filters, listing = filters_and_listing(options)
    if options.export:
        require_suffix(options.export)
    terms = options.terms or [TypedTerm("text", phrase) for phrase in filters.exact]
    if not (terms or options.like or options.unlike):
        raise SettingsError(
            'There is nothing to look for. Give words, --image FILE, or both: nearspace search "a bird".'
        )
    home, name = home_folder(options.home), space_name(options.space)
    with rebuild_progress() as rebuilding:
        space = open_space(home, name, log=show_message, progress=rebuilding)
    with space:
        searcher = Searcher(space)
        SEARCH_POOL.submit(searcher.vectors.now)  # while the encoder loads
        encoder = load_encoder(space.manifest.encoder.id, log=show_message)
        check_encoder(space.manifest, encoder.info)
        at_least = encoder.info.image_size
        query, pictures = build_query(_parts(terms), options.like, options.unlike, at_least=at_least)
        query = replace(
            query,
            filters=filters,
            count=options.count,
            listing=listing,
        )
        query = _with_date(query)
        require_items(query, space.ledger)
        require_filters(filters, searcher, encoder)
        answer = searcher.ask(query, encoder, pictures)
        results = results_of(answer)
        exported = export(space, results, options.export) if options.export else None
    if options.counts:
        result_console.print_json(json.dumps(results.as_json()))
    elif options.json:
        result_console.print_json(json.dumps([result.as_json() for result in results]))
    elif not results:
        show_message(_nothing_found(answer.page, listing, filtered=filters != Filters()))
    else:
        show_message(_summary(answer.page))
        entries = [(entry, answer.items[entry.hit.id]) for entry in answer.page.entries if entry.hit.id in answer.items]
        for shelf in _shelves(entries, answer.page) if listing.separate else [entries]:
            result_console.print(_as_table(shelf))
    if exported:
        _tell(exported, options.export)
    return 0


def _tell(exported: "Export", file: Path) -> None:
    words = f"wrote {exported.results:,} results to {file}"
    if file.suffix.lower() == ".zip":
        words += f", with {exported.originals:,} originals"
        if exported.left_out:
            words += f"; {len(exported.left_out):,} are not in it, as `left out.txt` there tells"
    show_message(words)


def _with_date(query: "Query") -> "Query":
    """The query with the date that its words name, where the options ask for it; says which."""
    from search_app.search.query_dates import with_date_of_words

    dated = with_date_of_words(query)
    first, last = dated.filters.taken_after, dated.filters.taken_before
    if query.filters.dates and (first or last):
        show_message("taken" + (f" from {first}" if first else "") + (f" to {last}" if last else ""))
    elif query.filters.dates:
        show_message("the words name no date; write one such as: beach July 2023, a tent last summer")
    return dated


def _parts(terms: Sequence[TypedTerm]) -> "list[Part]":
    """The parts of the question that was typed."""
    from search_app.search.query_builder import Part

    parts = []
    for each in terms:
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


def _summary(page: "Page") -> str:
    """How many good answers there are, in words."""
    if not page.matches:
        return "nothing in the space really matches; these are the nearest all the same:"
    kinds = [format_count(page.good[name], _NOUNS[name]) for name in page.shelves if page.good.get(name)]
    about = "about " if page.estimated else ""
    return f"{about}{format_count(sum(page.good.values()), 'good match', 'good matches')}: {' and '.join(kinds)}"


def _shelves(found: "Sequence[tuple[Entry, Item]]", page: "Page") -> Iterator[list[tuple["Entry", "Item"]]]:
    """The results of each modality, that of the better first answer first."""
    for modality in page.shelves:
        if shelf := [each for each in found if each[1].modality == modality]:
            yield shelf


def _nothing_found(page: "Page", listing: "Listing", *, filtered: bool) -> str:
    if listing.page > 1:
        return f"nothing is left for page {listing.page}; ask for an earlier one"
    if listing.good_only and page.searched:
        return "nothing in the space really matches; without --good-only the nearest are listed all the same"
    if filtered:
        return "nothing found: no item is all of what the options ask; leave one of them out"
    return "nothing found: the space has no items yet; put some in with `nearspace ingest FOLDER`"


def _as_table(found: "Sequence[tuple[Entry, Item]]") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right")
    table.add_column("match")
    table.add_column("closer than")
    table.add_column("cosine", justify="right")
    table.add_column("source, passage or caption", overflow="fold")
    for entry, item in found:
        hit = entry.hit
        kind = "images" if item.modality == "image" else "passages"
        page = f", page {item.page}" if item.page else f", at {item.clock}" if item.clock else ""
        words = " ".join(item.text.split())
        snippet = words if len(words) <= _SNIPPET else words[: _SNIPPET - 1] + "…"
        source = Text(printable(item.path) + page)
        if item.also:
            source.append(f", {item.also_at}", style="dim")
        if entry.alike:
            source.append(f", +{len(entry.alike):,} like it", style="dim")
        if entry.passages:
            source.append(f", +{len(entry.passages):,} of its passages", style="dim")
        if snippet:
            source.append(f"\n{printable(snippet)}", style="dim")
        share = f"{hit.percentile:.1f} % of {kind}" if hit.others else f"(only one of the {kind})"
        share = share if hit.matches else ""  # to be the nearest of all is no praise where nothing is near
        if hit.lift:
            source.append(f"\n{hit.lift}", style="dim")
        table.add_row(str(hit.rank), hit.closeness, share, f"{hit.cosine:.3f}", source)
    return table
