"""A space's two Chroma collections: the index of its image vectors and of its text vectors."""

import os
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

import chromadb
import httpx
import numpy as np
from chromadb.config import Settings
from chromadb.errors import ChromaError, NotFoundError
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.errors import ServerError, SpaceChanged
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.embedding_function import NearspaceEmbeddingFunction
from ingest.space.item import Item
from ingest.space.server import HOST, ServerConnection

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

Answer = TypeVar("Answer")

# At 300,000 items the default of 100 finds 91 % of the true neighbours and 400 finds 99.7 %, at the same latency.
_EF_SEARCH = 400
_PATIENCE = 30.0  # seconds; opening collections takes a fraction of one
_TOO_LITTLE = 20_000_000  # bytes free on the disk under which Chroma's errors are put down to it


class Collections:
    """The two collections of one space, reached through its server; safe to share between threads."""

    def __init__(
        self, connection: ServerConnection, space: str, encoder: EncoderInfo, *, may_replace: bool = False
    ) -> None:
        """Open the collections of `space`, making those that are missing.

        Those that were made with another encoder are emptied if `may_replace` is set, as it is for the holder of the
        write lock.

        Raises:
            ServerError: Chroma refuses.
            SpaceChanged: a collection was made with another encoder, and may not be replaced.
        """
        self._connection = connection
        self._space = space
        self._encoder = encoder
        keep_loopback_off_proxies()
        self._open(may_replace=may_replace)

    def count(self, modality: Modality) -> int:
        """How many items Chroma has of this modality."""
        return self._ask(lambda: self._collections[modality].count())

    def query(
        self, modality: Modality, vectors: NDArray[np.float32], count: int
    ) -> list[list[tuple[str, float]]]:  # fmt: skip
        """The `count` nearest items to each row of `vectors` (n, dimension), as (item id, cosine), nearest first."""

        def ask() -> list[list[tuple[str, float]]]:
            answer = self._collections[modality].query(
                query_embeddings=list(vectors), n_results=count, include=["distances"]
            )
            distances = answer["distances"] or []
            return [
                [(item_id, min(1.0, 1.0 - distance)) for item_id, distance in zip(row, row_distances, strict=True)]
                for row, row_distances in zip(answer["ids"], distances, strict=True)
            ]

        return self._ask(ask)

    def vectors(self, modality: Modality, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that Chroma has of `ids`; those that it has not are missing."""

        def ask() -> dict[str, NDArray[np.float32]]:
            answer = self._collections[modality].get(ids=list(ids), include=["embeddings"])
            rows = answer["embeddings"]
            if rows is None:
                return {}
            return {name: np.asarray(row, dtype=np.float32) for name, row in zip(answer["ids"], rows, strict=True)}

        return self._ask(ask)

    def upsert(self, modality: Modality, items: Sequence[Item], vectors: NDArray[np.float32]) -> None:
        """Put items with their vectors (len(items), dimension) into the index; those that are there are replaced."""

        def put() -> None:
            for start in range(0, len(items), self._batch):
                piece = items[start : start + self._batch]
                self._collections[modality].upsert(
                    ids=[item.id for item in piece],
                    embeddings=list(vectors[start : start + self._batch]),
                    documents=[item.text for item in piece],
                    metadatas=[_metadata(item) for item in piece],
                )

        self._ask(put)

    def delete(self, modality: Modality, ids: Sequence[str]) -> None:
        """Take items out of the index; ids that it does not have are fine."""

        def take() -> None:
            for start in range(0, len(ids), self._batch):
                self._collections[modality].delete(ids=list(ids[start : start + self._batch]))

        self._ask(take)

    def start_over(self) -> None:
        """Drop both collections and make them again, empty."""
        for modality in MODALITIES:
            self._delete(modality)
        self._open()

    def use(self, encoder: EncoderInfo) -> None:
        """Make both collections anew, empty, for vectors of `encoder`; for the holder of the write lock."""
        self._encoder = encoder
        for modality in MODALITIES:
            self._delete(modality)
        self._open(may_replace=True)  # a reader of the old ones may have been quicker to make them again

    def reconnect(self) -> None:
        """Reach the server anew and open the collections again."""
        self._connection.reach_again()
        self._open()

    def _open(self, *, may_replace: bool = False) -> None:
        settings = Settings(anonymized_telemetry=False)
        replacements = 3 if may_replace else 0

        def reach() -> "tuple[ClientAPI, int, dict[Modality, Collection]]":
            client = self._client = chromadb.HttpClient(HOST, self._connection.port, settings=settings)
            collections = {modality: self._open_collection(modality, replacements) for modality in MODALITIES}
            return client, client.get_max_batch_size(), collections

        try:
            self._client, self._batch, self._collections = _in_time(reach, _PATIENCE)
        except (ChromaError, httpx.TransportError, ValueError) as error:
            raise self._refusal(error) from error

    def _open_collection(self, modality: Modality, replacements: int) -> "Collection":
        collection = self._client.get_or_create_collection(
            self._name(modality),
            embedding_function=NearspaceEmbeddingFunction(self._encoder.id, self._encoder.fingerprint),
            configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
            metadata={"encoder": self._encoder.id, "fingerprint": self._encoder.fingerprint, "modality": modality},
        )
        if (collection.metadata or {}).get("fingerprint") == self._encoder.fingerprint:
            return collection
        if not replacements:
            raise SpaceChanged(
                f"Chroma's collection {collection.name} has vectors of another encoder than {self._encoder.id}, as a "
                "re-encoding has just been finished or was interrupted. Ask again: the space is then opened anew."
            )
        self._delete(modality)
        return self._open_collection(modality, replacements - 1)

    def _delete(self, modality: Modality) -> None:
        try:
            with suppress(NotFoundError):
                self._client.delete_collection(self._name(modality))
        except (ChromaError, httpx.TransportError) as error:  # a damaged file can end the server itself
            raise self._refusal(error) from error

    def _name(self, modality: Modality) -> str:
        return f"{self._space}-{modality}"

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask Chroma; once more after reaching it anew, as the server may have been restarted or rebuilt meanwhile."""
        try:
            return question()
        except (httpx.TransportError, NotFoundError):
            self.reconnect()
        except ChromaError as error:
            raise self._refusal(error) from error
        try:
            return question()
        except (httpx.TransportError, ChromaError) as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> ServerError:
        folder = self._connection.folder
        if (free := shutil.disk_usage(folder).free) < _TOO_LITTLE:
            return ServerError(
                f"The disk of {folder} is full ({free / 1e6:.1f} MB are free), and Chroma cannot go on ({error}). What "
                "was written before is safe: free space on the disk, and run the same command again."
            )
        return ServerError(
            f"Chroma cannot serve the space {self._space!r}: {error}. "
            "Try again; if it stays so, end all Nearspace programs and start one: the index is checked when it opens."
        )


def _in_time(work: Callable[[], Answer], seconds: float) -> Answer:
    """What `work` gives; raises httpx.ReadTimeout if that takes longer, since Chroma's client itself waits for ever.

    A server whose disk filled up in the middle of a write may take questions and never answer.
    """
    outcome: Future[Answer] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:
            outcome.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return outcome.result(seconds)
    except FutureTimeout as error:
        raise httpx.ReadTimeout(f"no answer in {seconds:.0f} s") from error


def _metadata(item: Item) -> dict[str, str | int | float | bool]:
    known = {"path": item.path, "root": item.root, "folder": item.folder, "title": item.title, "page": item.page}
    # Chroma takes no None, and a key that stands for nothing is better left out.
    return {**item.meta, **{key: value for key, value in known.items() if value not in (None, "")}}


def keep_loopback_off_proxies() -> None:
    """chromadb's client follows proxy variables even to loopback, where no proxy could reach our server."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        if HOST not in hosts:
            os.environ[name] = ",".join([*hosts, HOST])
