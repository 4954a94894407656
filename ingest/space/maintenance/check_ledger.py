"""Checks a ledger without changing it: its file, rows, vectors and thumbnails."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import MODALITIES
from ingest.space.chroma.sync import Progress
from ingest.space.ledger.database import VECTOR_DTYPE
from ingest.space.ledger.item import ItemState
from ingest.space.maintenance.findings import Findings

_CHUNK = 2_000  # vectors checked at a time: bounds memory
_LENGTH_TOLERANCE = 1e-3  # float16 on a GPU leaves unit vectors this far from length 1


def check_file(findings: Findings, connection: sqlite3.Connection) -> bool:
    """Whether the file is sound and has the tables of a ledger, without which nothing more can be checked."""
    check = "integrity_check" if findings.full else "quick_check"
    result = [str(line) for (line,) in connection.execute(f"PRAGMA {check}(20)")]
    if result != ["ok"]:
        findings.add("ledger", f"SQLite finds the ledger damaged ({result[0].splitlines()[-1]})")
        return False
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if missing := sorted({"runs", "sources", "items", "vectors", "facts"} - names):
        findings.add("ledger", f"the ledger has no table {', '.join(missing)}")
        return False
    # A ledger that has not been migrated lacks the view, and a check changes nothing.
    live = f"SELECT * FROM main.items WHERE state != {ItemState.REMOVED}"  # noqa: S608 - a number
    connection.execute(f"CREATE TEMP VIEW live_items AS {live}")
    return True


def check_rows(findings: Findings, connection: sqlite3.Connection) -> None:
    """Count the items, and find those without a source, vectors without an item, and broken duplicates."""
    rows = connection.execute("SELECT modality, COUNT(*) FROM live_items GROUP BY modality")
    findings.items.update({modality: int(count) for modality, count in rows if modality in MODALITIES})
    query = "SELECT COUNT(*) FROM items WHERE state != ?"
    findings.pending = connection.execute(query, [ItemState.INDEXED]).fetchone()[0]
    findings.without_source = _ids(connection, "SELECT id FROM live_items WHERE source NOT IN (SELECT id FROM sources)")
    if findings.without_source:
        findings.add("ledger", "items whose source the ledger does not know", findings.without_source)
    findings.orphan_vectors = _ids(connection, "SELECT item FROM vectors WHERE item NOT IN (SELECT id FROM items)")
    if findings.orphan_vectors:
        findings.add("ledger", "vectors that belong to no item", findings.orphan_vectors)
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'copies'").fetchone():
        findings.broken_duplicates = _ids(
            connection,
            "SELECT source FROM copies WHERE source NOT IN (SELECT id FROM sources) "
            "OR holder IN (SELECT source FROM copies) OR holder NOT IN (SELECT id FROM sources) "
            "OR holder NOT IN (SELECT source FROM live_items) "
            "OR source IN (SELECT source FROM live_items)",
        )
    if findings.broken_duplicates:
        findings.add(
            "ledger", "sources that share items which are not there, or have their own", findings.broken_duplicates
        )


def check_vectors(findings: Findings, connection: sqlite3.Connection, progress: Progress | None) -> None:
    """Find live items without a finite unit vector."""
    dimension = findings.encoder.dimension if findings.encoder else None
    total = sum(findings.items.values())
    for chunk in _live_vectors(connection):
        findings.vectors += len(chunk)
        findings.vector_faults.update(vector_faults(chunk, dimension))
        if progress:
            progress(findings.vectors, total)
    by_fault: dict[str, list[int]] = {}
    for item, fault in findings.vector_faults.items():
        by_fault.setdefault(fault, []).append(item)
    for fault, ids in by_fault.items():
        findings.add("vectors", f"items whose vector {fault}", ids)


def vector_faults(chunk: list[tuple[int, bytes | None]], dimension: int | None) -> dict[int, str]:
    """What is wrong with the vector of each item of `chunk` (item, vector) that has no finite unit vector."""
    faults: dict[int, str] = {}
    good: list[tuple[int, bytes]] = []
    for item, blob in chunk:
        if not isinstance(blob, bytes) or not blob:
            faults[item] = "is missing"
        elif len(blob) != VECTOR_DTYPE.itemsize * (dimension or len(blob) // VECTOR_DTYPE.itemsize):
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
    """The vector that the ledger stores as `blob`."""
    return np.frombuffer(blob, dtype=VECTOR_DTYPE)


def _live_vectors(connection: sqlite3.Connection) -> Iterator[list[tuple[int, bytes | None]]]:
    last = 0
    while rows := connection.execute(
        "SELECT items.id, vector FROM live_items AS items LEFT JOIN vectors ON vectors.item = items.id "
        "WHERE items.id > ? ORDER BY items.id LIMIT ?",
        [last, _CHUNK],
    ).fetchall():
        yield rows
        last = rows[-1][0]


def check_thumbnails(findings: Findings, connection: sqlite3.Connection, folder: Path) -> None:
    """Find live items whose thumbnail is missing or broken."""
    for item, name in connection.execute("SELECT id, thumbnail FROM live_items WHERE thumbnail != ''"):
        findings.thumbnails += 1
        if not is_thumbnail(folder / name):
            findings.without_thumbnail.append(item)
    if findings.without_thumbnail:
        findings.add("thumbnails", "images whose thumbnail is missing or broken", findings.without_thumbnail)


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


def _ids(connection: sqlite3.Connection, query: str) -> list[int]:
    return [number for (number,) in connection.execute(query)]
