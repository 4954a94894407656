"""Packages: documents that are zip files (docx, pptx, epub), opened without trusting what they claim."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from ingest.errors import ReadError, SkipSource, read_error
from ingest.readers.malformed import EXPORT_AGAIN, malformed_as_read_error

MAX_PACKAGE_TEXT = 60_000_000
"""Most bytes of a package's own texts, unpacked: parsed, they take about ten times as much memory."""
MAX_MEMBERS = 20_000
"""Most files that a package may hold."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the only ones the formats allow, and ones that unpack bounded
_ENCRYPTED_OFFICE = b"\xd0\xcf\x11\xe0"


@contextmanager
def open_package(path: Path, what: str, errors: tuple[type[Exception], ...] = ()) -> Iterator[zipfile.ZipFile]:
    """Open the package at `path`, called `what` in messages; whatever malformed content raises becomes ReadError.

    `errors` are the own errors of the format's library.  Raises SkipSource for an empty file.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise read_error(error) from error
    with file:
        head = file.read(4)
        if not head:
            raise SkipSource("empty file: there is no text in it. Copy it again from its source, or leave it out.")
        if head == _ENCRYPTED_OFFICE:
            raise ReadError(
                f"no {what} that can be read: locked with a password, or in the format before 2007. "
                f"Save it again as {what} without a password, or leave it out."
            )
        file.seek(0)
        with malformed_as_read_error(f"damaged {what}, or none", errors=errors), zipfile.ZipFile(file) as package:
            if len(package.infolist()) > MAX_MEMBERS:
                raise ReadError(f"damaged {what}: more than {MAX_MEMBERS:,} files are in it. {EXPORT_AGAIN}")
            yield package


def read_member(package: zipfile.ZipFile, name: str, *, at_most: int = MAX_PACKAGE_TEXT) -> bytes:
    """The content of one member; raises ReadError if it is larger than `at_most`, KeyError if there is none."""
    info = package.getinfo(name)
    if info.file_size > at_most:
        raise _too_large(info.file_size)
    if info.flag_bits & 1:
        raise ReadError("locked with a password. Save a copy without one, or leave it out.")
    if info.compress_type not in _METHODS:
        raise ReadError(f"packed in a way that is not read here. {EXPORT_AGAIN}")
    with package.open(info) as stream:  # zipfile gives no more than the size it claims, and checks it
        return stream.read()


def without_media(package: zipfile.ZipFile) -> BytesIO:
    """The package with its pictures, sounds and fonts emptied, which a reader of its text can load safely."""
    texts = {
        info.filename: info.file_size
        for info in package.infolist()
        if info.filename.lower().endswith((".xml", ".rels"))
    }
    if sum(texts.values()) > MAX_PACKAGE_TEXT:
        raise _too_large(sum(texts.values()))
    light = BytesIO()
    with zipfile.ZipFile(light, "w") as out:
        for name in dict.fromkeys(package.namelist()):
            out.writestr(name, read_member(package, name) if name in texts else b"")
    light.seek(0)
    return light


def _too_large(size: int) -> ReadError:
    return ReadError(
        f"too large: {size / 1e6:,.0f} MB of text when unpacked, and {MAX_PACKAGE_TEXT // 1_000_000} MB are read at "
        "most. Cut it into several files, or leave it out."
    )
