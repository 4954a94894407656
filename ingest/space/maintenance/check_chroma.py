"""Compares Chroma's two collections with the ledger, changing neither."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
from chromadb.errors import ChromaError, NotFoundError
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Log
from ingest.errors import ServerError, ServerUnreachable, SettingsError
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.chroma.connection import collection_name, connect, plainly
from ingest.space.chroma.local_server import CHROMA_FOLDER
from ingest.space.chroma.remote_server import OWNER
from ingest.space.chroma.sync import MAY_MISS, Progress
from ingest.space.embedding_function import NearspaceEmbeddingFunction
from ingest.space.maintenance.check import Findings, as_vector

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_SAMPLE = 256  # items of each modality that are compared when the look is not a full one
_PROBES = 16  # items that have to find themselves
_PIECE = 300  # Chroma Cloud gives no more in one answer
_SAME = 1e-3  # greatest difference of a component, and greatest cosine distance, at which vectors are the same


def compare_with_chroma(
    findings: Findings,
    database: sqlite3.Connection,
    folder: Path,
    *,
    log: Log | None,
    progress: Progress | None,
) -> None:
    """Add to `findings` where Chroma disagrees with the ledger in `database`; what waits for Chroma is left out."""
    address = findings.chroma
    if not address and not (folder / CHROMA_FOLDER).is_dir():
        if sum(findings.items.values()):
            _broken(findings, f"Chroma's folder {CHROMA_FOLDER} is missing")
        return
    try:
        connection = connect(folder, address, log=log)
    except (ServerUnreachable, SettingsError) as error:
        findings.add("index", str(error))  # which tells nothing of what the server keeps
        return
    except ServerError as error:
        _broken(findings, f"Chroma's server does not start on its folder ({error})")
        return
    try:
        client = plainly(connection.client)
        encoder = findings.encoder
        assert encoder is not None
        for modality in MODALITIES:
            name = collection_name(findings.space, modality)
            try:
                function = NearspaceEmbeddingFunction(encoder.id, encoder.fingerprint)
                collection = plainly(partial(client.get_collection, name, embedding_function=function))
            except NotFoundError:
                if findings.items[modality]:
                    _broken(findings, f"Chroma has no collection {name}")
                continue
            if address and (collection.metadata or {}).get(OWNER) != findings.id:
                findings.add("index", f"the collection {name} at {address} belongs to another space")
                continue
            plainly(partial(_compare, findings, database, collection, modality, encoder, progress))
    except (ChromaError, httpx.HTTPError, ValueError) as error:
        # Of a server of one's own that does not answer, nothing is known to be broken.
        _broken(findings, f"Chroma cannot answer ({error})", wrong=address is None)
    finally:
        connection.close()


def _compare(
    findings: Findings,
    database: sqlite3.Connection,
    collection: "Collection",
    modality: Modality,
    encoder: EncoderInfo,
    progress: Progress | None,
) -> None:
    if (collection.metadata or {}).get("fingerprint") != encoder.fingerprint:
        _broken(findings, f"Chroma's {modality} items are those of another encoder than {encoder.id}")
        return
    states = dict(database.execute("SELECT id, state FROM items WHERE modality = ?", [modality]))
    sure = [number for number, state in sorted(states.items()) if state == 1]
    count = findings.indexed[modality] = collection.count()
    if not len(sure) <= count <= len(states):
        _broken(
            findings, f"Chroma has {count:,} {modality} items and the ledger {len(sure):,}", wrong=count < len(sure)
        )
    chosen = sure if findings.full else sure[:: max(1, len(sure) // _SAMPLE)][:_SAMPLE]
    missing: list[int] = []
    different: list[int] = []
    for start in range(0, len(chosen), _PIECE):
        ids = chosen[start : start + _PIECE]
        mine, theirs = _ledger_vectors(findings, database, ids), _chroma_vectors(collection, ids)
        missing += [number for number in ids if number not in theirs]
        for number in mine.keys() & theirs.keys():
            one, other = mine[number], theirs[number]
            if one.shape != other.shape or not np.abs(one - other).max() <= _SAME:
                different.append(number)
        findings.compared += len(ids)
        if progress:
            progress(start + len(ids), len(chosen))
    if missing:
        findings.index_is_broken = True
        findings.add("index", f"{modality} items that Chroma has not", missing)
    if different:
        findings.index_is_broken = True
        findings.add("index", f"{modality} items with another vector in Chroma than in the ledger", sorted(different))
    if findings.full and (strays := _strays(collection, count, states)):
        findings.strays[modality] = strays
        findings.add("index", f"{modality} items that Chroma has and the ledger does not know", strays)
    _probe(findings, database, collection, modality, sure)


def _probe(
    findings: Findings, database: sqlite3.Connection, collection: "Collection", modality: Modality, sure: list[int]
) -> None:
    """Whether items spread over the collection find themselves, or one like them, by their own vectors."""
    probes = _ledger_vectors(findings, database, sure[:: max(1, len(sure) // _PROBES)][:_PROBES])
    if not probes:
        return
    answer = collection.query(query_embeddings=np.stack(list(probes.values())), n_results=1, include=["distances"])
    distances = [row[0] if row else np.inf for row in answer["distances"] or []]
    lost = [number for number, distance in zip(probes, distances, strict=True) if not distance <= _SAME]
    if len(lost) > MAY_MISS * len(probes):
        findings.index_is_broken = True
        findings.add("index", f"{modality} items that Chroma does not find by their own vectors", lost)


def _ledger_vectors(
    findings: Findings, database: sqlite3.Connection, ids: list[int]
) -> dict[int, NDArray[np.float32]]:  # fmt: skip
    """The ledger's good vectors of `ids`."""
    marks = ",".join("?" * len(ids))
    query = f"SELECT item, vector FROM vectors WHERE item IN ({marks}) ORDER BY item"  # noqa: S608 - question marks
    rows = database.execute(query, ids)
    return {number: as_vector(blob) for number, blob in rows if number not in findings.broken}


def _chroma_vectors(collection: "Collection", ids: list[int]) -> dict[int, NDArray[np.float32]]:
    answer = collection.get(ids=[str(number) for number in ids], include=["embeddings"])
    vectors = answer["embeddings"]
    if vectors is None:
        return {}
    return {int(name): np.asarray(row, dtype=np.float32) for name, row in zip(answer["ids"], vectors, strict=True)}


def _strays(collection: "Collection", count: int, known: dict[int, int]) -> list[str]:
    found: list[str] = []
    for start in range(0, count, _PIECE * 10):
        ids = collection.get(limit=_PIECE * 10, offset=start, include=[])["ids"]
        found += [name for name in ids if not name.isdecimal() or int(name) not in known]
    return found


def _broken(findings: Findings, message: str, *, wrong: bool = True) -> None:
    findings.index_is_broken |= wrong
    findings.add("index", message)
