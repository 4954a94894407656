"""SHA-256 digests of files, remembered by path, size, time and inode, and of values."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ingest.encoders.runtime.json_cache import Records

_DIGESTS = Records("digests")


def sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal; the file is always read."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def cached_sha256_of(file: Path) -> str:
    """The SHA-256 of a file's content; a file whose size, time and inode are as they were is not read again.

    Raises OSError if the file cannot be read, SettingsError if the cache folder cannot be written.
    """
    file = file.resolve()
    state = _state(file.stat())
    known = _DIGESTS.read(str(file))
    if known and all(known.get(name) == value for name, value in state.items()) and known.get("sha256"):
        return str(known["sha256"])
    digest = sha256_of(file)
    _DIGESTS.write(str(file), {**state, "sha256": digest})
    return digest


def remember_sha256(file: Path, status: os.stat_result, digest: str) -> None:
    """Record the digest of a file that was just written, whose status was `status`, so that it need not be read."""
    _DIGESTS.write(str(file.resolve()), {**_state(status), "sha256": digest})


def sha256_of_json(*values: Any) -> str:
    """The SHA-256 of values that JSON has, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _state(status: os.stat_result) -> dict[str, int]:
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}
