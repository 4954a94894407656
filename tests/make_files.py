"""Makes what tests ingest: pictures of one colour, folders of them, and spaces of the fake encoder."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from ingest.readers.reading_options import DEFAULT_READING, ReadingOptions
from ingest.run.options import IngestOptions, MissingPolicy
from ingest.run.pipeline import ingest
from ingest.run.report import Report
from ingest.sources.selection import EVERYTHING, Selection
from ingest.space import Space, open_to_write
from tests.fake_encoder import COLOURS, FakeEncoder

FAKE = "python:tests.fake_encoder:FakeEncoder"


def picture(path: Path, colour: str | tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Path:
    """Write a picture of one colour; its format follows the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, COLOURS[colour] if isinstance(colour, str) else colour).save(path)
    return path


def shades(folder: Path, count: int, start: int = 0) -> list[Path]:
    """Write `count` pictures, no two alike, numbered from `start`."""
    return [
        picture(folder / f"shade {n:05}.png", (n % 251, (n // 251) % 251, (7 * n) % 251), (32, 32))
        for n in range(start, start + count)
    ]


def text(path: Path, words: str) -> Path:
    """Write a text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    return path


def ingest_folders(
    home: Path,
    folders: Sequence[Path],
    encoder: FakeEncoder | None = None,
    name: str = "test",
    *,
    selection: Selection = EVERYTHING,
    reading: ReadingOptions = DEFAULT_READING,
    missing: MissingPolicy = "remove",
) -> Report:
    """Ingest into a space of the fake encoder, and close it again."""
    encoder = encoder or FakeEncoder()
    with open_to_write(home, name, encoder.info) as space:
        options = IngestOptions(selection=selection, reading=reading, missing=missing)
        return ingest(space, encoder, folders, options)


def finds_every_item(space: Space) -> bool:
    """Whether Chroma has each item of the ledger exactly once and finds it by its own vector."""
    stored = space.ledger.items.vectors()
    for modality in ("image", "text"):
        chosen = [row for row, kind in enumerate(stored.modalities) if kind == modality]
        if space._collections.count(modality) != len(chosen):
            return False
        if not chosen:
            continue
        for row, hits in zip(chosen, space.query(modality, stored.vectors[chosen], min(10, len(chosen))), strict=True):
            # Items with equal vectors may come in any order, so all hits at cosine 1 count.
            if str(stored.ids[row]) not in {item_id for item_id, cosine in hits if cosine > 0.9999}:
                return False
    return True
