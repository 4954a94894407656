"""The manifest: what a space is, in a small JSON file that a person can read."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from ingest.atomic import atomic_write
from ingest.encoders.base import EncoderInfo
from ingest.errors import SpaceError
from ingest.readers.draft import Modality
from ingest.space.chroma_address import ChromaAddress, address_from_json
from ingest.space.ledger.database import LEDGER_NAME, encoder_in

FORMAT_VERSION = 4
"""2: an encoder's entry may name its text tower, and the ledger the encoder, once a space was re-encoded.
3: the index may be on a Chroma server of the user's own.
4: the ledger has a column each for the caption, the table's row and the options that a source was read with, which
earlier versions of Nearspace cannot read."""
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class ModalityStatistics:
    """Statistics of the vectors of one modality."""

    count: int
    mean: tuple[float, ...]
    """The mean of the unit vectors, or of a steady sample of many; its length tells how narrow the cone is."""


@dataclass(frozen=True)
class Manifest:
    """The identity of a space."""

    name: str
    encoder: EncoderInfo
    created: str
    """When the space was made, ISO 8601, UTC."""
    format_version: int = FORMAT_VERSION
    statistics: dict[Modality, ModalityStatistics] = field(default_factory=dict)
    chroma: ChromaAddress | None = None
    """The server of the user's own that has the index; None for Nearspace's own."""
    id: str = ""
    """Identifies the space's collections on such a server; '' until it is on one."""

    @property
    def modality_gap(self) -> float | None:
        """Euclidean distance between the image mean and the text mean; None while one modality is missing."""
        image, text = self.statistics.get("image"), self.statistics.get("text")
        if not image or not text:
            return None
        return float(sum((a - b) ** 2 for a, b in zip(image.mean, text.mean, strict=True)) ** 0.5)

    def with_encoder(self, encoder: EncoderInfo) -> "Manifest":
        """The manifest once the vectors are those of `encoder`; other vectors have other statistics."""
        if encoder.fingerprint == self.encoder.fingerprint:
            return self
        return replace(self, encoder=encoder, statistics={})

    def with_statistics(self, statistics: dict[Modality, ModalityStatistics]) -> "Manifest":
        """The same manifest with fresh statistics."""
        return replace(self, statistics=statistics)

    def with_chroma(self, address: ChromaAddress | None) -> "Manifest":
        """The manifest once the index is at `address`."""
        return replace(self, chroma=address, id=self.id or (uuid4().hex if address else ""))


def new_manifest(name: str, encoder: EncoderInfo, chroma: ChromaAddress | None = None) -> Manifest:
    """The manifest of a space without items, whose index is at `chroma`."""
    manifest = Manifest(name=name, encoder=encoder, created=datetime.now(UTC).isoformat(timespec="seconds"))
    return manifest.with_chroma(chroma)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest so that a reader sees the old file or the new one, never half of it."""
    content: dict[str, Any] = {
        "name": manifest.name,
        "encoder": asdict(manifest.encoder),
        "created": manifest.created,
        "format_version": FORMAT_VERSION,
        "statistics": {modality: asdict(statistics) for modality, statistics in manifest.statistics.items()},
    }
    if manifest.chroma:
        content["chroma"] = manifest.chroma.as_json()
    if manifest.id:
        content["id"] = manifest.id
    atomic_write(folder / MANIFEST_NAME, json.dumps(content, indent=2), durable=True)


def current_manifest(folder: Path) -> Manifest:
    """The manifest of the space in `folder`, with the encoder that the ledger names where a swap was interrupted.

    Raises:
        SpaceError: the manifest or the ledger is damaged, or a newer Nearspace wrote it.
    """
    manifest = read_manifest(folder)
    encoder = encoder_in(folder / LEDGER_NAME)
    return manifest if encoder is None else manifest.with_encoder(encoder)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of the space in `folder`.

    Raises:
        SpaceError: the file is damaged, or a newer Nearspace wrote it.
    """
    path = folder / MANIFEST_NAME
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = int(raw["format_version"])
        if version > FORMAT_VERSION:
            raise SpaceError(
                f"{folder} has format {version}, and this Nearspace knows formats up to {FORMAT_VERSION}. "
                "Update Nearspace, or choose another space."
            )
        return Manifest(
            name=str(raw["name"]),
            encoder=EncoderInfo(**raw["encoder"]),
            created=str(raw["created"]),
            format_version=version,
            statistics={
                modality: ModalityStatistics(count=int(entry["count"]), mean=tuple(entry["mean"]))
                for modality, entry in raw.get("statistics", {}).items()
            },
            chroma=address_from_json(raw["chroma"]) if raw.get("chroma") else None,
            id=str(raw.get("id", "")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpaceError(
            f"{path} cannot be read ({error}). Restore it from a backup, or ingest into a space of another name."
        ) from error
