"""What the frozen tower says about the pictures, computed once and kept on disk: pooled features and class logits."""

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from ingest.encoders.base import Say
from ingest.encoders.onnx import open_session
from ingest.encoders.pixels import VERSION, square_pixels

Array = NDArray[np.float32]
CROPS = 4
"""Random crops per training picture."""
BATCH = 16


@dataclass(frozen=True)
class Captioned:
    """Pictures with their captions, in file order."""

    files: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Features:
    """pooled [n, 1280] and logits [n, 1000] of n pictures."""

    pooled: Array
    logits: Array


def read_captioned(folder: Path, split: str | None = None) -> Captioned:
    """The pictures of `folder/captions.jsonl`, those of one split if it is given."""
    lines = (folder / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if split is None or row["split"] == split]
    return Captioned(
        files=tuple(folder / row["image"] for row in rows),
        captions=tuple(tuple(row["captions"]) for row in rows),
    )


def read_labelled(folder: Path) -> tuple[list[Path], list[str]]:
    """The pictures of `folder/labels.jsonl` and their WordNet ids."""
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    return [folder / row["image"] for row in rows], [row["wnid"] for row in rows]


def random_crop(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """45 to 100 % of the area at an aspect of 3:4 to 4:3, mirrored half the time, colours changed by up to 25 %."""
    share = rng.uniform(0.45, 1.0)
    aspect = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    width = min(image.width, round(image.width * np.sqrt(share * aspect)))
    height = min(image.height, round(image.height * np.sqrt(share / aspect)))
    left = int(rng.integers(0, image.width - width + 1))
    top = int(rng.integers(0, image.height - height + 1))
    crop = image.crop((left, top, left + width, top + height))
    if rng.random() < 0.5:
        crop = ImageOps.mirror(crop)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        crop = change(crop).enhance(rng.uniform(0.75, 1.25))
    return crop


def view(file: Path, name: str) -> NDArray[np.uint8]:
    """The pixels of one view of a picture: `whole`, `mirrored`, or `crop-K`, which is the same at every run."""
    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    if name == "mirrored":
        image = ImageOps.mirror(image)
    elif name.startswith("crop-"):
        seed = hashlib.sha256(f"{file.name} {name}".encode()).digest()[:8]
        image = random_crop(image, np.random.default_rng(int.from_bytes(seed, "big")))
    return square_pixels(image)


def cached_features(files: list[Path] | tuple[Path, ...], name: str, model: bytes, cache: Path, say: Say) -> Features:
    """The features of one view of `files`; `cache` keeps them by model, files and view."""
    key = hashlib.sha256(model)
    key.update("\n".join([VERSION, name, *(file.name for file in files)]).encode())
    folder = cache / f"{name}-{key.hexdigest()[:16]}"
    if not (folder / "logits.npy").exists():
        say(f"computing features of {len(files)} pictures, view {name}")
        features = _compute(lambda file: view(file, name), files, model)
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "pooled.npy", features.pooled)
        np.save(folder / "logits.npy", features.logits)
    return Features(np.load(folder / "pooled.npy"), np.load(folder / "logits.npy"))


def _compute(load: Callable[[Path], NDArray[np.uint8]], files: list[Path] | tuple[Path, ...], model: bytes) -> Features:
    session = open_session(model)
    pooled, logits = [], []
    for batch in _batches(load, files):
        p, z = session.run(["pooled", "logits"], {"pixels": batch})
        pooled.append(p)
        logits.append(z)
    return Features(np.concatenate(pooled), np.concatenate(logits))


def _batches(
    load: Callable[[Path], NDArray[np.uint8]], files: list[Path] | tuple[Path, ...]
) -> Iterator[NDArray[np.uint8]]:
    with ThreadPoolExecutor(2) as pool:
        waiting = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
        # Two batches are decoded ahead of the tower, no more.
        queue = [pool.map(load, batch) for batch in islice(waiting, 2)]
        for batch in waiting[2:]:
            queue.append(pool.map(load, batch))
            yield np.stack(list(queue.pop(0)))
        for pictures in queue:
            yield np.stack(list(pictures))
