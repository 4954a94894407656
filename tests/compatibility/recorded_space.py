"""Puts the recorded space and its sources into a folder of a test."""

import json
import os
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.compatibility.paths import SOURCES_ROOT, relocate

DATA = Path(__file__).parent / "data"
SPACE = "recorded"
HOME_ROOT = "/nearspace-recorded-home"
"""Stands in recorded answers for the home of the space."""


@dataclass(frozen=True)
class Recorded:
    """A copy of the recorded space, with its sources beside it."""

    home: Path
    sources: Path

    @property
    def folder(self) -> Path:
        """The space's own folder."""
        return self.home / SPACE

    @property
    def where(self) -> list[str]:
        """The options that name the space on the command line."""
        return ["--home", str(self.home), "--space", SPACE]

    def neutral(self, answer: Any) -> Any:
        """The answer, of JSON's kinds, with the folders of this copy replaced by those of the record."""
        if isinstance(answer, str):
            return answer.replace(str(self.sources), SOURCES_ROOT).replace(str(self.home), HOME_ROOT)
        if isinstance(answer, dict):
            return {self.neutral(key): self.neutral(value) for key, value in answer.items()}
        if isinstance(answer, list | tuple):
            return [self.neutral(each) for each in answer]
        return answer


def restore(folder: Path, *, chroma: bool = True) -> Recorded:
    """A copy of the recorded space in `folder`; without Chroma's files where they are not wanted."""
    recorded = Recorded(folder.resolve() / "home", folder.resolve() / "sources")
    _unpack("sources", recorded.sources)
    _unpack("space", recorded.home)
    ledger = recorded.folder / "ledger.db"
    relocate(ledger, SOURCES_ROOT, str(recorded.sources))
    _set_times_of_copies(recorded.folder, ledger)
    if chroma:
        _unpack("chroma", recorded.home)
        relocate(recorded.folder / "chroma" / "chroma.sqlite3", SOURCES_ROOT, str(recorded.sources))
    return recorded


def record_of(name: str) -> Any:
    """What was recorded under that name."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def _set_times_of_copies(space: Path, ledger: Path) -> None:
    """Give the copies of what was fetched from the web their exact times, which no archive keeps."""
    with closing(sqlite3.connect(ledger)) as connection:
        for about in space.glob("fetched/*/about.json"):
            copy = json.loads(about.read_text(encoding="utf-8"))
            find = "SELECT mtime_ns FROM sources WHERE path = ?"
            (changed,) = connection.execute(find, [copy["address"]]).fetchone()
            os.utime(about.with_name(copy["file"]), ns=(changed, changed))


def _unpack(name: str, folder: Path) -> None:
    with tarfile.open(DATA / f"{name}.tar.gz") as packed:
        packed.extractall(folder, filter="data")
