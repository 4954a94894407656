"""Looks a space over without changing it: manifest, ledger, vectors, thumbnails, and the ledger against Chroma."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Log
from ingest.errors import SpaceError
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.chroma.address import ChromaAddress
from ingest.space.chroma.sync import Progress
from ingest.space.ledger.database import LEDGER_NAME, encoder_in
from ingest.space.maintenance.check_search_index import look_at_words
from ingest.space.manifest import read_manifest

Part = Literal["manifest", "ledger", "vectors", "thumbnails", "words", "index"]

_PIECE = 2_000  # vectors looked at in one go: bounds memory
_EXAMPLES = 5
_LENGTH_TOLERANCE = 1e-3  # float16 on a GPU leaves unit vectors this far from length 1
_VECTOR = np.dtype("<f4")


@dataclass(frozen=True)
class Problem:
    """Something that is not as it should be."""

    part: Part
    message: str
    """A sentence without a full stop."""
    count: int = 1
    examples: tuple[str, ...] = ()
    """Some of the items (by id) or files that it is about."""


@dataclass
class Findings:
    """What a look at a space has shown, and what a repair needs to know of it."""

    space: str
    folder: str
    full: bool
    id: str = ""
    """What the space's collections on a server of the user's own are known by."""
    chroma: ChromaAddress | None = None
    """The server of the user's own that keeps the index, where one does."""
    encoder: EncoderInfo | None = None
    """None when neither manifest nor ledger tells."""
    items: dict[Modality, int] = field(default_factory=lambda: dict.fromkeys(MODALITIES, 0))
    indexed: dict[Modality, int] = field(default_factory=dict)
    """Items that Chroma has; a modality is missing where it could not be asked."""
    waiting: int = 0
    """Items that Chroma has still to learn or to forget, as the next opening does; no problem."""
    vectors: int = 0
    """Vectors of the ledger that were looked at."""
    compared: int = 0
    """Vectors of the ledger that were compared with Chroma's."""
    thumbnails: int = 0
    """Thumbnails that were looked for."""
    problems: list[Problem] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)
    """What is wrong with the vector of each item that has no good one."""
    sourceless: list[int] = field(default_factory=list)
    """Items whose source the ledger does not know."""
    ownerless: list[int] = field(default_factory=list)
    """Vectors that belong to no item."""
    widowed: list[int] = field(default_factory=list)
    """Sources whose items another source is to have, and it has none."""
    bare: list[int] = field(default_factory=list)
    """Items whose thumbnail is not there."""
    strays: dict[Modality, list[str]] = field(default_factory=dict)
    """Ids that Chroma has and the ledger does not know; only a full look finds them."""
    words_are_broken: bool = False
    """Whether words and facets are to be derived anew."""
    index_is_broken: bool = False
    """Whether Chroma is to be filled anew."""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def add(self, part: Part, message: str, things: list | None = None) -> None:
        """Note a problem with the things that it is about."""
        examples = tuple(str(thing) for thing in (things or [])[:_EXAMPLES])
        self.problems.append(Problem(part, message, len(things) if things else 1, examples))


def look_over(
    folder: Path,
    *,
    full: bool = False,
    chroma: ChromaAddress | None = None,
    log: Log | None = None,
    progress: Progress | None = None,
) -> Findings:
    """What is wrong with the space in `folder`; a `full` look compares every vector with Chroma's, else a sample.

    `chroma` is the manifest's own address with the values of its headers, where they are not in the environment.
    Every vector and thumbnail of the ledger is looked at either way.  The caller holds the space's write lock, so
    that nothing changes meanwhile.  Nothing is mended.
    """
    findings = Findings(folder.name, str(folder), full)
    _look_at_manifest(findings, folder)
    findings.chroma = chroma or findings.chroma
    path = folder / LEDGER_NAME
    if not path.is_file():
        findings.add("ledger", f"the ledger {LEDGER_NAME} is missing")
        return findings
    try:
        with closing(sqlite3.connect(path, timeout=60)) as database:
            if _ledger_is_whole(findings, database):
                _look_at_rows(findings, database)
                _look_at_vectors(findings, database, progress)
                _look_at_thumbnails(findings, database, folder)
                look_at_words(findings, database)
                if findings.encoder:
                    from ingest.space.maintenance.check_chroma import compare_with_chroma

                    compare_with_chroma(findings, database, folder, log=log, progress=progress)
    except sqlite3.Error as error:
        findings.add("ledger", f"the ledger cannot be read ({error})")
    return findings


def _look_at_manifest(findings: Findings, folder: Path) -> None:
    swapped: EncoderInfo | None = None
    with suppress(SpaceError, TypeError, ValueError):  # the look at the ledger itself says what is wrong with it
        swapped = findings.encoder = encoder_in(folder / LEDGER_NAME)
    try:
        manifest = read_manifest(folder)
    except SpaceError as error:
        findings.add("manifest", str(error).split(". ")[0])
        return
    findings.space, findings.id, findings.chroma = manifest.name, manifest.id, manifest.chroma
    if swapped is None:
        findings.encoder = manifest.encoder
        for modality, statistics in manifest.statistics.items():
            mean = np.array(statistics.mean)
            if len(mean) != manifest.encoder.dimension or not np.isfinite(mean).all():
                findings.add("manifest", f"the mean {modality} vector in the manifest is broken")


def _ledger_is_whole(findings: Findings, database: sqlite3.Connection) -> bool:
    check = "integrity_check" if findings.full else "quick_check"
    said = [str(line) for (line,) in database.execute(f"PRAGMA {check}(20)")]
    if said != ["ok"]:
        findings.add("ledger", f"SQLite finds the ledger damaged ({said[0].splitlines()[-1]})")
        return False
    names = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := sorted({"runs", "sources", "items", "vectors", "facts"} - names):
        findings.add("ledger", f"the ledger has no table {', '.join(missing)}")
        return False
    return True


def _look_at_rows(findings: Findings, database: sqlite3.Connection) -> None:
    rows = database.execute("SELECT modality, COUNT(*) FROM items WHERE state != 2 GROUP BY modality")
    findings.items.update({modality: int(count) for modality, count in rows if modality in MODALITIES})
    findings.waiting = database.execute("SELECT COUNT(*) FROM items WHERE state != 1").fetchone()[0]
    findings.sourceless = _ids(
        database, "SELECT id FROM items WHERE state != 2 AND source NOT IN (SELECT id FROM sources)"
    )
    if findings.sourceless:
        findings.add("ledger", "items whose source the ledger does not know", findings.sourceless)
    findings.ownerless = _ids(database, "SELECT item FROM vectors WHERE item NOT IN (SELECT id FROM items)")
    if findings.ownerless:
        findings.add("ledger", "vectors that belong to no item", findings.ownerless)
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'copies'").fetchone():
        findings.widowed = _ids(
            database,
            "SELECT source FROM copies WHERE source NOT IN (SELECT id FROM sources) "
            "OR holder IN (SELECT source FROM copies) OR holder NOT IN (SELECT id FROM sources) "
            "OR holder NOT IN (SELECT source FROM items WHERE state != 2) "
            "OR source IN (SELECT source FROM items WHERE state != 2)",
        )
    if findings.widowed:
        findings.add("ledger", "sources that share items which are not there, or have their own", findings.widowed)


def _look_at_vectors(findings: Findings, database: sqlite3.Connection, progress: Progress | None) -> None:
    dimension = findings.encoder.dimension if findings.encoder else None
    total = sum(findings.items.values())
    for piece in _live_vectors(database):
        findings.vectors += len(piece)
        findings.broken.update(what_is_broken(piece, dimension))
        if progress:
            progress(findings.vectors, total)
    by_fault: dict[str, list[int]] = {}
    for item, fault in findings.broken.items():
        by_fault.setdefault(fault, []).append(item)
    for fault, ids in by_fault.items():
        findings.add("vectors", f"items whose vector {fault}", ids)


def what_is_broken(piece: list[tuple[int, bytes | None]], dimension: int | None) -> dict[int, str]:
    """What is wrong with the vector of each item of `piece` (item, vector) that has no finite unit vector."""
    faults: dict[int, str] = {}
    good: list[tuple[int, bytes]] = []
    for item, blob in piece:
        if not isinstance(blob, bytes) or not blob:
            faults[item] = "is missing"
        elif len(blob) != _VECTOR.itemsize * (dimension or len(blob) // _VECTOR.itemsize):
            faults[item] = f"has not {dimension} dimensions"
        else:
            good.append((item, blob))
    with np.errstate(over="ignore", invalid="ignore"):
        for item, blob in good:
            vector = as_vector(blob)
            if not np.isfinite(vector).all():
                faults[item] = "is not finite"
            elif abs(float(np.linalg.norm(vector.astype(np.float64))) - 1.0) > _LENGTH_TOLERANCE:
                faults[item] = "is not of length 1"
    return faults


def as_vector(blob: bytes) -> NDArray[np.float32]:
    """The vector that the ledger keeps in `blob`."""
    return np.frombuffer(blob, dtype=_VECTOR)


def _live_vectors(database: sqlite3.Connection) -> Iterator[list[tuple[int, bytes | None]]]:
    last = 0
    while rows := database.execute(
        "SELECT items.id, vector FROM items LEFT JOIN vectors ON vectors.item = items.id "
        "WHERE state != 2 AND items.id > ? ORDER BY items.id LIMIT ?",
        [last, _PIECE],
    ).fetchall():
        yield rows
        last = rows[-1][0]


def _look_at_thumbnails(findings: Findings, database: sqlite3.Connection, folder: Path) -> None:
    for item, name in database.execute("SELECT id, thumbnail FROM items WHERE state != 2 AND thumbnail != ''"):
        findings.thumbnails += 1
        if not is_thumbnail(folder / name):
            findings.bare.append(item)
    if findings.bare:
        findings.add("thumbnails", "images whose thumbnail is missing or broken", findings.bare)


def is_thumbnail(path: Path) -> bool:
    """Whether there is a whole JPEG file at `path`, or a WebP file as older spaces have them, by its ends alone."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 2))
            end = file.read(2)
    except OSError:
        return False
    if head[:3] == b"\xff\xd8\xff":
        return end == b"\xff\xd9"
    # RIFF counts the bytes after its own header of eight.
    return head[:4] == b"RIFF" and head[8:] == b"WEBP" and int.from_bytes(head[4:8], "little") + 8 <= size


def _ids(database: sqlite3.Connection, query: str) -> list[int]:
    return [number for (number,) in database.execute(query)]
