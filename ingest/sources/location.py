"""Where the bytes of a source are: in a file of its own, in an archive, beside a table that names it, or fetched.

A location is made where a source is discovered, and carried from there to readers and ledger.  The ledger keeps it as
one string, its `ledger_path`; `location_of` alone makes a location of such a string again.  A member of an archive has
the archive's path before its own, as in `photos.zip/2024/a.jpg`, and a picture that a table names has the table's:
`cars.csv/pictures/red.jpg` is the picture `pictures/red.jpg` beside `cars.csv`.  Archive and table are files, so the
disk tells these apart from folders of such names.  A column for the container would tell nothing more: where the
container no longer exists, neither does the source, whatever it was.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ingest.errors import ReadError, read_error
from ingest.readers.formats import ARCHIVE_SUFFIXES, TABLE_SUFFIXES, is_archive, is_table
from ingest.sources import archives
from ingest.sources.web_copies import copy_folder, copy_of, is_address


class FileState(NamedTuple):
    """What tells whether a file has changed."""

    size: int
    """Bytes."""
    mtime_ns: int


@dataclass(frozen=True)
class SourceLocation:
    """A source in a file of its own; its subclasses are the other places where bytes of a source can be."""

    path: Path
    """The path that people know it by, absolute, with the links in the ingested folder's own path resolved."""

    @property
    def ledger_path(self) -> str:
        """The string that the ledger knows the source by."""
        return str(self.path)

    @contextmanager
    def local_file(self) -> Iterator[Path]:
        """A file with the source's bytes, which exists at least as long as the block runs; raises ReadError."""
        yield self.path

    def state(self) -> FileState:
        """Its size and modification time.

        Raises:
            OSError: it does not exist, or may not be looked at.
            ReadError: its archive cannot be read.
        """
        return _state(self.path)

    def exists(self) -> bool:
        """Whether it still exists, as far as can be seen; sources in damaged archives and on the web count as such."""
        try:
            self.state()
        except OSError:
            return False
        except ReadError:
            return True
        return True

    def beside(self, name: str) -> "SourceLocation | None":
        """The regular file `name` in the same folder; None if there is none."""
        path = os.path.join(os.path.dirname(self.path), name)  # noqa: PTH118, PTH120 - called for every picture
        try:
            regular = stat.S_ISREG(os.lstat(path).st_mode)
        except OSError:
            return None
        return SourceLocation(Path(path)) if regular else None


@dataclass(frozen=True)
class ArchiveMember(SourceLocation):
    """A source in an archive; `path` is the archive's path followed by its own within it."""

    archive: Path

    @property
    def name(self) -> str:
        """Its path within the archive."""
        return self.path.relative_to(self.archive).as_posix()

    @contextmanager
    def local_file(self) -> Iterator[Path]:
        """A temporary file, unpacked; raises ReadError."""
        with archives.unpacked(self.archive, self.name) as file:
            yield file

    def state(self) -> FileState:
        """As the archive says of it; raises OSError if it no longer exists, ReadError if the archive is damaged."""
        self.archive.stat()
        member = archives.member(self.archive, self.name)
        if member is None:
            raise FileNotFoundError(2, "No such file in the archive", str(self.path))
        return FileState(member.size, member.mtime_ns)

    def beside(self, name: str) -> SourceLocation | None:
        """The member `name` in the same folder of the archive; None if there is none."""
        found = ArchiveMember(self.path.with_name(name), self.archive)
        try:
            return found if archives.member(self.archive, found.name) else None
        except ReadError:
            return None


@dataclass(frozen=True)
class TableImage(SourceLocation):
    """A picture that rows of a table name; `path` is the table's path followed by the picture's relative to it."""

    table: Path

    @property
    def file(self) -> Path:
        """The picture's own file."""
        return self.table.parent / self.path.relative_to(self.table)

    @contextmanager
    def local_file(self) -> Iterator[Path]:
        """The picture's own file."""
        yield self.file

    def state(self) -> FileState:
        """The state of the picture's own file; raises OSError."""
        return _state(self.file)

    def beside(self, name: str) -> SourceLocation | None:
        """None: what belongs to the picture is in its table."""
        return None


@dataclass(frozen=True)
class WebCopy(SourceLocation):
    """A source that was fetched; `path` is the copy in the space, which does not exist where fetching failed."""

    address: str

    @property
    def ledger_path(self) -> str:
        """The address."""
        return self.address

    @property
    def folder(self) -> str:
        """The host and folders of the address."""
        host, *inside = re.split(r"[?#]", self.address, maxsplit=1)[0].split("/")[2:]
        return "/".join([host.rpartition("@")[2], *filter(None, inside[:-1])])

    @property
    def site(self) -> str:
        """The scheme and host of the address."""
        return "//".join((self.address.split("//")[0], self.folder.split("/")[0]))

    @contextmanager
    def local_file(self) -> Iterator[Path]:
        """The copy; raises ReadError where it no longer exists."""
        if not self.path.is_file():
            raise ReadError("its copy is no longer in the space. Ingest the address again.")
        yield self.path

    def exists(self) -> bool:
        """True: only fetching it again can tell."""
        return True

    def beside(self, name: str) -> SourceLocation | None:
        """None: each address is fetched by itself."""
        return None


_IN_CONTAINER = re.compile(
    f"(?:{'|'.join(map(re.escape, sorted(ARCHIVE_SUFFIXES | TABLE_SUFFIXES)))}){re.escape(os.sep)}", re.IGNORECASE
)


def location_of(ledger_path: str, space: Path) -> SourceLocation:
    """The location of a source by its `ledger_path`, in the ledger of the space in the folder `space`."""
    if is_address(ledger_path):
        return WebCopy(copy_of(space, ledger_path) or copy_folder(space, ledger_path) / "none", ledger_path)
    path = Path(ledger_path)
    if not _IN_CONTAINER.search(ledger_path):  # this is called for every picture
        return SourceLocation(path)
    for container in (is_archive, is_table):
        for above in path.parents:
            # Path.is_file raises an error for a path that is too long for the system.
            if container(above) and os.path.isfile(above):  # noqa: PTH113
                return ArchiveMember(path, above) if container is is_archive else TableImage(path, above)
    return SourceLocation(path)


def content_hash(file: Path) -> str:
    """The SHA-256 of the content of `file`, in hex; raises ReadError if it cannot be read."""
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise read_error(error) from error


def _state(file: Path) -> FileState:
    status = file.stat()
    return FileState(status.st_size, status.st_mtime_ns)
