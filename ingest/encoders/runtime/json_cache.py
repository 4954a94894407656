"""Small things kept in the cache folder between runs: JSON files, and the digests of large files."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ingest.atomic import atomic_write
from ingest.encoders.runtime.onnx import cache_folder, sha256_of
from ingest.errors import SettingsError


def digest_of(file: Path) -> str:
    """The SHA-256 of a file's content; a file whose size and time are as they were is not read again."""
    file = file.resolve()
    stat = file.stat()
    note = cache_folder() / "digests" / f"{hashlib.sha256(str(file).encode()).hexdigest()[:32]}.json"
    state = {"file": str(file), "size": stat.st_size, "mtime_ns": stat.st_mtime_ns}
    known = read_json(note)
    if known and {**known, "sha256": ""} == {**state, "sha256": ""}:
        return str(known["sha256"])
    digest = sha256_of(file)
    keep_json(note, {**state, "sha256": digest})
    return digest


def digest_of_facts(*facts: Any) -> str:
    """The SHA-256 of values that JSON has, whatever the order of their keys."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def read_json(file: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is none, or it is damaged."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def keep_json(target: Path, content: dict[str, Any]) -> None:
    """Write a JSON file so that a reader sees the old one or the new one; raises SettingsError if it cannot be."""
    keep_text(target, json.dumps(content, indent=1, ensure_ascii=False))


def keep_text(target: Path, content: str) -> None:
    """Write a text file as `keep_json` does."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(target, content)
    except OSError as error:
        raise SettingsError(
            f"The cache folder {target.parent} cannot be written: {error.strerror or error}. "
            "Set NEARSPACE_CACHE to a folder that can."
        ) from error
