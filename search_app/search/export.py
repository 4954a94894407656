"""Results as files: a table for spreadsheets, JSON, and an archive with the originals."""

import csv
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.atomic import atomic_file
from ingest.errors import SettingsError
from ingest.readers.formats import kind_of
from ingest.space import Item, Space
from search_app.search.originals import open_original
from search_app.search.results import FIELDS, Result, item_as_json

MOST_BYTES = 2_000_000_000
"""Bytes of originals that one archive holds, at most."""
SUFFIXES = (".csv", ".json", ".zip")

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')
_LONGEST_NAME = 120
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)  # that an archive can tell


@dataclass(frozen=True)
class Export:
    """What came of an export."""

    results: int
    """How many results were written."""
    originals: int = 0
    """How many files an archive holds of them."""
    left_out: tuple[tuple[str, str], ...] = ()
    """The originals that it does not hold: each path, with the reason in words."""


def as_csv(results: Iterable[Result]) -> bytes:
    """Results as CSV (UTF-8 with its mark, so that spreadsheets know), a column for each of FIELDS.

    A cell of words that a spreadsheet would take for a formula is given an apostrophe before it.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(FIELDS)
    for result in results:
        writer.writerow([_cell(value) for value in result.as_json().values()])
    return table.getvalue().encode("utf-8-sig", "replace")


def items_as_csv(items: Iterable[Item]) -> bytes:
    """Items that no question was asked for, as CSV like that of results, with what is known of an item as columns."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    listed = [item_as_json(item) for item in items]
    writer.writerow(listed[0] if listed else ())
    for told in listed:
        writer.writerow([_cell(value) for value in told.values()])
    return table.getvalue().encode("utf-8-sig", "replace")


def as_json(results: Iterable[Result]) -> bytes:
    """Results as a JSON list, with FIELDS as keys."""
    listed = [result.as_json() for result in results]
    return json.dumps(listed, ensure_ascii=False, indent=2).encode("utf-8", "replace")


def export(space: Space, results: Sequence[Result], file: Path) -> Export:
    """Write results to `file`, by its suffix: `.csv`, `.json`, or `.zip` with the originals.

    Raises SettingsError for another suffix, or where the file cannot be written.
    """
    require_suffix(file)
    try:
        with atomic_file(file) as output:
            done = _write(space, results, file.suffix.lower(), output)
    except OSError as error:
        raise SettingsError(
            f"{file} cannot be written ({error.strerror or error}). Name a file in a folder that can be."
        ) from error
    return done


def require_suffix(file: Path) -> None:
    """Make sure that results can be written to a file of that name; raises SettingsError."""
    if file.suffix.lower() not in SUFFIXES:
        raise SettingsError(f"Results cannot be written to {file.name}. End its name in {', '.join(SUFFIXES)}.")


def _write(space: Space, results: Sequence[Result], suffix: str, output: IO[bytes]) -> Export:
    if suffix == ".zip":
        return write_zip(space, results, output)
    output.write(as_csv(results) if suffix == ".csv" else as_json(results))
    return Export(len(results))


def write_zip(space: Space, results: Sequence[Result], output: IO[bytes], most_bytes: int = MOST_BYTES) -> Export:
    """Write an archive with the originals of `results` in their folders, and the results as `results.csv`.

    An original that several results came from is in it once.  Only files are read that are sources of `space` and still
    what was read; those left out, and those beyond `most_bytes`, are named in `left out.txt`.
    """
    items = {item.id: item for item in space.ledger.items([result.id for result in results])}
    names: set[str] = {"results.csv", "left out.txt"}
    left_out: list[tuple[str, str]] = []
    done = written = 0
    with zipfile.ZipFile(output, "w") as archive:
        for item in _sources(items.values()):
            source = space.ledger.source(item.path)
            if source is not None and written + source.size > most_bytes:
                left_out.append((item.path, f"the archive would be larger than {most_bytes / 1e6:,.0f} MB"))
                continue
            file = open_original(space, item)
            if source is None or file is None:
                left_out.append((item.path, "it has gone, or has changed since it was read"))
                continue
            info = zipfile.ZipInfo(_free_name(item, names), _changed(source.mtime_ns))
            # Pictures and videos are compressed as they are.
            packed = kind_of(Path(item.path)) in ("image", "video")
            info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            info.file_size = source.size
            with file, archive.open(info, "w") as inside:
                shutil.copyfileobj(file, inside, 1 << 20)
            written += source.size
            done += 1
        archive.writestr("results.csv", as_csv(results), zipfile.ZIP_DEFLATED)
        if left_out:
            lines = [f"{path}: {reason}" for path, reason in left_out]
            archive.writestr("left out.txt", "\n".join([*lines, ""]).encode("utf-8", "replace"), zipfile.ZIP_DEFLATED)
    return Export(len(results), done, tuple(left_out))


def _sources(items: Iterable[Item]) -> Iterator[Item]:
    """The first item of each source."""
    known: set[str] = set()
    for item in items:
        if item.path not in known:
            known.add(item.path)
            yield item


def _cell(value: object) -> object:
    """A value as a cell holds it: lists and objects as text, and no text that would be run as a formula."""
    if isinstance(value, list | tuple):
        value = "\n".join(str(part) for part in value)
    elif isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False) if value else ""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def _free_name(item: Item, taken: set[str]) -> str:
    """A name for an original within an archive that no other has, and that can lead nowhere outside of it."""
    parts = [_safe(part) for part in (*item.folder.split("/"), item.name)]
    place = PurePosixPath(*filter(None, parts))
    name, number = place, 1
    while str(name).casefold() in taken:
        number += 1
        name = place.with_name(f"{place.stem} ({number}){place.suffix}")
    taken.add(str(name).casefold())
    return str(name)


def _safe(part: str) -> str:
    """A part of a path without what some system would not take; '' for one that leads elsewhere."""
    kept = _UNSAFE.sub("_", part.encode("utf-8", "replace").decode()).strip(" ").rstrip(".")
    if len(kept) > _LONGEST_NAME:
        stem, dot, suffix = kept.rpartition(".")
        kept = f"{stem[: _LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}" if len(suffix) < 12 else kept[:_LONGEST_NAME]
    return kept


def _changed(mtime_ns: int) -> tuple[int, int, int, int, int, int]:
    seconds = min(max(mtime_ns / 1e9, _EARLIEST.timestamp()), _LATEST.timestamp())
    when = datetime.fromtimestamp(seconds, UTC)
    return when.year, when.month, when.day, when.hour, when.minute, when.second
