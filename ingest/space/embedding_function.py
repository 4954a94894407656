"""The `nearspace` embedding function, so that chromadb alone can query a space's collections by text or by picture.

import chromadb
from ingest.space.embedding_function import ImageLoader   # the import also registers the function with chromadb

images = chromadb.HttpClient(port=...).get_collection("default-image", data_loader=ImageLoader())
images.query(query_texts=["a bird"])
images.query(query_uris=["bird.jpg"])
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
from chromadb.api.types import DataLoader, Documents, EmbeddingFunction, Embeddings, Image, Images
from chromadb.utils.embedding_functions import register_embedding_function

from ingest.encoders.base import Encoder

_MIN_SIDE = 1024  # pixels; no encoder uses more


@register_embedding_function
class NearspaceEmbeddingFunction(EmbeddingFunction[Documents | Images]):
    """Encodes query texts and pictures with the encoder the collection was made with, loaded at the first query."""

    def __init__(self, encoder: str, fingerprint: str) -> None:
        """Use the encoder of this id, which is loaded at the first query."""
        self.encoder_id = encoder
        self.fingerprint = fingerprint

    def __call__(self, input: Documents | Images) -> Embeddings:
        """Encode texts, and pictures as arrays [height, width] or [height, width, channels], to unit vectors.

        Raises:
            EncoderMismatch: the encoder of this id makes other vectors now than those in the collection.
        """
        texts = [entry for entry in input if isinstance(entry, str)]
        pictures = [_picture(entry) for entry in input if not isinstance(entry, str)]
        rows_of_texts = iter(self._encoder.encode_texts(texts)) if texts else iter(())
        rows_of_pictures = iter(self._encoder.encode_images(pictures)) if pictures else iter(())
        return [next(rows_of_texts if isinstance(entry, str) else rows_of_pictures) for entry in input]

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


class ImageLoader(DataLoader[list[Image | None]]):
    """Reads the pictures that URIs name, upright and in RGB, as Nearspace's own ingest does."""

    def __call__(self, uris: Sequence[str | None]) -> list[Image | None]:
        """Arrays [height, width, 3], uint8, of the files at these paths or `file:` URIs; None stays None.

        Raises:
            ReadError: a picture cannot be read.
            SettingsError: a URI names something that is not a file of this machine.
        """
        return [None if uri is None else _read(uri) for uri in uris]


def _read(uri: str) -> Image:
    from ingest.readers.images import open_upright

    return np.asarray(open_upright(_path(uri), at_least=_MIN_SIDE))


def _path(uri: str) -> Path:
    from ingest.errors import SettingsError

    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(url2pathname(parts.path))
    if "://" in uri:
        raise SettingsError(f"{uri} is not a file of this machine. Download the picture, and give its path.")
    return Path(uri)


def _picture(pixels: Image) -> Any:
    from PIL import Image as pictures

    return pictures.fromarray(np.asarray(pixels).astype(np.uint8)).convert("RGB")
