"""Spaces of a few clusters whose answers are known."""

import numpy as np
from numpy.typing import NDArray

from ingest.readers.draft import Modality
from tests.fake_encoder import COLOURS, GAP
from tests.search_app.search.memory_ledger import MemoryLedger

NAMES = ("red", "green", "blue", "yellow", "purple")


def vectors_of(colour: str, modality: Modality, count: int, seed: int = 0, spread: float = 0.08) -> NDArray[np.float32]:
    """Vectors scattered around what a colour word means in one modality, unit rows."""
    random = np.random.default_rng([seed, list(COLOURS).index(colour)])
    rows = np.zeros((count, 32))
    rows[:, list(COLOURS).index(colour)] = 1.0
    rows += random.normal(0.0, spread, rows.shape)
    rows[:, 30:] = 0.0
    rows[:, 30 if modality == "image" else 31] = GAP
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def clustered(images: int = 20, texts: int = 12, names: tuple[str, ...] = NAMES, seed: int = 0) -> MemoryLedger:
    """`images` pictures and `texts` passages about each of `names`; each passage says its colour's name."""
    ledger = MemoryLedger()
    for name in names:
        ledger.add("image", vectors_of(name, "image", images, seed), name)
        for item_id in ledger.add("text", vectors_of(name, "text", texts, seed + 1), name):
            ledger.written[int(item_id)] = f"Here is the {name} thing, and it is {name}."
    return ledger
