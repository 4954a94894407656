"""Fetches sources from the web and keeps a copy of each in the space, so that it can be read again offline."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingest.atomic import atomic_file
from ingest.errors import ReadError
from ingest.readers.formats import SUFFIX_BY_CONTENT_TYPE, kind_of
from ingest.sources.found import FoundSource
from ingest.sources.location import WebCopy
from ingest.sources.web_copies import CopyMetadata, copy_folder, read_metadata, write_metadata

if TYPE_CHECKING:
    import httpx

MAX_BYTES = 1_000_000_000
"""Largest source that is fetched."""
MAX_REDIRECTS = 5
TIMEOUT_SECONDS = 30.0
"""Longest wait for the next bytes of a server."""
MAX_SECONDS = 1_800.0
"""Longest time that fetching one source may take."""

_AT_ONCE = 6
_CHUNK = 1 << 16
_UNSPECIFIC_TYPES = ("", "application/octet-stream", "binary/octet-stream", "text/plain")
"""Content types that servers give to files they do not know; the address may tell more."""


def fetch(
    addresses: Sequence[str],
    space: Path,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[FoundSource]:
    """Fetch `addresses` into the space in that folder, several at a time, and yield a source for each, in order.

    What has not changed since it was last fetched is not transferred again.  If one cannot be fetched, the source has
    the problem, and its earlier copy stays.  Once `stop` returns true, no further one is fetched.
    """
    import httpx

    limits = httpx.Timeout(TIMEOUT_SECONDS, connect=TIMEOUT_SECONDS / 3)
    headers = {"User-Agent": "nearspace"}
    with (
        httpx.Client(follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=limits, headers=headers) as client,
        ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="fetcher") as pool,
    ):
        fetched = pool.map(lambda address: None if stop() else _found(client, address, space), dict.fromkeys(addresses))
        yield from (found for found in fetched if found)


_ERRNO = re.compile(r"^\[Errno -?\d+\] ")


def _found(client: "httpx.Client", address: str, space: Path) -> FoundSource:
    folder = copy_folder(space, address)
    path, problem, size, mtime_ns = folder / "not fetched", "", 0, 0
    try:
        path = _fetch(client, address, folder)
        status = path.stat()
        size, mtime_ns = status.st_size, status.st_mtime_ns
    except ReadError as error:
        problem = str(error)
    except OSError as error:
        problem = f"the copy cannot be kept: {error.strerror or error}. Free space on the disk of {space}."
    return FoundSource(WebCopy(path, address), folder, size, mtime_ns, kind_of(path), problem=problem)


def _fetch(client: "httpx.Client", address: str, folder: Path) -> Path:
    """Fetch `address` unless its copy is current, and return the copy; raises ReadError or OSError."""
    import httpx

    known = read_metadata(folder)
    headers: dict[str, str] = {}
    if known and (folder / known.file).is_file():
        validators = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
        headers = {name: value for name, value in validators.items() if value}
    try:
        with client.stream("GET", address, headers=headers) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED and known and headers:
                return folder / known.file
            if response.status_code != httpx.codes.OK:
                raise ReadError(
                    f"the server answered {response.status_code} {response.reason_phrase}".rstrip()
                    + ". Check the address, or leave it out."
                )
            return _store(response, address, folder)
    except httpx.TooManyRedirects as error:
        raise ReadError(f"more than {MAX_REDIRECTS} redirects. Give the address that they lead to.") from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        words = _ERRNO.sub("", " ".join(str(error).split())).rstrip(".")[:200] or type(error).__name__
        raise ReadError(f"cannot be fetched: {words}. Check the address and the network, and try again.") from error


def _store(response: "httpx.Response", address: str, folder: Path) -> Path:
    """Write the body of `response` into `folder`, with its metadata, and return the copy."""
    suffix = _suffix(response.headers.get("content-type", ""), str(response.url))
    if _number(response.headers.get("content-length")) > MAX_BYTES:
        raise _too_large()
    folder.mkdir(parents=True, exist_ok=True)
    name = PurePosixPath(unquote(urlsplit(address).path)).stem
    name = re.sub(r"[^\w.-]+", " ", name).strip(" .")[:80] or "index"
    path = folder / f"{name}{suffix}"
    deadline = time.monotonic() + MAX_SECONDS
    size = 0
    with atomic_file(path) as out:
        for chunk in response.iter_bytes(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                raise _too_large()
            if time.monotonic() > deadline:
                minutes = f"{MAX_SECONDS / 60:.0f} minutes"
                raise ReadError(f"not all there after {minutes}. Try again, or download it yourself.")
            out.write(chunk)
    before = read_metadata(folder)
    if before and before.file != path.name:
        (folder / PurePosixPath(before.file).name).unlink(missing_ok=True)  # of another format than now
    etag, last_modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
    write_metadata(folder, CopyMetadata(address, path.name, etag, last_modified))
    return path


def _too_large() -> ReadError:
    return ReadError(f"too large: more than the {MAX_BYTES // 1_000_000:,} MB that are fetched. Leave it out.")


def _suffix(content_type: str, address: str) -> str:
    """The suffix of a format by the content type, else by the address; raises ReadError if no reader knows either."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in SUFFIX_BY_CONTENT_TYPE:
        return SUFFIX_BY_CONTENT_TYPE[kind]
    ending = PurePosixPath(unquote(urlsplit(address).path)).suffix.lower()
    if kind in _UNSPECIFIC_TYPES or kind.split("/")[0] in ("text", "image", "video"):
        if kind_of(Path(f"a{ending}")):
            return ending
        if kind == "text/plain":
            return ".txt"
    raise ReadError(f"no reader for content of type {kind or 'unknown'}. Leave it out.")


def _number(header: str | None) -> int:
    return int(header) if header and header.isdecimal() else 0
