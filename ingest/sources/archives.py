"""Archives (.zip) read in place: their members, and one of them unpacked at a time, without trusting what they claim.

Nothing is ever unpacked to where its name says.
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
"""Most times that a file or archive may grow when unpacked, if it is larger than HARMLESS_BYTES."""
HARMLESS_BYTES = 50_000_000
"""Unpacked size in bytes up to which the ratio does not matter."""
MAX_MEMBER_BYTES = 4_000_000_000
"""Largest file in an archive that is read, in bytes when unpacked."""
MAX_NAME_BYTES = 4096
"""Longest path of a file within an archive that is read: systems allow no longer ones, and each folder in it costs."""

_OPEN_AT_ONCE = 4  # archives; the reader threads are seldom in more than two at a time
_MAX_STEM_BYTES, _MAX_SUFFIX_BYTES = 200, 40  # bytes of a name that an unpacked file keeps; systems allow 255
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those that cannot unpack to more than they claim
_PACK_AGAIN = "Pack it again, or leave it out."


@dataclass(frozen=True)
class Member:
    """A file in an archive."""

    name: str
    """Its path in the archive, '/' between the parts, none of which leads upwards."""
    size: int
    """Bytes, unpacked."""
    mtime_ns: int
    """Its date; the part below a second comes from its checksum, so that other content gives another number."""
    problem: str = ""
    """Why it cannot be read; '' if it can, as far as the archive says."""
    refusal: str = ""
    """Why it is skipped; '' if it is not."""


def members(archive: Path) -> list[Member]:
    """The files in the archive, in its order; of several with one name the last.  Raises ReadError."""
    return [member for member, _ in _open(archive).members.values()]


def member(archive: Path, name: str) -> Member | None:
    """The file of that name in the archive, None if there is none; raises ReadError."""
    found = _open(archive).members.get(name)
    return found[0] if found else None


@contextmanager
def unpacked(archive: Path, name: str) -> Iterator[Path]:
    """The file of that name, unpacked to a temporary folder of its own; raises ReadError."""
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
    stem, suffix = inner.stem.encode()[:_MAX_STEM_BYTES], inner.suffix.encode()[:_MAX_SUFFIX_BYTES]
    return stem.decode(errors="ignore") + suffix.decode(errors="ignore")


class _OpenArchive:
    """An open archive; safe to share between threads."""

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
        """The content of a file; None if the archive has been closed meanwhile.

        Raises KeyError if there is none of that name, ReadError if it may not be read.
        """
        found, info = self.members[name]
        if found.problem or found.refusal:
            raise ReadError(found.problem or found.refusal)
        with self._lock:
            return None if self._closed else self._zip.open(info)

    def close(self) -> None:
        """Close the archive once those reading from it are done."""
        with self._lock:
            self._closed = True
            self._zip.close()


_cache: "OrderedDict[Path, tuple[tuple[int, int, int], _OpenArchive]]" = OrderedDict()
_cache_lock = threading.Lock()


def _open(archive: Path) -> _OpenArchive:
    with _cache_lock:
        with malformed_as_read_error("damaged archive, or none", _PACK_AGAIN):
            status = archive.stat()
            state = (status.st_size, status.st_mtime_ns, status.st_ino)
            if archive in _cache and _cache[archive][0] != state:
                _cache.pop(archive)[1].close()
            if archive not in _cache:
                _cache[archive] = (state, _OpenArchive(archive))
        _cache.move_to_end(archive)
        while len(_cache) > _OPEN_AT_ONCE:
            _cache.popitem(last=False)[1][1].close()
        return _cache[archive][1]


def _stream(archive: Path, name: str) -> IO[bytes]:
    while (stream := _open(archive).stream(name)) is None:
        pass  # others have pushed it out of the cache
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
    problem = refusal = ""
    if ".." in parts or not parts:
        refusal = "its name leads out of the archive. Pack it again with a name of its own."
        parts = [part if part != ".." else "__" for part in parts] or ["__"]
    elif len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        refusal = (
            f"in too many folders: its path in the archive is longer than {MAX_NAME_BYTES:,} bytes. Pack it again in "
            "fewer folders, or leave it out."
        )
    elif stat.S_ISLNK(info.external_attr >> 16):
        refusal = "a link, and links are not followed. Pack its target to have it read."
    elif PurePosixPath(parts[-1]).suffix.lower() in ARCHIVE_SUFFIXES:
        refusal = "an archive in an archive. Unpack the outer one to have it read."
    elif info.flag_bits & 1:
        problem = "locked with a password. Pack the archive again without one, or leave it out."
    elif info.compress_type not in _METHODS:
        problem = f"packed in a way that is not read here. {_PACK_AGAIN}"
    elif info.file_size > MAX_MEMBER_BYTES or (
        info.file_size > HARMLESS_BYTES and info.file_size > MAX_RATIO * info.compress_size
    ):
        problem = (
            f"too large: {info.file_size / 1e6:,.0f} MB when unpacked, {info.compress_size / 1e6:,.3f} MB packed. "
            "Unpack it yourself if you trust it, or leave it out."
        )
    mtime_ns = max(0, date) * 10**9 + info.CRC % 10**9
    return Member("/".join(parts), info.file_size, mtime_ns, problem, refusal)


_NAME_ENCODINGS = [
    "cp866",
    "cp1251",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "cp437",
    "cp850",
    "cp852",
    "cp1252",
    "koi8-r",
]
_UTF8 = 0x800  # the flag of UTF-8 names; others are in the encoding of the packer's system


def _names(infos: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The names, decoded: names without the flag may still be UTF-8, else they are in the likeliest encoding."""
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
    """The likeliest of _NAME_ENCODINGS for names; the format's own if none is likely."""
    import chardet

    guess = chardet.detect(names, include_encodings=_NAME_ENCODINGS, compat_names=False)
    return guess["encoding"] or "cp437" if guess["confidence"] >= 0.1 else "cp437"


def _as_bytes(info: zipfile.ZipInfo) -> bytes | None:
    """The name as it is in the archive, if zipfile had to guess its encoding; else None."""
    return None if info.flag_bits & _UTF8 else info.orig_filename.encode("cp437", "replace")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
