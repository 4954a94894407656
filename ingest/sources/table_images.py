"""Discovers the pictures that tables name: each is a source of its own, with its row's text as caption."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.formats import is_table, kind_of
from ingest.readers.reading_options import ReadingOptions
from ingest.readers.tables import NamedPicture, named_pictures
from ingest.sources.discovery import Discovery
from ingest.sources.found import FoundSource, TableRow
from ingest.sources.location import ArchiveMember, TableImage

_IN_ARCHIVE = "a table in an archive, where pictures cannot be named. Unpack the archive to have them read."


def add_table_images(
    discovery: Discovery, reading: ReadingOptions, earlier_options: Callable[[FoundSource], str]
) -> None:
    """Add the pictures that the tables of `discovery` name, if `reading` or an earlier run names the image column.

    `earlier_options` returns the options that a table was read with before.  A picture that is missing, or outside of
    the table's folder and of what is ingested, is added with the reason why it cannot be read.
    """
    sources: list[FoundSource] = []
    for found in discovery.sources:
        if not is_table(found.path):
            sources.append(found)
            continue
        options = reading if reading.options_for(found.path) else reading.for_table(found.path, earlier_options(found))
        if not options.image_column:
            sources.append(found)
            continue
        if isinstance(found.location, ArchiveMember):
            sources.append(replace(found, problem=_IN_ARCHIVE))
            continue
        try:
            pictures, without = named_pictures(found.path, options)
        except ReadError:
            discovery.unseen.add(found.path)  # its own outcome says why; nothing is known of its pictures
            sources.append(found)
            continue
        rows = "1 row names" if without == 1 else f"{without:,} rows name"
        sources.append(replace(found, gaps=f"{rows} no picture" if without else ""))
        sources.extend(_images(found, pictures, discovery))
    discovery.sources[:] = sources


def _images(table: FoundSource, pictures: list[NamedPicture], discovery: Discovery) -> Iterator[FoundSource]:
    folder = table.path.parent
    allowed = [folder.resolve(), *discovery.roots]
    seen: set[Path] = set()
    for picture in pictures:
        file, problem = _file_of(folder, picture, allowed)
        path = table.path / (os.path.relpath(file, folder) if file else picture.name.lstrip("/\\"))
        if path in seen:
            continue  # the same file, spelt in two ways
        seen.add(path)
        size, mtime_ns = 0, 0
        if file and not problem:
            status = file.stat()
            size, mtime_ns = status.st_size, status.st_mtime_ns
        facts = json.dumps([picture.caption, picture.facts], sort_keys=True)
        row = TableRow(picture.caption, picture.facts, hashlib.sha256(facts.encode()).hexdigest()[:16])
        location = TableImage(path, table.path)
        yield FoundSource(location, table.root, size, mtime_ns, kind_of(path) or "image", problem=problem, row=row)


def _file_of(folder: Path, picture: NamedPicture, allowed: list[Path]) -> tuple[Path | None, str]:
    """The file that a row names, and why it cannot be read, '' if it can."""
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
