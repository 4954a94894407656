"""Reads a file by the reader of its format, which the table `formats.FORMATS` names."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ingest.errors import SkipSource
from ingest.readers.document import Document
from ingest.readers.draft import Pictures
from ingest.readers.formats import BY_SUFFIX, format_of, is_table, kind_of
from ingest.readers.reading_options import DEFAULT_READING, ReadingOptions


def read_document(path: Path, reading: ReadingOptions = DEFAULT_READING) -> Document:
    """Read the document at `path` by the reader of its format; of a format without one, as plain text.

    Raises ReadError, or SkipSource if there is no text in it.
    """
    found = format_of(path)
    read = _reader(found.reader if found and found.reader else BY_SUFFIX[".txt"].reader)
    document = read(path, reading) if is_table(path) else read(path)
    if not document.sections:
        raise SkipSource("empty document: there is no text in it. Leave it out, or write something in it.")
    return document


def _reader(name: str) -> Callable[..., Document]:
    """Import the reader; each brings libraries that a folder without such files does not need."""
    module, _, function = name.partition(":")
    reader: Callable[..., Document] = getattr(import_module(module), function)
    return reader


def read_pictures(
    path: Path, *, image_size: int, caption: str = "", reading: ReadingOptions = DEFAULT_READING
) -> Pictures:
    """Read the picture or video at `path` as an encoder for `image_size` pixels needs it.

    Raises ReadError, or SkipSource if there are no pictures in it.
    """
    if kind_of(path) == "video":
        from ingest.readers.video import read_frames

        return read_frames(path, image_size=image_size, every=reading.every)
    from ingest.readers.images import read_images

    return read_images(path, caption=caption, image_size=image_size, frames=reading.frames or 1, gps=reading.gps)
