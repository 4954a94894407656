"""Where the bytes of a source are: in a file of its own, in an archive, beside a table that names it, or fetched.

A file in an archive has the archive's path before its own: `photos.zip/2024/a.jpg`.  So has a picture that a table
names: `cars.csv/pictures/red.jpg` is the picture `pictures/red.jpg` beside `cars.csv`.  As archive and table are files,
nothing else can have such a path.  What was fetched from a web address has its bytes in a copy in the space.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.errors import ReadError
from ingest.readers.formats import is_table
from ingest.sources import archives
from ingest.sources.walk import archive_of
from ingest.sources.web import FETCHED_FOLDER, is_address, kept_file


@contextmanager
def at_hand(source: str, space: Path) -> Iterator[Path]:
    """A file with the content of `source`, as a ledger names it, for as long as this lasts.

    `space` is the folder of the space.

    Raises:
        ReadError: it cannot be had.
    """
    if not is_address(source):
        with file_at(Path(source)) as file:
            yield file
    elif copy := kept_file(space, source):
        yield copy
    else:
        raise ReadError("its copy is no longer in the space. Ingest the address again.")


@contextmanager
def file_at(path: Path) -> Iterator[Path]:
    """A file with the content of the source at `path`, which is no address; as `at_hand`."""
    if archive := archive_of(path):
        with archives.unpacked(archive, path.relative_to(archive).as_posix()) as file:
            yield file
    else:
        yield _named(path)


def state_at(path: Path) -> tuple[int, int]:
    """The size in bytes of the source at `path`, and the nanosecond at which it changed.

    Raises:
        OSError: it is not there, or cannot be looked at.
        ReadError: its archive cannot be read.
    """
    if archive := archive_of(path):
        member = archives.member(archive, path.relative_to(archive).as_posix())
        if member is None:
            raise FileNotFoundError(2, "No such file in the archive", str(path))
        return member.size, member.mtime_ns
    status = _named(path).stat()
    return status.st_size, status.st_mtime_ns


def state_of(source: str, space: Path) -> tuple[int, int]:
    """The same of `source`, as a ledger names it; `space` is the folder of the space."""
    if not is_address(source):
        return state_at(Path(source))
    return state_at(kept_file(space, source) or space / FETCHED_FOLDER / "gone")


def is_there(source: str) -> bool:
    """Whether `source` is still to be had, as far as can be seen; what is in the web counts as there."""
    try:
        if not is_address(source):
            state_at(Path(source))
    except OSError:
        return False
    except ReadError:
        return True
    return True


def _named(path: Path) -> Path:
    """The file at `path`, or the one that it stands for where a table names it."""
    for above in path.parents:
        if is_table(above) and above.is_file():
            return above.parent / path.relative_to(above)
    return path
