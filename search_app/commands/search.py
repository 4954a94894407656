"""`nearspace search`: search a space from the terminal."""

import argparse
import json
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ingest.console import printable, rebuild_progress, result_console, say
from ingest.encoders.registry import load_encoder
from ingest.errors import ReadError, SettingsError
from ingest.settings import home_folder, space_name
from ingest.space import Item, check_encoder, open_space
from search_app.engine.filters import Filters
from search_app.engine.query import Query
from search_app.engine.ranking import Hit
from search_app.engine.search import Searcher

_SNIPPET = 160


def run(options: argparse.Namespace) -> int:
    """Print the items closest in meaning to what was asked; returns the exit status."""
    text = options.text.strip()
    if not text and not options.image:
        raise SettingsError(
            'There is nothing to look for. Give words, --image FILE, or both: nearspace search "a bird".'
        )
    home, name = home_folder(options.home), space_name(options.space)
    with rebuild_progress() as rebuilding:
        space = open_space(home, name, say=say, progress=rebuilding)
    with space:
        encoder = load_encoder(space.manifest.encoder.id, say=say)
        check_encoder(space.manifest, encoder.info)
        picture = None
        if options.image:
            from ingest.readers.images import open_upright

            try:
                picture = open_upright(options.image.expanduser(), at_least=encoder.info.image_size)
            except ReadError as error:
                raise SettingsError(f"{options.image}: {error}") from error
        filters = Filters(modalities=(options.modality,) if options.modality else ())
        answer = Searcher(space).ask(Query(text=text, filters=filters, count=options.count), encoder, picture)
    found = [(hit, answer.items[hit.id]) for hit in answer.ranking.hits if hit.id in answer.items]
    if options.json:
        result_console.print_json(json.dumps([_as_json(hit, item) for hit, item in found]))
    elif not found:
        say("nothing found: the space has no items of this kind yet; put some in with `nearspace ingest FOLDER`")
    else:
        result_console.print(_as_table(found))
    return 0


def _as_json(hit: Hit, item: Item) -> dict:
    return {
        "rank": hit.rank,
        "id": item.id,
        "modality": item.modality,
        "percentile": round(hit.percentile, 2),
        "cosine": round(hit.cosine, 4),
        "score": round(hit.score, 3),
        "path": item.path,
        "page": item.page,
        "title": item.title,
        "text": item.text,
    }


def _as_table(found: Sequence[tuple[Hit, Item]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right")
    table.add_column("closer than")
    table.add_column("cosine", justify="right")
    table.add_column("source, passage or caption", overflow="fold")
    for hit, item in found:
        kind = "images" if item.modality == "image" else "passages"
        page = f", page {item.page}" if item.page else ""
        words = " ".join(item.text.split())
        snippet = words if len(words) <= _SNIPPET else words[: _SNIPPET - 1] + "…"
        source = Text(printable(item.path) + page)
        if snippet:
            source.append(f"\n{printable(snippet)}", style="dim")
        share = f"{hit.percentile:.1f} % of {kind}" if hit.others else f"(only one of the {kind})"
        table.add_row(str(hit.rank), share, f"{hit.cosine:.3f}", source)
    return table
