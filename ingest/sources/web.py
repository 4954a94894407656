"""Fetches sources from the web, and keeps a copy of each in the space, so that it can be read again without the web."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from ingest.errors import ReadError
from ingest.readers.formats import SUFFIX_BY_CONTENT_TYPE, kind_of
from ingest.sources.walk import Found

if TYPE_CHECKING:
    import httpx

FETCHED_FOLDER = "fetched"
"""Within a space's folder: a folder for each address, with the copy and what the server said of it."""
MAX_BYTES = 1_000_000_000
"""Largest source that is fetched."""
MAX_REDIRECTS = 5
SECONDS = 30.0
"""Longest wait for a server's next word."""
LONGEST = 1_800.0
"""Most seconds that fetching one source may take."""

_AT_ONCE = 6
_PIECE = 1 << 16
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_SAYS_NOTHING = ("", "application/octet-stream", "binary/octet-stream", "text/plain")
"""Content types that servers give to what they do not know; the address may tell more."""


@dataclass(frozen=True)
class _Kept:
    """What is known of an address that was fetched."""

    address: str
    file: str
    """The copy's name in the address's folder."""
    etag: str = ""
    last_modified: str = ""


def is_address(given: str) -> bool:
    """Whether `given` is a web address rather than a path."""
    return _ADDRESS.match(given) is not None


def kept_file(space: Path, address: str) -> Path | None:
    """The copy of what was fetched from `address` into the space in that folder; None where there is none."""
    folder = _folder(space, address)
    kept = _kept(folder)
    return folder / kept.file if kept and (folder / kept.file).is_file() else None


def fetch(
    addresses: Sequence[str],
    space: Path,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Found]:
    """Fetch `addresses` into the space in that folder, several at a time, and yield a source for each, in order.

    What the server says has not changed since it was fetched is not sent again.  Where one cannot be fetched, the
    source has the problem, and the copy from before stays.  When `stop` says so, none is begun any more.
    """
    import httpx

    limits = httpx.Timeout(SECONDS, connect=SECONDS / 3)
    headers = {"User-Agent": "nearspace"}
    with (
        httpx.Client(follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=limits, headers=headers) as client,
        ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetcher") as pool,
    ):
        fetched = pool.map(lambda address: None if stop() else _found(client, address, space), dict.fromkeys(addresses))
        yield from (found for found in fetched if found)


_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def _found(client: "httpx.Client", address: str, space: Path) -> Found:
    folder = _folder(space, address)
    path, problem, size, changed = folder / "not fetched", "", 0, 0
    try:
        path = _fetched(client, address, folder)
        status = path.stat()
        size, changed = status.st_size, status.st_mtime_ns
    except ReadError as error:
        problem = str(error)
    except OSError as error:
        problem = f"the copy cannot be kept: {error.strerror or error}. Free space on the disk of {space}."
    return Found(path, folder, size, changed, kind_of(path), problem=problem, address=address)


def _fetched(client: "httpx.Client", address: str, folder: Path) -> Path:
    """The copy of what is at `address` now; raises ReadError where that cannot be had."""
    import httpx

    kept = _kept(folder)
    headers: dict[str, str] = {}
    if kept and (folder / kept.file).is_file():
        said = {"If-None-Match": kept.etag, "If-Modified-Since": kept.last_modified}
        headers = {name: value for name, value in said.items() if value}
    try:
        with client.stream("GET", address, headers=headers) as answer:
            if answer.status_code == httpx.codes.NOT_MODIFIED and kept and headers:
                return folder / kept.file
            if answer.status_code != httpx.codes.OK:
                raise ReadError(
                    f"the server answered {answer.status_code} {answer.reason_phrase}".rstrip()
                    + ". Check the address, or leave it out."
                )
            return _keep(answer, address, folder)
    except httpx.TooManyRedirects as error:
        raise ReadError(f"more than {MAX_REDIRECTS} redirects. Give the address that they lead to.") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        words = _ERRNO.sub("", " ".join(str(error).split())).rstrip(".")[:200] or type(error).__name__
        raise ReadError(f"cannot be fetched: {words}. Check the address and the network, and try again.") from error


def _keep(answer: "httpx.Response", address: str, folder: Path) -> Path:
    suffix = _suffix(answer.headers.get("content-type", ""), str(answer.url))
    if int(_number(answer.headers.get("content-length"))) > MAX_BYTES:
        raise _too_large()
    folder.mkdir(parents=True, exist_ok=True)
    name = PurePosixPath(unquote(urlsplit(address).path)).stem
    name = re.sub(r"[^\w.-]+", " ", name).strip(" .")[:80] or "index"
    path, temporary = folder / f"{name}{suffix}", folder / "fetching.tmp"
    deadline = time.monotonic() + LONGEST
    try:
        size = 0
        with temporary.open("wb") as out:
            for piece in answer.iter_bytes(_PIECE):
                size += len(piece)
                if size > MAX_BYTES:
                    raise _too_large()
                if time.monotonic() > deadline:
                    raise ReadError(
                        f"not all there after {LONGEST / 60:.0f} minutes. Try again, or download it yourself."
                    )
                out.write(piece)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    before = _kept(folder)
    if before and before.file != path.name:
        (folder / PurePosixPath(before.file).name).unlink(missing_ok=True)  # of another kind than now
    said = _Kept(address, path.name, answer.headers.get("etag", ""), answer.headers.get("last-modified", ""))
    temporary.write_text(json.dumps(asdict(said)), encoding="utf-8")
    temporary.replace(folder / _ABOUT)
    return path


_ABOUT = "about.json"


def _too_large() -> ReadError:
    return ReadError(f"too large: more than the {MAX_BYTES // 1_000_000:,} MB that are fetched. Leave it out.")


def _suffix(content_type: str, address: str) -> str:
    """The suffix of what is read as the server says, or as the address ends; raises ReadError where that is nothing."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in SUFFIX_BY_CONTENT_TYPE:
        return SUFFIX_BY_CONTENT_TYPE[kind]
    ending = PurePosixPath(unquote(urlsplit(address).path)).suffix.lower()
    if kind in _SAYS_NOTHING or kind.split("/")[0] in ("text", "image", "video"):
        if kind_of(Path(f"a{ending}")):
            return ending
        if kind == "text/plain":
            return ".txt"
    raise ReadError(f"no reader for content of type {kind or 'unknown'}. Leave it out.")


def _number(given: Any) -> int:
    return int(given) if isinstance(given, str) and given.isdecimal() else 0


def _folder(space: Path, address: str) -> Path:
    return space / FETCHED_FOLDER / hashlib.sha256(address.encode()).hexdigest()[:32]


def _kept(folder: Path) -> _Kept | None:
    try:
        return _Kept(**json.loads((folder / _ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
