"""The image tower's features of pictures, on which an aligner is trained: several views of each picture."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.lite_encoder import THREAD_BATCH
from ingest.encoders.lite.pixels import IMAGE_SIZE, square_pixels
from ingest.encoders.lite.split_image_tower import SplitImageTower
from ingest.encoders.runtime.parallel import map_in_threads, max_threads
from ingest.encoders.tuning.captioned_pictures import CaptionedPicture
from ingest.errors import ReadError, SkipSource
from ingest.outcomes import SourceOutcome

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = NDArray[np.float32]
OnProgress = Callable[[int], None]
"""Receives how many more pictures are done."""

MANY_VIEWS = ("whole", "mirrored", "crop 1", "crop 2")
_FEWER_VIEWS_ABOVE = 5_000  # pictures above which fewer views are enough, which bounds time and memory
_READER_THREADS = max(2, os.cpu_count() or 2)


@dataclass
class Features:
    """The features of pictures that could be read."""

    pictures: list[CaptionedPicture] = field(default_factory=list)
    pooled: Floats = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    """Shape (views, len(pictures), features)."""
    prior: Floats = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    """Shape (views, len(pictures), dimension)."""
    omitted: list[SourceOutcome] = field(default_factory=list)

    def subset(self, rows: Sequence[int] | NDArray[np.int64]) -> "Features":
        """The features of some of the pictures."""
        return Features([self.pictures[row] for row in rows], self.pooled[:, rows], self.prior[:, rows])


def choose_views(count: int) -> tuple[str, ...]:
    """Which views of each of `count` pictures are worth the time they take."""
    return MANY_VIEWS if count <= _FEWER_VIEWS_ABOVE else MANY_VIEWS[:2]


def compute_features(
    pictures: Sequence[CaptionedPicture], image_tower: SplitImageTower, views: Sequence[str], on_progress: OnProgress
) -> Features:
    """The features of `views` of each picture; those that cannot be read are omitted, with the reason."""
    found = Features()
    pooled: list[Floats] = []
    prior: list[Floats] = []
    size = max(1, THREAD_BATCH // len(views))
    for group in _read_ahead(pictures, views, size * max_threads()):
        on_progress(len(group))
        read = [(picture, pixels) for picture, pixels in group if not isinstance(pixels, SourceOutcome)]
        work = partial(_features, image_tower, [pixels for _, pixels in read], size)
        found.omitted += [pixels for _, pixels in group if isinstance(pixels, SourceOutcome)]
        for pooled_rows, prior_rows in map_in_threads(work, range(0, len(read), size)):
            pooled.append(pooled_rows.reshape(-1, len(views), pooled_rows.shape[1]))
            prior.append(prior_rows.reshape(-1, len(views), prior_rows.shape[1]))
        found.pictures += [picture for picture, _ in read]
    if pooled:
        found.pooled = np.ascontiguousarray(np.concatenate(pooled).swapaxes(0, 1))
        found.prior = np.ascontiguousarray(np.concatenate(prior).swapaxes(0, 1))
    return found


def _features(
    image_tower: SplitImageTower, views: Sequence[NDArray[np.uint8]], size: int, start: int
) -> tuple[Floats, Floats]:
    return image_tower.features(np.concatenate(views[start : start + size]))


_ReadPicture = tuple[CaptionedPicture, NDArray[np.uint8] | SourceOutcome]


def _read_ahead(pictures: Sequence[CaptionedPicture], views: Sequence[str], size: int) -> Iterator[list[_ReadPicture]]:
    """Groups of pictures with their pixels, read by threads that run ahead within bounds."""
    ahead: deque[Future[_ReadPicture]] = deque()
    group: list[_ReadPicture] = []
    pool = ThreadPoolExecutor(_READER_THREADS, thread_name_prefix="reader")
    try:
        for picture in pictures:
            ahead.append(pool.submit(_read, picture, views))
            if len(ahead) < 4 * _READER_THREADS:
                continue
            group.append(ahead.popleft().result())
            if len(group) == size:
                yield group
                group = []
        for future in ahead:
            group.append(future.result())
            if len(group) == size:
                yield group
                group = []
        if group:
            yield group
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _read(picture: CaptionedPicture, views: Sequence[str]) -> _ReadPicture:
    from ingest.readers.images import open_upright

    try:
        image = open_upright(picture.path, at_least=2 * IMAGE_SIZE)
    except ReadError as error:
        outcome = SourceOutcome(str(picture.path), "skipped" if isinstance(error, SkipSource) else "failed", str(error))
        return picture, outcome
    return picture, np.stack([square_pixels(_view(image, name, picture.sha256)) for name in views])


def _view(image: "Image", name: str, sha256: str) -> "Image":
    """A view of the picture; crops are seeded by the picture's content, so that they are the same at every run."""
    from PIL import ImageEnhance, ImageOps

    if name == "whole":
        return image
    if name == "mirrored":
        return ImageOps.mirror(image)
    seed = hashlib.sha256(f"{sha256} {name}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "big"))
    share, aspect = rng.uniform(0.5, 1.0), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    width = max(1, min(image.width, round(image.width * float(np.sqrt(share * aspect)))))
    height = max(1, min(image.height, round(image.height * float(np.sqrt(share / aspect)))))
    left, top = int(rng.integers(0, image.width - width + 1)), int(rng.integers(0, image.height - height + 1))
    crop = image.crop((left, top, left + width, top + height))
    if rng.random() < 0.5:
        crop = ImageOps.mirror(crop)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast):
        # Colours stay as they are: in a person's own collection they may be what distinguishes things.
        crop = change(crop).enhance(rng.uniform(0.8, 1.2))
    return crop
