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
from ingest.space.chroma.connection import Connection, collection_name, plainly
from ingest.space.chroma.remote_server import OWNER, RemoteConnection, taken
from ingest.space.embedding_function import NearspaceEmbeddingFunction
from ingest.space.ledger.item import Item

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

Answer = TypeVar("Answer")

# At 300,000 items the default of 100 finds 91 % of the true neighbours and 400 finds 99.7 %, at the same latency.
_EF_SEARCH = 400
_PATIENCE = 60.0  # seconds; opening collections takes a fraction of one, unless the machine is very busy


class Collections:
    """The two collections of one space, reached through its server; safe to share between threads."""

    def __init__(
        self,
        connection: Connection,
        space: str,
        encoder: EncoderInfo,
        *,
        owner: str = "",
        moved: Callable[[], bool] = lambda: False,
        may_replace: bool = False,
    ) -> None:
        """Open the collections of `space`, making those that are missing.

        On a server of the user's own they carry the space's id, `owner`; those of others are not touched.  `moved`
        says whether the space has its index in another place meanwhile.
        Those that were made with another encoder are emptied if `may_replace` is set, as it is for the holder of the
        write lock.

        Raises:
            ServerError: Chroma refuses, or a collection belongs to another space.
            SpaceChanged: a collection was made with another encoder, and may not be replaced.
        """
        self._connection = connection
        self._space = space
        self._owner = owner
        self._moved = moved
        self._encoder = encoder
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
        """Reach the server anew and open the collections again; raises SpaceChanged if the index is elsewhere now."""
        if self._moved():
            raise SpaceChanged("The index of the space was moved to another place. Ask again: it is then opened anew.")
        self._connection.reach_again()
        self._open()

    def _open(self, *, may_replace: bool = False) -> None:
        replacements = 3 if may_replace else 0

        def reach() -> "tuple[ClientAPI, int, dict[Modality, Collection]]":
            if isinstance(self._connection, RemoteConnection):
                self._connection.require_own([self._name(modality) for modality in MODALITIES], self._owner)
            client = self._client = self._connection.client()
            collections = {modality: self._open_collection(modality, replacements) for modality in MODALITIES}
            return client, self._connection.batch(client.get_max_batch_size()), collections

        try:
            self._client, self._batch, self._collections = _in_time(partial(plainly, reach), _PATIENCE)
        except (ChromaError, httpx.TransportError, ValueError) as error:
            raise self._refusal(error) from error

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
            raise taken(self._connection.address, collection.name)  # another was quicker to make it
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
                plainly(lambda: self._client.delete_collection(self._name(modality)))
        except (ChromaError, httpx.TransportError) as error:  # a damaged file can end the server itself
            raise self._refusal(error) from error

    def _name(self, modality: Modality) -> str:
        return collection_name(self._space, modality)

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask Chroma; once more after reaching it anew, as the server may have been restarted or rebuilt meanwhile."""
        seconds = self._connection.answer_seconds
        ask = partial(plainly, question) if seconds is None else partial(_in_time, partial(plainly, question), seconds)
        try:
            return ask()
        except (httpx.TransportError, NotFoundError):
            self.reconnect()
        except ChromaError as error:
            raise self._refusal(error) from error
        try:
            return ask()
        except (httpx.TransportError, ChromaError) as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> ServerError:
        return self._connection.refusal(self._space, error)


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
