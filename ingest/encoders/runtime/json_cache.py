"""The cache folder: JSON files that are replaced whole, and small records that are cleaned up when they are old."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.atomic import atomic_write
from ingest.errors import SettingsError

MAX_RECORDS = 2_000
"""Records of one kind that are kept; the oldest beyond them are deleted."""
MAX_AGE_DAYS = 365
"""A record that was not used for so long is deleted."""
_REFRESH_DAYS = 30  # a record in use is marked as used no more often than that
_DAY_SECONDS = 86_400


def cache_folder() -> Path:
    """Where compiled models, receipts and other derived files are cached: NEARSPACE_CACHE, else the user's cache."""
    from platformdirs import user_cache_path

    named = os.environ.get("NEARSPACE_CACHE")
    return Path(named) if named else user_cache_path("nearspace", appauthor=False)


def read_json(file: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is none, or it is damaged."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None


def write_json(target: Path, content: dict[str, Any]) -> None:
    """Write a JSON file; a reader sees the old content or the new one.  Raises SettingsError if it cannot."""
    write_text(target, json.dumps(content, indent=1, ensure_ascii=False))


def write_text(target: Path, content: str) -> None:
    """Write a text file as `write_json` does."""
    with cache_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(target, content)


@contextmanager
def cache_errors(target: Path) -> Iterator[None]:
    """Raise SettingsError, with what to do, where `target` in the cache folder cannot be written."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"The cache folder {target.parent} cannot be written: {error.strerror or error}. "
            "Set NEARSPACE_CACHE to a folder that can."
        ) from error


@dataclass(frozen=True)
class Records:
    """Small facts in a folder of the cache, one JSON file for each key; any number of keys are kept side by side.

    Records that were not used for MAX_AGE_DAYS, and the oldest beyond MAX_RECORDS, are deleted when one is written.
    """

    name: str
    """Of the folder within the cache folder."""

    def read(self, key: str) -> dict[str, Any] | None:
        """The facts recorded under `key`; None if there are none, or the file is damaged."""
        file = self._file(key)
        facts = read_json(file)
        if facts is None or facts.get("key") != key:
            return None
        _mark_as_used(file)
        return facts

    def write(self, key: str, facts: dict[str, Any]) -> None:
        """Record `facts` under `key`; raises SettingsError if the cache folder cannot be written."""
        write_json(self._file(key), {"key": key, **facts})
        self._delete_old()

    def _file(self, key: str) -> Path:
        return cache_folder() / self.name / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"

    def _delete_old(self) -> None:
        times: list[tuple[float, Path]] = []
        for file in (cache_folder() / self.name).glob("*.json"):
            try:
                times.append((file.stat().st_mtime, file))
            except FileNotFoundError:  # another process deleted it
                continue
        times.sort(key=lambda pair: pair[0], reverse=True)
        oldest = time.time() - MAX_AGE_DAYS * _DAY_SECONDS
        for place, (modified, file) in enumerate(times):
            if place >= MAX_RECORDS or modified < oldest:
                with suppress(OSError):  # another process deleted it
                    file.unlink()


def _mark_as_used(file: Path) -> None:
    try:
        if time.time() - file.stat().st_mtime > _REFRESH_DAYS * _DAY_SECONDS:
            os.utime(file)
    except OSError:  # a cache that is only read serves as well
        return
