"""Reads captioned pictures: sidecars beside them, or a table (CSV, TSV, JSON Lines) of image and caption."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.errors import ReadError, SettingsError, SkipSource
from ingest.outcomes import SourceOutcome
from ingest.readers.draft import MAX_CAPTION
from ingest.readers.formats import kind_of
from ingest.sources.captions import find_caption, read_caption
from ingest.sources.location import SourceLocation, content_hash
from ingest.sources.walk import walk

TABLE_SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
IMAGE_COLUMNS = ("image", "file", "file_name", "filename", "path")
CAPTION_COLUMNS = ("caption", "captions", "text")
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class CaptionedPicture:
    """A picture with its captions."""

    path: Path
    sha256: str
    captions: tuple[str, ...]
    """At least one, all different."""


@dataclass
class CollectedPictures:
    """The captioned pictures of a folder or table, and what was omitted."""

    pictures: list[CaptionedPicture] = field(default_factory=list)
    """Each content once, in the order of their hashes: the same whatever the names of the files."""
    omitted: list[SourceOutcome] = field(default_factory=list)
    without_caption: int = 0
    """Pictures of the folder that have no caption."""


def collect_pictures(source: Path) -> CollectedPictures:
    """The captioned pictures at `source`: a table, or a folder with sidecars or with tables directly in it.

    Paths in a table are relative to it.  What cannot be read is omitted, with the reason.  Raises SettingsError if
    `source` does not exist, or is a file that is no table of images and captions.
    """
    source = source.expanduser().absolute()
    collected = CollectedPictures()
    captions: dict[Path, list[str]] = {}
    if source.is_dir():
        _read_folder(source, captions, collected)
    elif source.is_file():
        _read_table(source, captions, collected, required=True)
    else:
        raise SettingsError(f"There is nothing at {source}. Give a folder of captioned pictures, or a table of them.")
    _merge_by_content(captions, collected)
    return collected


def _read_folder(folder: Path, captions: dict[Path, list[str]], collected: CollectedPictures) -> None:
    def on_unreadable(path: Path, error: OSError) -> None:
        reason = (error.strerror or str(error)).rstrip(".")
        _omit(collected, path, "failed", f"It cannot be looked into: {reason}.")

    images: list[Path] = []
    tables: list[Path] = []
    for found in walk(folder, on_error=on_unreadable, archives=False):
        if found.kind == "image":
            images.append(found.path)
        elif found.path.suffix.lower() in TABLE_SUFFIXES and found.path.parent == found.root:
            tables.append(found.path)
    for image in images:
        caption = find_caption(SourceLocation(image))
        if caption is None:
            continue
        sidecar = caption.path
        try:
            _add(captions, image, read_caption(sidecar))
        except ReadError as error:
            _omit(collected, sidecar, "failed", str(error))
    for table in tables:
        _read_table(table, captions, collected, required=False)
    collected.without_caption = sum(image not in captions for image in images)


def _read_table(table: Path, captions: dict[Path, list[str]], collected: CollectedPictures, *, required: bool) -> None:
    from ingest.readers.text import decode_text, read_bytes

    try:
        if table.suffix.lower() not in TABLE_SUFFIXES:
            raise ReadError("not a table. Give a folder, or a .csv, .tsv or .jsonl of images and captions.")
        text = decode_text(read_bytes(table))
        rows = _json_rows(text) if table.suffix.lower() in (".jsonl", ".ndjson") else _csv_rows(text)
        for number, row in rows:
            image, found = _read_row(row)
            if not image:
                _omit(collected, f"{table}:{number}", "skipped", "a line without an image. Correct it, or remove it.")
                continue
            for caption in found:
                _add(captions, _resolve(table.parent, image), caption)
            if not found:
                _omit(collected, f"{table}:{number}", "skipped", "a line without a caption. Give it one, or remove it.")
    except (ReadError, csv.Error) as error:
        # The messages of the csv module do not say what to do.
        problem = f"it is no valid table ({error}). Save it again." if isinstance(error, csv.Error) else str(error)
        if required:
            raise SettingsError(f"{table}: {problem}") from error
        _omit(collected, table, "skipped", problem)


def _csv_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    header = text.split("\n", 1)[0]
    # Spreadsheets write the separator of their country: the most frequent one of the header is taken.
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names = {name.strip().casefold() for name in reader.fieldnames or ()}
    if not names & set(IMAGE_COLUMNS) or not names & set(CAPTION_COLUMNS):
        raise ReadError("it has no columns named image (or file) and caption (or text). Name them in its first line.")
    for row in reader:
        yield reader.line_num, {str(name).strip().casefold(): value for name, value in row.items()}


def _json_rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ReadError(f"Line {number} is not JSON ({error}). Correct it, or remove it.") from error
        if not isinstance(row, dict):
            raise ReadError(f"Line {number} is not a JSON object. Write one object with image and caption a line.")
        yield number, {str(name).strip().casefold(): value for name, value in row.items()}


def _read_row(row: dict[str, Any]) -> tuple[str, list[str]]:
    """The image of a row, '' if it names none, and its captions."""
    image = next((row[name] for name in IMAGE_COLUMNS if isinstance(row.get(name), str) and row[name].strip()), "")
    captions: list[str] = []
    for name in CAPTION_COLUMNS:
        value = row.get(name)
        words: Sequence[Any] = value if isinstance(value, list) else [value]
        captions += [word for word in words if isinstance(word, str) and word.strip()]
    return image.strip(), captions


def _resolve(folder: Path, image: str) -> Path:
    # Tables made on Windows have backslashes, which names hardly have elsewhere.
    path = folder / image
    return path if path.exists() or "\\" not in image else folder / image.replace("\\", "/")


def _add(captions: dict[Path, list[str]], image: Path, caption: str) -> None:
    words = " ".join(caption.split())[:MAX_CAPTION]
    if words:
        known = captions.setdefault(image, [])
        if words not in known:
            known.append(words)


def _merge_by_content(captions: dict[Path, list[str]], collected: CollectedPictures) -> None:
    """Merge pictures of one content, with the captions of all of them."""
    found: dict[str, tuple[Path, list[str]]] = {}
    for path, words in captions.items():
        try:
            if kind_of(path) != "image":
                raise SkipSource(
                    "its suffix is not that of a picture. Give pictures that are read: .jpg, .png, .webp, .heic ..."
                )
            if not path.exists():
                raise ReadError("there is no picture of that name. Correct its path, which is relative to the table.")
            digest = content_hash(path)
        except ReadError as error:
            _omit(collected, path, "skipped" if isinstance(error, SkipSource) else "failed", str(error))
            continue
        _, known = found.setdefault(digest, (path, []))
        known += [word for word in words if word not in known]
    collected.pictures = [
        CaptionedPicture(path, digest, tuple(words)) for digest, (path, words) in sorted(found.items())
    ]


def _omit(collected: CollectedPictures, path: Path | str, outcome: str, reason: str) -> None:
    collected.omitted.append(SourceOutcome(str(path), "failed" if outcome == "failed" else "skipped", reason))
