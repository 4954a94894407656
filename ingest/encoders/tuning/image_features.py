"""What the image tower says about pictures: the features an aligner is trained on, of several views of each."""

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
from ingest.encoders.tuning.captioned_pictures import Captioned
from ingest.errors import ReadError, SkipSource
from ingest.outcomes import SourceOutcome

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = NDArray[np.float32]
Seen = Callable[[int], None]
"""Receives how many more pictures are done."""

MANY_VIEWS = ("whole", "mirrored", "crop 1", "crop 2")
_MANY = 5_000  # pictures from which fewer views are enough, and bound time and memory
_READERS = max(2, os.cpu_count() or 2)


@dataclass
class Features:
    """The features of pictures that could be read."""

    pictures: list[Captioned] = field(default_factory=list)
    pooled: Floats = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    """Shape (views, len(pictures), features)."""
    prior: Floats = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    """Shape (views, len(pictures), dimension)."""
    left_out: list[SourceOutcome] = field(default_factory=list)

    def of(self, rows: Sequence[int] | NDArray[np.int64]) -> "Features":
        """The features of some of the pictures."""
        return Features([self.pictures[row] for row in rows], self.pooled[:, rows], self.prior[:, rows])


def views_for(count: int) -> tuple[str, ...]:
    """Which views of each of `count` pictures are worth their time."""
    return MANY_VIEWS if count <= _MANY else MANY_VIEWS[:2]


def features_of(
    pictures: Sequence[Captioned], image_tower: SplitImageTower, views: Sequence[str], seen: Seen
) -> Features:
    """The features of `views` of each picture; those that cannot be read are left out, with the reason."""
    found = Features()
    pooled: list[Floats] = []
    prior: list[Floats] = []
    size = max(1, THREAD_BATCH // len(views))
    for group in _groups(pictures, views, size * max_threads()):
        seen(len(group))
        read = [(picture, pixels) for picture, pixels in group if not isinstance(pixels, SourceOutcome)]
        work = partial(_features, image_tower, [pixels for _, pixels in read], size)
        found.left_out += [pixels for _, pixels in group if isinstance(pixels, SourceOutcome)]
        for p, c in map_in_threads(work, range(0, len(read), size)):
            pooled.append(p.reshape(-1, len(views), p.shape[1]))
            prior.append(c.reshape(-1, len(views), c.shape[1]))
        found.pictures += [picture for picture, _ in read]
    if pooled:
        found.pooled = np.ascontiguousarray(np.concatenate(pooled).swapaxes(0, 1))
        found.prior = np.ascontiguousarray(np.concatenate(prior).swapaxes(0, 1))
    return found


def _features(
    image_tower: SplitImageTower, views: Sequence[NDArray[np.uint8]], size: int, start: int
) -> tuple[Floats, Floats]:
    return image_tower.features(np.concatenate(views[start : start + size]))


_Read = tuple[Captioned, NDArray[np.uint8] | SourceOutcome]


def _groups(pictures: Sequence[Captioned], views: Sequence[str], size: int) -> Iterator[list[_Read]]:
    """Groups of pictures with their pixels, read by threads that run a bounded way ahead."""
    ahead: deque[Future[_Read]] = deque()
    group: list[_Read] = []
    pool = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")
    try:
        for picture in pictures:
            ahead.append(pool.submit(_read, picture, views))
            if len(ahead) < 4 * _READERS:
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


def _read(picture: Captioned, views: Sequence[str]) -> _Read:
    from ingest.readers.images import open_upright

    try:
        image = open_upright(picture.path, at_least=2 * IMAGE_SIZE)
    except ReadError as error:
        outcome = SourceOutcome(str(picture.path), "skipped" if isinstance(error, SkipSource) else "failed", str(error))
        return picture, outcome
    return picture, np.stack([square_pixels(_view(image, name, picture.sha256)) for name in views])


def _view(image: "Image", name: str, sha256: str) -> "Image":
    """A view of the picture; crops are drawn by the picture's content, so that they are the same at every run."""
    from PIL import ImageEnhance, ImageOps

    if name == "whole":
        return image
    if name == "mirrored":
        return ImageOps.mirror(image)
    seed = hashlib.sha256(f"{sha256} {name}".encode()).digest()[:8]
    chance = np.random.default_rng(int.from_bytes(seed, "big"))
    share, aspect = chance.uniform(0.5, 1.0), np.exp(chance.uniform(np.log(3 / 4), np.log(4 / 3)))
    width = max(1, min(image.width, round(image.width * float(np.sqrt(share * aspect)))))
    height = max(1, min(image.height, round(image.height * float(np.sqrt(share / aspect)))))
    left, top = int(chance.integers(0, image.width - width + 1)), int(chance.integers(0, image.height - height + 1))
    crop = image.crop((left, top, left + width, top + height))
    if chance.random() < 0.5:
        crop = ImageOps.mirror(crop)
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast):
        # Colours are left as they are: in a collection of one's own they may be what tells things apart.
        crop = change(crop).enhance(chance.uniform(0.8, 1.2))
    return crop
