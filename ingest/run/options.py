"""The options of an ingest."""

from dataclasses import dataclass
from typing import Literal

from ingest.readers.reading_options import DEFAULT_READING, ReadingOptions
from ingest.run.engines.ray_pool import RayPool
from ingest.sources.selection import EVERYTHING, Selection
from ingest.space.chroma_address import ChromaAddress

MissingPolicy = Literal["remove", "remove-many", "keep"]
"""What happens to sources that a run does not find: they leave the space; they leave it even if they are more than half
of it; they stay."""


@dataclass(frozen=True)
class IngestOptions:
    """How paths are ingested; the defaults keep to the space's own encoder and read every file that can be read."""

    encoder: str | None = None
    """The encoder's id; None for the space's own, or the default encoder for a new space."""
    device: str | None = None
    """Where the encoder computes; None for its default."""
    selection: Selection = EVERYTHING
    reading: ReadingOptions = DEFAULT_READING
    missing: MissingPolicy = "remove"
    chroma: ChromaAddress | None = None
    """The user's own Chroma server for a new space; None for this machine."""
    addresses: tuple[str, ...] = ()
    """Web addresses that are fetched in addition to the paths."""
    pool: RayPool | None = None
    """The Ray workers that read and encode; None for this process."""


DEFAULT = IngestOptions()
