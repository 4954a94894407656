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
from ingest.space.chroma.connection import call_client, collection_name, connect
from ingest.space.chroma.local_server import CHROMA_FOLDER
from ingest.space.chroma.remote_server import OWNER
from ingest.space.chroma.sync import MAX_MISSED_SHARE, Progress
from ingest.space.embedding_function import NearspaceEmbeddingFunction
from ingest.space.ledger.database import placeholders
from ingest.space.ledger.item import ItemState
from ingest.space.maintenance.check_ledger import as_vector
from ingest.space.maintenance.findings import Findings

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection

_SAMPLE = 256  # items of each modality that are compared when the check is not a full one
_PROBES = 16  # items that have to find themselves
_CHUNK = 300  # Chroma Cloud gives no more in one answer
_SAME = 1e-3  # greatest difference of a component, and greatest cosine distance, at which vectors are the same


def check_chroma(
    findings: Findings,
    connection: sqlite3.Connection,
    folder: Path,
    *,
    log: Log | None,
    progress: Progress | None,
) -> None:
    """Add to `findings` where Chroma differs from the ledger of `connection`, apart from what is pending."""
    address = findings.chroma
    if not address and not (folder / CHROMA_FOLDER).is_dir():
        if sum(findings.items.values()):
            _broken(findings, f"Chroma's folder {CHROMA_FOLDER} is missing")
        return
    try:
        server = connect(folder, address, log=log)
    except (ServerUnreachable, SettingsError) as error:
        findings.add("index", str(error))  # which tells nothing of what the server has
        return
    except ServerError as error:
        _broken(findings, f"Chroma's server does not start on its folder ({error})")
        return
    try:
        client = call_client(server.client)
        encoder = findings.encoder
        assert encoder is not None
        for modality in MODALITIES:
            name = collection_name(findings.space, modality)
            try:
                function = NearspaceEmbeddingFunction(encoder.id, encoder.fingerprint)
                collection = call_client(partial(client.get_collection, name, embedding_function=function))
            except NotFoundError:
                if findings.items[modality]:
                    _broken(findings, f"Chroma has no collection {name}")
                continue
            if address and (collection.metadata or {}).get(OWNER) != findings.id:
                findings.add("index", f"the collection {name} at {address} belongs to another space")
                continue
            call_client(partial(_compare, findings, connection, collection, modality, encoder, progress))
    except (ChromaError, httpx.HTTPError, ValueError) as error:
        # Of a server of one's own that does not answer, nothing is known to be broken.
        _broken(findings, f"Chroma cannot answer ({error})", chroma_is_broken=address is None)
    finally:
        server.close()


def _compare(
    findings: Findings,
    connection: sqlite3.Connection,
    collection: "Collection",
    modality: Modality,
    encoder: EncoderInfo,
    progress: Progress | None,
) -> None:
    if (collection.metadata or {}).get("fingerprint") != encoder.fingerprint:
        _broken(findings, f"Chroma's {modality} items are those of another encoder than {encoder.id}")
        return
    states = dict(connection.execute("SELECT id, state FROM items WHERE modality = ?", [modality]))
    sure = [number for number, state in sorted(states.items()) if state == ItemState.INDEXED]
    count = findings.indexed[modality] = collection.count()
    if not len(sure) <= count <= len(states):
        _broken(
            findings,
            f"Chroma has {count:,} {modality} items and the ledger {len(sure):,}",
            chroma_is_broken=count < len(sure),
        )
    chosen = sure if findings.full else sure[:: max(1, len(sure) // _SAMPLE)][:_SAMPLE]
    missing: list[int] = []
    different: list[int] = []
    for start in range(0, len(chosen), _CHUNK):
        ids = chosen[start : start + _CHUNK]
        mine, theirs = _ledger_vectors(findings, connection, ids), _chroma_vectors(collection, ids)
        missing += [number for number in ids if number not in theirs]
        for number in mine.keys() & theirs.keys():
            one, other = mine[number], theirs[number]
            if one.shape != other.shape or not np.abs(one - other).max() <= _SAME:
                different.append(number)
        findings.compared += len(ids)
        if progress:
            progress(start + len(ids), len(chosen))
    if missing:
        findings.chroma_is_broken = True
        findings.add("index", f"{modality} items that Chroma has not", missing)
    if different:
        findings.chroma_is_broken = True
        findings.add("index", f"{modality} items with another vector in Chroma than in the ledger", sorted(different))
    if findings.full and (unknown := _unknown_ids(collection, count, states)):
        findings.unknown_in_chroma[modality] = unknown
        findings.add("index", f"{modality} items that Chroma has and the ledger does not know", unknown)
    _probe(findings, connection, collection, modality, sure)


def _probe(
    findings: Findings, connection: sqlite3.Connection, collection: "Collection", modality: Modality, sure: list[int]
) -> None:
    """Whether items spread over the collection find themselves, or one like them, by their own vectors."""
    probes = _ledger_vectors(findings, connection, sure[:: max(1, len(sure) // _PROBES)][:_PROBES])
    if not probes:
        return
    answer = collection.query(query_embeddings=np.stack(list(probes.values())), n_results=1, include=["distances"])
    distances = [row[0] if row else np.inf for row in answer["distances"] or []]
    lost = [number for number, distance in zip(probes, distances, strict=True) if not distance <= _SAME]
    if len(lost) > MAX_MISSED_SHARE * len(probes):
        findings.chroma_is_broken = True
        findings.add("index", f"{modality} items that Chroma does not find by their own vectors", lost)


def _ledger_vectors(
    findings: Findings, connection: sqlite3.Connection, ids: list[int]
) -> dict[int, NDArray[np.float32]]:
    """The ledger's good vectors of `ids`."""
    query = f"SELECT item, vector FROM vectors WHERE item IN ({placeholders(ids)}) ORDER BY item"  # noqa: S608 - question marks
    rows = connection.execute(query, ids)
    return {number: as_vector(blob) for number, blob in rows if number not in findings.vector_faults}


def _chroma_vectors(collection: "Collection", ids: list[int]) -> dict[int, NDArray[np.float32]]:
    answer = collection.get(ids=[str(number) for number in ids], include=["embeddings"])
    vectors = answer["embeddings"]
    if vectors is None:
        return {}
    return {int(name): np.asarray(row, dtype=np.float32) for name, row in zip(answer["ids"], vectors, strict=True)}


def _unknown_ids(collection: "Collection", count: int, known: dict[int, int]) -> list[str]:
    found: list[str] = []
    for start in range(0, count, _CHUNK * 10):
        ids = collection.get(limit=_CHUNK * 10, offset=start, include=[])["ids"]
        found += [name for name in ids if not name.isdecimal() or int(name) not in known]
    return found


def _broken(findings: Findings, message: str, *, chroma_is_broken: bool = True) -> None:
    findings.chroma_is_broken |= chroma_is_broken
    findings.add("index", message)
