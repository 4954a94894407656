"""Reference inputs and torch's outputs for them, with which a tower is compared."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.pixels import IMAGE_SIZE
from ingest.encoders.runtime.digests import sha256_of

TEXTS_FILE = "text-reference.json"
TEXT_VECTORS_FILE = "text-reference.safetensors"
IMAGE_VECTORS_FILE = "image-reference.safetensors"


def read_text_reference(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    """The reference texts in `folder`, and torch's vectors of them, unit rows [n, d]."""
    texts = json.loads((folder / TEXTS_FILE).read_text(encoding="utf-8"))
    return texts, _vectors(folder / TEXT_VECTORS_FILE)


def read_image_reference(folder: Path) -> NDArray[np.float32]:
    """torch's vectors of reference_pictures(), from `folder`: unit rows [n, d]."""
    return _vectors(folder / IMAGE_VECTORS_FILE)


def text_reference_sha256(folder: Path) -> str:
    """A digest of the reference texts and their vectors in `folder`."""
    return " ".join(sha256_of(folder / name) for name in (TEXTS_FILE, TEXT_VECTORS_FILE))


def image_reference_sha256(folder: Path) -> str:
    """A digest of the vectors of reference_pictures() in `folder`."""
    return sha256_of(folder / IMAGE_VECTORS_FILE)


def reference_pictures() -> NDArray[np.uint8]:
    """Generated pictures, shape (6, 260, 260, 3); by integer arithmetic alone, so the same on every machine."""
    y, x = np.mgrid[0:IMAGE_SIZE, 0:IMAGE_SIZE].astype(np.int64)
    disc = (x - 130) ** 2 + (y - 120) ** 2 < 90**2
    # A multiplicative hash of the pixel's number: noise without a random generator.
    noise = ((y * IMAGE_SIZE + x + 1) * 2654435761 >> 7) % 256
    flat = np.full_like(x, 127)
    pictures = [
        (flat, flat, flat),
        (x * 255 // 259, y * 255 // 259, (x + y) * 255 // 518),
        (noise, noise * 3 % 256, noise * 7 % 256),
        (np.where(disc, 220, 60), np.where(disc, 40, 120), np.where(disc, 30, 210)),
        (((x // 20 + y // 20) % 2) * 255,) * 3,
        (np.where(y < 130, 90, 60), np.where(y < 130, 160, 140), np.where(y < 130, 230, 50)),
    ]
    return np.stack([np.stack(channels, axis=-1) for channels in pictures]).astype(np.uint8)


def _vectors(file: Path) -> NDArray[np.float32]:
    from safetensors.numpy import load_file

    return load_file(file)["vectors"]
