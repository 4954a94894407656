"""The `nearspace` embedding function, so that chromadb alone can query a space's collections by text.

import ingest.space.embedding_function   # registers the name with chromadb
chromadb.HttpClient(port=...).get_collection("default-image").query(query_texts=["a bird"])
"""

from functools import cached_property
from typing import Any

from chromadb.api.types import Documents, EmbeddingFunction, Embeddings
from chromadb.utils.embedding_functions import register_embedding_function

from ingest.encoders.base import Encoder


@register_embedding_function
class NearspaceEmbeddingFunction(EmbeddingFunction[Documents]):
    """Encodes query texts with the encoder the collection was made with, loaded at the first query."""

    def __init__(self, encoder: str, fingerprint: str) -> None:
        """Stand for the encoder of this id; nothing is loaded yet."""
        self.encoder_id = encoder
        self.fingerprint = fingerprint

    def __call__(self, input: Documents) -> Embeddings:
        """Encode texts to unit vectors.

        Raises:
            EncoderMismatch: the encoder of this id makes other vectors now than those in the collection.
        """
        return list(self._encoder.encode_texts(input))

    @cached_property
    def _encoder(self) -> Encoder:
        from ingest.encoders.registry import load_encoder
        from ingest.errors import EncoderMismatch

        encoder = load_encoder(self.encoder_id)
        if encoder.info.fingerprint != self.fingerprint:
            raise EncoderMismatch(
                f"The collection was made with encoder {self.encoder_id} of fingerprint {self.fingerprint[:12]}, and "
                f"this Nearspace has {encoder.info.fingerprint[:12]}. Ingest into a new space."
            )
        return encoder

    @staticmethod
    def name() -> str:
        """The name under which chromadb finds this function."""
        return "nearspace"

    def default_space(self) -> str:  # type: ignore[override]
        """Unit vectors are compared by cosine."""
        return "cosine"

    def get_config(self) -> dict[str, Any]:
        """What chromadb stores beside the collection."""
        return {"encoder": self.encoder_id, "fingerprint": self.fingerprint}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> "NearspaceEmbeddingFunction":
        """Make the function that `get_config` described."""
        return NearspaceEmbeddingFunction(config["encoder"], config["fingerprint"])
