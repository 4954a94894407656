"""Writes the map of a space into a file, as `nearspace map` does."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.text import Text

from ingest.console.output import result_console, show_message
from ingest.console.progress import count_progress, rebuild_progress
from ingest.encoders.registry import load_encoder
from ingest.errors import SettingsError
from ingest.formatting import printable
from ingest.settings import home_folder, space_name
from ingest.space import Item, Space, check_encoder, open_space
from search_app.commands.field_options import map_view
from search_app.maps.html_export import ExportedMap, export_html
from search_app.maps.layout import METHODS, Layout, MapSpec, spec_of
from search_app.maps.projector_export import export_projector
from search_app.maps.space_maps import SpaceMaps
from search_app.search.searcher import Searcher
from search_app.search.snapshot import Snapshot
from search_app.search.thumbnails import as_jpeg
from search_app.search.topics.model import Topics

_FORMATS: dict[str, Callable[..., ExportedMap]] = {".html": export_html, ".zip": export_projector}


def export_map(options: argparse.Namespace) -> int:
    """Lay out the map that the options ask for and write it into their file; returns the exit status."""
    target: Path = options.export
    if target.suffix.lower() not in _FORMATS:
        raise SettingsError(f"{target.name!r} has no format. End its name in {' or '.join(_FORMATS)}.")
    home, name = home_folder(options.home), space_name(options.space)
    spec = spec_of(map_view(options))
    with rebuild_progress() as rebuilding:
        space = open_space(home, name, log=show_message, progress=rebuilding)
    with space:
        searcher = Searcher(space)
        snapshot = searcher.vectors.now()
        if not len(snapshot):
            raise SettingsError("The space has no items yet. Put some in with: nearspace ingest FOLDER")
        layout = _lay_out(SpaceMaps.of(searcher), snapshot, spec, refit=options.refit)
        topics = _topics(searcher, snapshot)
        exported = _FORMATS[target.suffix.lower()](
            layout, snapshot, space.name, space.ledger.items.get, lambda item: _thumbnail(space, item), topics
        )
    _write(target, exported)
    if layout.drift.offered and not options.refit:
        show_message("much has come or gone since the map was fitted; --refit fits it anew")
    return 0


def _lay_out(maps: SpaceMaps, snapshot: Snapshot, spec: MapSpec, *, refit: bool) -> Layout:
    layout = None if refit else maps.layout(snapshot, spec)
    if layout is None:
        task = maps.start(snapshot, spec)
        with count_progress(f"fitting {METHODS[spec.method]}") as watch:
            while not task.wait(0.2):
                watch(round(100 * task.status.share), 100)
        task.result()
        layout = maps.layout(snapshot, spec)
        assert layout is not None
    return layout


def _topics(searcher: Searcher, snapshot: Snapshot) -> Topics | None:
    if (topics := searcher.topics.current(snapshot)) is not None:
        return topics
    manifest = searcher.space.manifest
    encoder = load_encoder(manifest.encoder.id, log=show_message)
    check_encoder(manifest, encoder.info)
    with count_progress("finding topics") as watch:
        return searcher.topics.find(snapshot, encoder, lambda share, words: watch(round(100 * share), 100))


def _thumbnail(space: Space, item: Item) -> bytes | None:
    path = space.thumbnail_path(item)
    try:
        return as_jpeg(path.read_bytes()) if path else None
    except OSError:  # it was deleted; `nearspace repair` makes it anew
        return None


def _write(target: Path, exported: ExportedMap) -> None:
    try:
        target.write_bytes(exported.content)
    except OSError as error:
        raise SettingsError(
            f"{str(target)!r} cannot be written: {error.strerror}. Choose another place for it."
        ) from error
    of = f" of {exported.total:,}" if exported.points < exported.total else ""
    words = f"wrote {printable(str(target))}: {exported.points:,}{of} items, {exported.pictures:,} with their picture"
    result_console.print(Text(words), soft_wrap=True)
