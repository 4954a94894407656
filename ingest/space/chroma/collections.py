"""A space's two Chroma collections: the index of its image vectors and of its text vectors."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

import httpx
import numpy as np
from chromadb.errors import ChromaError, NotFoundError
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo
from ingest.errors import ServerError, SpaceChanged
from ingest.readers.draft import MODALITIES, Modality
from ingest.space.chroma.connection import Connection, call_client, collection_name
from ingest.space.chroma.remote_server import OWNER, RemoteConnection, collection_taken
from ingest.space.embedding_function import NearspaceEmbeddingFunction
from ingest.space.ledger.item import Item

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

Result = TypeVar("Result")

# At 300,000 items the default of 100 finds 91 % of the true neighbours and 400 finds 99.7 %, at the same latency.
_EF_SEARCH = 400
_OPEN_SECONDS = 60.0  # seconds; opening collections takes a fraction of one, unless the machine is very busy


class Collections:
    """The two collections of one space, reached through its server; safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        space: str,
        encoder: EncoderInfo,
        *,
        owner: str = "",
        has_moved: Callable[[], bool] = lambda: False,
        may_replace: bool = False,
    ) -> None:
        """Open the collections of `space`, creating those that are missing.

        On a server of the user's own they carry the space's id, `owner`; those of other spaces are left alone.
        `has_moved` says whether the index has been moved to another server meanwhile.  Collections of another encoder
        are emptied if `may_replace` is set, as it is for the holder of the write lock.

        Raises:
            ServerError: Chroma refuses, or a collection belongs to another space.
            SpaceChanged: a collection was made with another encoder, and may not be replaced.
        """
        self._connection = connection
        self._space = space
        self._owner = owner
        self._has_moved = has_moved
        self._encoder = encoder
        self._open(may_replace=may_replace)

    def count(self, modality: Modality) -> int:
        """How many items Chroma has of this modality."""
        return self._call(lambda: self._collections[modality].count())

    def query(self, modality: Modality, vectors: NDArray[np.float32], count: int) -> list[list[tuple[str, float]]]:
        """The `count` nearest items to each row of `vectors` (n, dimension), as (item id, cosine), nearest first."""

        def run() -> list[list[tuple[str, float]]]:
            answer = self._collections[modality].query(
                query_embeddings=list(vectors), n_results=count, include=["distances"]
            )
            distances = answer["distances"] or []
            return [
                [(item_id, min(1.0, 1.0 - distance)) for item_id, distance in zip(row, row_distances, strict=True)]
                for row, row_distances in zip(answer["ids"], distances, strict=True)
            ]

        return self._call(run)

    def vectors(self, modality: Modality, ids: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that Chroma has of `ids`, by id; those that it lacks are missing."""

        def run() -> dict[str, NDArray[np.float32]]:
            answer = self._collections[modality].get(ids=list(ids), include=["embeddings"])
            rows = answer["embeddings"]
            if rows is None:
                return {}
            return {name: np.asarray(row, dtype=np.float32) for name, row in zip(answer["ids"], rows, strict=True)}

        return self._call(run)

    def upsert(self, modality: Modality, items: Sequence[Item], vectors: NDArray[np.float32]) -> None:
        """Insert items with their vectors (len(items), dimension), or replace those of the same id."""

        def run() -> None:
            for start in range(0, len(items), self._batch):
                piece = items[start : start + self._batch]
                self._collections[modality].upsert(
                    ids=[item.id for item in piece],
                    embeddings=list(vectors[start : start + self._batch]),
                    documents=[item.text for item in piece],
                    metadatas=[_metadata(item) for item in piece],
                )

        self._call(run)

    def delete(self, modality: Modality, ids: Sequence[str]) -> None:
        """Delete items; ids that are not there are ignored."""

        def run() -> None:
            for start in range(0, len(ids), self._batch):
                self._collections[modality].delete(ids=list(ids[start : start + self._batch]))

        self._call(run)

    def recreate(self) -> None:
        """Delete both collections and create them again, empty."""
        for modality in MODALITIES:
            self._delete(modality)
        self._open()

    def recreate_for(self, encoder: EncoderInfo) -> None:
        """Create both collections again, empty, for vectors of `encoder`; for the holder of the write lock."""
        self._encoder = encoder
        for modality in MODALITIES:
            self._delete(modality)
        self._open(may_replace=True)  # a reader of the old ones may have been faster to create them again

    def reconnect(self) -> None:
        """Reconnect and open the collections again; raises SpaceChanged if the index has been moved."""
        if self._has_moved():
            raise SpaceChanged("The index of the space was moved to another place. Ask again: it is then opened anew.")
        self._connection.reconnect()
        self._open()

    def _open(self, *, may_replace: bool = False) -> None:
        replacements = 3 if may_replace else 0

        def reach() -> "tuple[ClientAPI, int, dict[Modality, Collection]]":
            if isinstance(self._connection, RemoteConnection):
                self._connection.require_ownership([self._name(modality) for modality in MODALITIES], self._owner)
            client = self._client = self._connection.client()
            collections = {modality: self._open_collection(modality, replacements) for modality in MODALITIES}
            return client, self._connection.batch_size(client.get_max_batch_size()), collections

        try:
            self._client, self._batch, self._collections = _with_timeout(partial(call_client, reach), _OPEN_SECONDS)
        except (ChromaError, httpx.TransportError, ValueError) as error:
            raise self._server_error(error) from error

    def _open_collection(self, modality: Modality, replacements: int) -> "Collection":
        metadata = {"encoder": self._encoder.id, "fingerprint": self._encoder.fingerprint, "modality": modality}
        collection = self._client.get_or_create_collection(
            self._name(modality),
            embedding_function=NearspaceEmbeddingFunction(self._encoder.id, self._encoder.fingerprint),
            configuration={"hnsw": {"space": "cosine", "ef_search": _EF_SEARCH}},
            metadata=metadata | ({OWNER: self._owner} if self._owner else {}),
        )
        if self._owner and (collection.metadata or {}).get(OWNER) != self._owner:
            assert isinstance(self._connection, RemoteConnection)
            raise collection_taken(self._connection.address, collection.name)  # another process was faster to create it
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
                call_client(lambda: self._client.delete_collection(self._name(modality)))
        except (ChromaError, httpx.TransportError) as error:  # a damaged file can end the server itself
            raise self._server_error(error) from error

    def _name(self, modality: Modality) -> str:
        return collection_name(self._space, modality)

    def _call(self, request: Callable[[], Result]) -> Result:
        """Call Chroma; once more after a reconnection, as the server may have been restarted or rebuilt meanwhile."""
        seconds = self._connection.answer_seconds

        def call() -> Result:
            checked = partial(call_client, request)
            return checked() if seconds is None else _with_timeout(checked, seconds)

        try:
            return call()
        except (httpx.TransportError, NotFoundError):
            self.reconnect()
        except ChromaError as error:
            raise self._server_error(error) from error
        try:
            return call()
        except (httpx.TransportError, ChromaError) as error:
            raise self._server_error(error) from error

    def _server_error(self, error: Exception) -> ServerError:
        return self._connection.server_error(self._space, error)


def _with_timeout(work: Callable[[], Result], seconds: float) -> Result:
    """The result of `work`; raises httpx.ReadTimeout if that takes longer, since Chroma's client itself waits for ever.

    A server whose disk filled up during a write may accept requests and never answer.
    """
    outcome: Future[Result] = Future()

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
    # Chroma accepts no None, and empty values are of no use.
    return {**item.meta, **{key: value for key, value in known.items() if value not in (None, "")}}
