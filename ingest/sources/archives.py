"""Archives (.zip) read in place: what is in them, and one file out of them at a time, without trusting what they claim.

A file in an archive has the archive's path before its own: `photos.zip/2024/a.jpg`.  Nothing is ever unpacked to
where its name says.
"""

import shutil
import stat
import tempfile
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from ingest.errors import ReadError
from ingest.readers.formats import ARCHIVE_SUFFIXES
from ingest.readers.malformed import malformed_as_read_error
from ingest.readers.text import tidy

MAX_MEMBERS = 200_000
"""Most files that an archive may hold."""
MAX_RATIO = 200
"""How many times its packed size a file or an archive may have, once it is larger than HARMLESS_BYTES."""
HARMLESS_BYTES = 50_000_000
"""Bytes unpacked up to which no ratio is looked at."""
MAX_MEMBER_BYTES = 4_000_000_000
"""Largest file in an archive that is read, unpacked."""
MAX_NAME_BYTES = 4096
"""Longest path of a file within an archive that is read: systems allow no longer ones, and each folder in it costs."""

_OPEN = 4  # archives that are kept open; the readers' threads are seldom in more than two at a time
_LONGEST_STEM, _LONGEST_SUFFIX = 200, 40  # bytes of a name that an unpacked file keeps; systems allow 255
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the ones that unpack bounded
_PACK_AGAIN = "Pack it anew, or leave it out."


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str
    """Its path in the archive, '/' between the parts, none of which leads upwards."""
    size: int
    """Bytes, unpacked."""
    mtime_ns: int
    """Its date; what is below a second comes from its checksum, so that another content has another number."""
    problem: str = ""
    """Why it cannot be read; '' where it can as far as the archive says."""
    unwanted: str = ""
    """Why it is not to be read at all."""


def members(archive: Path) -> list[Member]:
    """The files in the archive, in its order, of those with one name the last; raises ReadError."""
    return [member for member, _ in _opened(archive).members.values()]


def member(archive: Path, name: str) -> Member | None:
    """The file of that name in the archive, None where there is none; raises ReadError."""
    found = _opened(archive).members.get(name)
    return found[0] if found else None


@contextmanager
def unpacked(archive: Path, name: str) -> Iterator[Path]:
    """The file of that name, unpacked for as long as this lasts to a folder of its own; raises ReadError."""
    with tempfile.TemporaryDirectory(prefix="nearspace-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / _short_name(name)
        with malformed_as_read_error("damaged in its archive", _PACK_AGAIN):
            try:
                stream = _stream(archive, name)
            except KeyError as error:
                raise ReadError("it is no longer in its archive. Ingest the folder again.") from error
            with stream as packed, file.open("wb") as out:
                # zipfile gives no more than the size that was looked at, and checks the checksum at the end.
                shutil.copyfileobj(packed, out, 1 << 20)
        yield file


def _short_name(name: str) -> str:
    """The last part of `name` with its suffix, cut to what systems allow in bytes, at no half of a character."""
    inner = PurePosixPath(name)
    stem, suffix = inner.stem.encode()[:_LONGEST_STEM], inner.suffix.encode()[:_LONGEST_SUFFIX]
    return stem.decode(errors="ignore") + suffix.decode(errors="ignore")


class _Opened:
    """An archive that is open; safe to share between threads."""

    def __init__(self, archive: Path) -> None:
        self._zip = zipfile.ZipFile(archive)
        try:
            infos = [info for info in self._zip.infolist() if not info.is_dir()]
            if len(infos) > MAX_MEMBERS:
                raise ReadError(f"more than the {MAX_MEMBERS:,} files that are read of an archive. Unpack it.")
            _refuse_bomb(archive.stat().st_size, sum(info.file_size for info in infos))
            names = _names(infos)
            found = ((_member(info, name), info) for info, name in zip(infos, names, strict=True))
            self.members = {member.name: (member, info) for member, info in found}
        except BaseException:
            self._zip.close()
            raise
        self._lock = threading.Lock()
        self._closed = False

    def stream(self, name: str) -> IO[bytes] | None:
        """The content of a file, None where the archive was closed meanwhile.

        Raises KeyError where there is none of that name, ReadError where it is not to be read.
        """
        found, info = self.members[name]
        if found.problem or found.unwanted:
            raise ReadError(found.problem or found.unwanted)
        with self._lock:
            return None if self._closed else self._zip.open(info)

    def close(self) -> None:
        """Close the archive, once those who read from it are done."""
        with self._lock:
            self._closed = True
            self._zip.close()


_kept: "OrderedDict[Path, tuple[tuple[int, int, int], _Opened]]" = OrderedDict()
_lock = threading.Lock()


def _opened(archive: Path) -> _Opened:
    with _lock:
        with malformed_as_read_error("damaged archive, or none", _PACK_AGAIN):
            status = archive.stat()
            state = (status.st_size, status.st_mtime_ns, status.st_ino)
            if archive in _kept and _kept[archive][0] != state:
                _kept.pop(archive)[1].close()
            if archive not in _kept:
                _kept[archive] = (state, _Opened(archive))
        _kept.move_to_end(archive)
        while len(_kept) > _OPEN:
            _kept.popitem(last=False)[1][1].close()
        return _kept[archive][1]


def _stream(archive: Path, name: str) -> IO[bytes]:
    while (stream := _opened(archive).stream(name)) is None:
        pass  # others have pushed it out of the few that are kept open
    return stream


def _refuse_bomb(packed: int, size: int) -> None:
    if size > HARMLESS_BYTES and size > MAX_RATIO * packed:
        raise ReadError(
            f"too large: {size / 1e6:,.0f} MB when unpacked, more than {MAX_RATIO} times the archive. Unpack it "
            "yourself if you trust it, or leave it out."
        )


def _member(info: zipfile.ZipInfo, name: str) -> Member:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    try:
        date = int(datetime(*info.date_time, tzinfo=UTC).timestamp())
    except ValueError:
        date = 0
    problem = unwanted = ""
    if ".." in parts or not parts:
        unwanted = "its name leads out of the archive. Pack it anew with a name of its own."
        parts = [part if part != ".." else "__" for part in parts] or ["__"]
    elif len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        unwanted = (
            f"in too many folders: its path in the archive is longer than {MAX_NAME_BYTES:,} bytes. Pack it anew in "
            "fewer folders, or leave it out."
        )
    elif stat.S_ISLNK(info.external_attr >> 16):
        unwanted = "a link, and links are not followed. Pack its target to have it read."
    elif PurePosixPath(parts[-1]).suffix.lower() in ARCHIVE_SUFFIXES:
        unwanted = "an archive in an archive. Unpack the outer one to have it read."
    elif info.flag_bits & 1:
        problem = "locked with a password. Pack the archive anew without one, or leave it out."
    elif info.compress_type not in _METHODS:
        problem = f"packed in a way that is not read here. {_PACK_AGAIN}"
    elif info.file_size > MAX_MEMBER_BYTES or (
        info.file_size > HARMLESS_BYTES and info.file_size > MAX_RATIO * info.compress_size
    ):
        problem = (
            f"too large: {info.file_size / 1e6:,.0f} MB when unpacked, {info.compress_size / 1e6:,.3f} MB packed. "
            "Unpack it yourself if you trust it, or leave it out."
        )
    changed = max(0, date) * 10**9 + info.CRC % 10**9
    return Member("/".join(parts), info.file_size, changed, problem, unwanted)


_PACKERS = ["cp866", "cp1251", "cp932", "gb18030", "big5", "cp949", "cp437", "cp850", "cp852", "cp1252", "koi8-r"]
_UTF8 = 0x800  # the flag of names that say to be UTF-8; others are in whatever the packer's system had


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names as people see them: those not said to be UTF-8 are, or are in the encoding they are most likely in."""
    raw = {info.orig_filename: _as_bytes(info) for info in infos if not info.orig_filename.isascii()}
    foreign = {name: data for name, data in raw.items() if data is not None and not _is_utf8(data)}
    encoding = _likely_encoding(b"\n".join(foreign.values())) if foreign else "utf-8"
    names: list[str] = []
    for info in infos:
        data = raw.get(info.orig_filename)
        name = info.filename
        if data is not None:
            name = data.decode(encoding if info.orig_filename in foreign else "utf-8", "replace")
        # Packers on Windows write backslashes against the rules.
        name = name if "/" in name else name.replace("\\", "/")
        names.append(tidy(name.partition("\0")[0]).replace("\n", " "))
    return names


def _likely_encoding(names: bytes) -> str:
    """What names are most likely in of what packers have written; the format's own where nothing tells."""
    import chardet

    guess = chardet.detect(names, include_encodings=_PACKERS, compat_names=False)
    return guess["encoding"] or "cp437" if guess["confidence"] >= 0.1 else "cp437"


def _as_bytes(info: zipfile.ZipInfo) -> bytes | None:
    """The name as it stands in the archive, where zipfile had to guess how it is encoded."""
    return None if info.flag_bits & _UTF8 else info.orig_filename.encode("cp437", "replace")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
