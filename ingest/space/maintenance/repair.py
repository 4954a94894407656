"""Repairs what a check of a space has found.  A repair never removes an item from a space."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from chromadb.errors import ChromaError
from numpy.typing import NDArray

from ingest.atomic import atomic_write
from ingest.encoders.base import EncoderInfo, Log
from ingest.errors import ReadError, ServerError, SettingsError, SpaceError
from ingest.readers.draft import MODALITIES
from ingest.sources.location import content_hash, location_of
from ingest.space.chroma.connection import call_client, collection_name, connect
from ingest.space.chroma.local_server import CHROMA_FOLDER
from ingest.space.chroma.move import move_index
from ingest.space.chroma.remote_server import OWNER
from ingest.space.chroma.sync import Progress
from ingest.space.chroma_address import ChromaAddress
from ingest.space.ledger.database import LEDGER_NAME
from ingest.space.ledger.item import Item, ItemState
from ingest.space.ledger.search_index import mark_all_due
from ingest.space.maintenance.check import check_folder
from ingest.space.maintenance.check_ledger import as_vector, is_thumbnail, vector_faults
from ingest.space.maintenance.findings import Findings
from ingest.space.manifest import new_manifest, read_manifest, write_manifest
from ingest.space.open import open_to_reencode, require_space, write_lock
from ingest.space.space import Space

Metadata = Mapping[str, Any]
"""An item's metadata as chromadb returns it."""

READ_AGAIN = "its vector was broken; the next ingest reads it again"
_PIECE = 300  # Chroma Cloud gives no more in one answer


@dataclass(frozen=True)
class Repair:
    """What a repair has done."""

    before: Findings
    done: tuple[str, ...]
    """What was repaired, a sentence each, without a full stop."""
    to_ingest: tuple[str, ...]
    """Folders to ingest once more, so that sources with broken vectors are encoded again."""
    after: Findings


def repair(
    home: Path,
    name: str,
    *,
    chroma: ChromaAddress | None = None,
    back: bool = False,
    log: Log | None = None,
    progress: Progress | None = None,
) -> Repair:
    """Repair the space `name`, once no process writes into it, and move its index to `chroma`, unless that is None.

    `back` moves an index from a server of the user's own back to this machine.
    A broken vector is restored from Chroma where Chroma has it; otherwise what is left of it is kept, so that the item
    stays in the space, and its source is read again at the next ingest.  Chroma is filled again from the ledger where
    the two differ.  Thumbnails are made again from sources that have not changed.

    Raises:
        SpaceNotFound: there is no such space.
        SpaceError: manifest or ledger is damaged in a way that only a backup can repair.
    """
    folder = require_space(home, name)
    done: list[str] = []
    roots: list[str] = []
    with write_lock(folder, name, log, float("inf")):
        before = found = check_folder(
            folder, full=True, chroma=_with_access(folder, chroma), log=log, progress=progress
        )
        if any(problem.part in ("manifest", "ledger") for problem in found.problems):
            _repair_files(folder, found, done)
            found = check_folder(folder, full=True, log=log, progress=progress)
        if found.vector_faults or found.orphan_vectors or found.without_source or found.broken_duplicates:
            roots = _repair_ledger(folder, found, done)
        if found.search_index_is_broken:
            with closing(sqlite3.connect(folder / LEDGER_NAME, timeout=60, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE")
                mark_all_due(database)
                database.execute("COMMIT")
            done.append("had words and facts made searchable anew from the items")
        if chroma or back:
            if moved := move_index(folder, chroma, log=log):
                done.append(moved)
                # Opening the space fills the index where it is now.
                found.chroma_is_broken, found.unknown_in_chroma = False, {}
            chroma = _with_access(folder, chroma)
    # A process that gets the lock in between finds a sound ledger, and an index that opening repairs or leaves.
    with open_to_reencode(home, name, chroma=chroma, log=log, progress=progress) as space:
        _repair_index(space, found, done, progress)
        if found.without_thumbnail:
            _repair_thumbnails(space, found.without_thumbnail, done)
        space.refresh_statistics()
        after = check_folder(folder, full=True, chroma=chroma, log=log, progress=progress)
    return Repair(before, tuple(done), tuple(roots), after)


def _with_access(folder: Path, given: ChromaAddress | None) -> ChromaAddress | None:
    """The manifest's address with what `given` has of how it is reached; None if it is another place, or not known."""
    with suppress(SpaceError):
        known = read_manifest(folder).chroma
        if known is not None and given is not None and known.same_database(given):
            return known.with_access_of(given)
    return None


def _repair_files(folder: Path, found: Findings, done: list[str]) -> None:
    """Repair the indexes of a damaged ledger file, and a manifest whose encoder the ledger records."""
    path = folder / LEDGER_NAME
    if not path.is_file():
        raise SpaceError(f"The ledger {path} is missing. {_FROM_BACKUP}")
    try:
        with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
            if _integrity(database) != "ok":
                database.execute("BEGIN IMMEDIATE")
                database.execute("REINDEX")
                if (said := _integrity(database)) != "ok":
                    database.execute("ROLLBACK")
                    raise SpaceError(f"The ledger {path} is damaged ({said}). {_FROM_BACKUP}")
                database.execute("COMMIT")
                done.append("made the ledger's indexes anew")
    except sqlite3.Error as error:
        raise SpaceError(f"The ledger {path} is damaged ({error}). {_FROM_BACKUP}") from error
    if any(problem.part == "manifest" and "cannot be read" in problem.message for problem in found.problems):
        if found.encoder is None:
            raise SpaceError(f"The manifest of {folder} cannot be read, and only it tells the encoder. {_FROM_BACKUP}")
        write_manifest(folder, new_manifest(folder.name, found.encoder))
        done.append("wrote the manifest anew, with the encoder that the ledger names")


_FROM_BACKUP = (
    "It was left as it is. Restore it from a backup, or ingest the folders into a space of another name with --space."
)


def _integrity(database: sqlite3.Connection) -> str:
    return str(database.execute("PRAGMA integrity_check(1)").fetchone()[0]).splitlines()[-1]


def _repair_ledger(folder: Path, found: Findings, done: list[str]) -> list[str]:
    """Give every item a finite unit vector and a source; returns the folders that have to be ingested again."""
    encoder = found.encoder
    if encoder is None:
        raise SpaceError(f"Neither manifest nor ledger of {folder} tells the encoder. {_FROM_BACKUP}")
    vectors, facts = _from_chroma(folder, found, [*found.vector_faults, *found.without_source])
    faults = vector_faults([(item, vectors.get(item)) for item in found.vector_faults], encoder.dimension)
    roots: set[str] = set()
    with closing(sqlite3.connect(folder / LEDGER_NAME, timeout=60)) as database, database:
        kept = [item for item in found.vector_faults if item not in faults]
        for item in kept:
            database.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", [item, vectors[item]])
        if kept:
            done.append(f"took the vectors of {len(kept):,} items back from Chroma")
        if faults:
            roots |= _replace_broken(database, sorted(faults), encoder)
            done.append(
                f"marked the sources of {len(faults):,} items with broken vectors to be read again at the next ingest; "
                "until then what is left of their vectors stands in"
            )
        if found.orphan_vectors:
            database.executemany("DELETE FROM vectors WHERE item = ?", [(item,) for item in found.orphan_vectors])
            done.append(f"dropped {len(found.orphan_vectors):,} vectors that belonged to no item")
        if again := sum(_restore_source(database, item, facts.get(item, {})) for item in found.without_source):
            done.append(f"gave {again:,} items the source back that Chroma knew them by")
        if found.broken_duplicates:
            roots |= _read_duplicates_again(database, found.broken_duplicates)
            done.append(f"marked {len(found.broken_duplicates):,} sources without their items to be read again")
        # Readers that are open load vectors and folders anew.
        database.execute("UPDATE facts SET value = value + 1 WHERE key IN ('revision', 'moves')")
    return sorted(roots)


def _replace_broken(database: sqlite3.Connection, items: Sequence[int], encoder: EncoderInfo) -> set[str]:
    """Replace each vector by what is left of it, and mark its source to be read again; returns their roots."""
    roots: set[str] = set()
    for item in items:
        row = database.execute(
            "SELECT vector, modality, sources.id, root FROM items LEFT JOIN vectors ON vectors.item = items.id "
            "LEFT JOIN sources ON sources.id = source WHERE items.id = ?",
            [item],
        ).fetchone()
        blob, modality, source, root = row
        vector = _finite_part(blob, encoder.dimension)
        if vector is None:
            vector = _mean(database, modality, set(items), encoder.dimension)
        database.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", [item, vector.astype("<f4").tobytes()])
        # It goes to Chroma again; without a hash, and of no file's size, the source is new to the next ingest.
        database.execute("UPDATE items SET state = ? WHERE id = ?", [ItemState.PENDING, item])
        database.execute(
            "UPDATE sources SET sha256 = '', size = -1, mtime_ns = 0, reason = ? "
            "WHERE id = ? OR id IN (SELECT source FROM copies WHERE holder = ?)",
            [READ_AGAIN, source, source],
        )
        if root:
            roots.add(root)
    return roots


def _read_duplicates_again(database: sqlite3.Connection, sources: Sequence[int]) -> set[str]:
    """Mark sources that lost the items they shared to be read again at the next ingest; their roots."""
    roots: set[str] = set()
    for source in sources:
        database.execute("DELETE FROM copies WHERE source = ?", [source])
        database.execute(
            "UPDATE sources SET sha256 = '', size = -1, mtime_ns = 0, reason = ? WHERE id = ?",
            ["its items were lost; the next ingest reads it again", source],
        )
        roots.update(root for (root,) in database.execute("SELECT root FROM sources WHERE id = ?", [source]))
    return roots


def _finite_part(blob: object, dimension: int) -> NDArray[np.float64] | None:
    """The finite part of a broken vector at unit length: a flipped bit spoils one component and leaves the rest."""
    if not isinstance(blob, bytes) or len(blob) != 4 * dimension:
        return None
    vector = as_vector(blob).astype(np.float64)
    vector[~(np.abs(vector) <= 1.0)] = 0.0  # no component of a unit vector is longer
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0.1 else None


def _mean(database: sqlite3.Connection, modality: str, but: set[int], dimension: int) -> NDArray[np.float64]:
    """A direction in the middle of the modality's good vectors, where nothing is left of an item's own."""
    total = np.zeros(dimension)
    for item, blob in database.execute(
        "SELECT item, vector FROM vectors JOIN items ON items.id = item WHERE modality = ? LIMIT 10000", [modality]
    ):
        if item not in but and not vector_faults([(item, blob)], dimension):
            total += as_vector(blob)
    if not total.any():
        total[0] = 1.0
    return total / np.linalg.norm(total)


def _restore_source(database: sqlite3.Connection, item: int, known: Metadata) -> bool:
    """Give `item` the source that Chroma's metadata name, making it if need be; False where they name none."""
    path, root = known.get("path"), known.get("root")
    if not path or not root:
        return False
    database.execute(
        "INSERT OR IGNORE INTO sources (path, root, folder, size, mtime_ns, sha256, outcome, reason, run) "
        "VALUES (?, ?, ?, -1, 0, '', 'added', 'its record was lost; the next ingest reads it again', 0)",
        [path, root, known.get("folder", Path(root).name)],
    )
    database.execute("UPDATE items SET source = (SELECT id FROM sources WHERE path = ?) WHERE id = ?", [path, item])
    database.execute("DELETE FROM copies WHERE source = (SELECT id FROM sources WHERE path = ?)", [path])
    return True


def _from_chroma(folder: Path, found: Findings, items: Sequence[int]) -> tuple[dict[int, bytes], dict[int, Metadata]]:
    """Vectors and metadata that Chroma has of `items`, as far as it answers at all."""
    vectors: dict[int, bytes] = {}
    facts: dict[int, Metadata] = {}
    address = found.chroma
    if not items or (not address and not (folder / CHROMA_FOLDER).is_dir()):
        return vectors, facts
    try:
        connection = connect(folder, address)
    except (ServerError, SettingsError):
        return vectors, facts
    try:
        client = call_client(connection.client)
        for modality in MODALITIES:
            collection = call_client(partial(client.get_collection, collection_name(found.space, modality)))
            known = collection.metadata or {}
            if found.encoder is None or known.get("fingerprint") != found.encoder.fingerprint:
                continue
            if address and known.get(OWNER) != found.id:
                continue
            for start in range(0, len(items), _PIECE):
                ids = [str(item) for item in items[start : start + _PIECE]]
                answer = call_client(partial(collection.get, ids=ids, include=["embeddings", "metadatas"]))
                rows = zip(answer["ids"], _or_empty(answer["embeddings"]), _or_empty(answer["metadatas"]), strict=True)
                for name, vector, its_facts in rows:
                    vectors[int(name)] = np.asarray(vector, dtype="<f4").tobytes()
                    facts[int(name)] = dict(its_facts or {})
    except (ChromaError, httpx.HTTPError, ValueError):
        pass  # what it has returned so far is valid
    finally:
        connection.close()
    return vectors, facts


def _or_empty(column: Any) -> Any:
    return [] if column is None else column


def _repair_index(space: Space, found: Findings, done: list[str], progress: Progress | None) -> None:
    if found.chroma_is_broken:
        space.rebuild_index(progress)
        done.append(f"filled Chroma anew with the ledger's {space.ledger.items.count():,} items")
        return
    for modality, ids in found.unknown_in_chroma.items():
        space.drop_from_index(modality, ids)
        done.append(f"took {len(ids):,} {modality} items out of Chroma that the ledger does not know")
    space.index(progress)


def _repair_thumbnails(space: Space, items: Sequence[int], done: list[str]) -> None:
    """Make thumbnails anew from sources that are unchanged; the others are left, and `check` continues to name them."""
    from ingest.readers.reread import reread_pictures

    made = 0
    by_path: dict[str, list[Item]] = {}
    for item in space.ledger.items.get([str(number) for number in items]):
        by_path.setdefault(item.path, []).append(item)
    for path, bare in by_path.items():
        wanted = [item for item in bare if not is_thumbnail(space.folder / item.thumbnail)]
        made += len(bare) - len(wanted)  # another copy of the same content has just had them made
        source = space.ledger.sources.get(path)
        if source is None or not wanted:
            continue
        for place in (path, *bare[0].also):
            try:
                with location_of(place, space.folder).local_file() as file:
                    if content_hash(file) == source.sha256:
                        drafts = reread_pictures(file, wanted, space.manifest.encoder.image_size)
                        break
            except ReadError:
                continue
        else:
            continue
        for item, draft in zip(wanted, drafts, strict=True):
            target = space.folder / item.thumbnail
            target.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(target, draft.thumbnail)
            made += 1
    if made:
        done.append(f"made {made:,} thumbnails anew from their sources")
