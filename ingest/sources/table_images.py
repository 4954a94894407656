"""Finds the pictures that tables name: each is a source of its own, with its row's text as caption."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.formats import is_table, kind_of
from ingest.readers.reading_options import ReadingOptions, choices_in
from ingest.readers.tables import NamedPicture, named_pictures
from ingest.run.classify import read_alike
from ingest.sources.discovery import Finds
from ingest.sources.location import is_there
from ingest.sources.walk import ROW_STATE, Found, Row, archive_of, content_hash
from ingest.space.ledger.ledger import Ledger

_IN_ARCHIVE = "a table in an archive, where pictures cannot be named. Unpack the archive to have them read."


def with_named_pictures(finds: Finds, ledger: Ledger, reading: ReadingOptions) -> None:
    """Add to `finds` the pictures that its tables name, where `reading` or an earlier run names their image column.

    A picture that is missing, or outside of the table's folder and of what is ingested, is there with the reason why
    it cannot be read.
    """
    files: list[Found] = []
    for found in finds.files:
        if not is_table(found.path):
            files.append(found)
            continue
        chosen = reading if reading.chosen_for(found.path) else reading.for_table(found.path, _before(found, ledger))
        if not chosen.image_column:
            files.append(found)
            continue
        if archive_of(found.path):
            files.append(replace(found, problem=_IN_ARCHIVE))
            continue
        try:
            pictures, without = named_pictures(found.path, chosen)
        except ReadError:
            finds.blind.add(found.path)  # its own outcome says why; nothing is known of its pictures
            files.append(found)
            continue
        rows = "1 row names" if without == 1 else f"{without:,} rows name"
        files.append(replace(found, gaps=f"{rows} no picture" if without else ""))
        files.extend(_sources(found, pictures, finds))
    finds.files[:] = files


def _before(table: Found, ledger: Ledger) -> str:
    """What was chosen when the table was read last, here or where it has been moved from; '' as usual."""
    if source := ledger.source(table.source):
        return choices_in(source.sidecar)
    if archive_of(table.path):
        return ""
    try:
        sources = ledger.sources_with_hash(content_hash(table.path))
    except ReadError:
        return ""  # its own outcome says why
    gone = (source for source in sources if read_alike(table, source) and not is_there(source.path))
    return next((choices_in(source.sidecar) for source in gone if source.in_the_space), "")


def _sources(table: Found, pictures: list[NamedPicture], finds: Finds) -> Iterator[Found]:
    folder = table.path.parent
    allowed = [folder.resolve(), *finds.roots]
    seen: set[Path] = set()
    for picture in pictures:
        named, problem = _named(folder, picture, allowed)
        inside = os.path.relpath(named, folder) if named else picture.name.lstrip("/\\")
        path = table.path / inside
        if path in seen:
            continue  # the same file, spelt in two ways
        seen.add(path)
        size, changed = 0, 0
        if named and not problem:
            status = named.stat()
            size, changed = status.st_size, status.st_mtime_ns
        said = json.dumps([picture.caption, picture.facts], sort_keys=True)
        row = Row(picture.caption, picture.facts, f"{ROW_STATE}{hashlib.sha256(said.encode()).hexdigest()[:16]}")
        yield Found(path, table.root, size, changed, kind_of(path) or "image", problem=problem, row=row)


def _named(folder: Path, picture: NamedPicture, allowed: list[Path]) -> tuple[Path | None, str]:
    """The file that a row names, and why it cannot be read, '' where it can."""
    row = f"row {picture.row:,} of the table names"
    if "://" in picture.name:
        return None, f"{row} a web address, and those in tables are not fetched. Download it, and name the file."
    for name in dict.fromkeys((picture.name, picture.name.replace("\\", "/"))):
        try:
            path = (folder / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            continue
        if not any(path.is_relative_to(each) for each in allowed):
            return None, (
                f"{row} a file outside of its folder and of the folders that are ingested. Ingest that folder too, or "
                "move the file."
            )
        if not path.is_file() or kind_of(path) != "image":
            return folder / name, f"{row} it, and it is no picture that is read here. Correct the table."
        return folder / name, ""
    return None, f"{row} it, and it is not there. Correct the table, or bring the picture back."
