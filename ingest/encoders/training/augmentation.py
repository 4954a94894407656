"""The views of a picture that the image tower is trained on, and the batches that they are loaded in."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from ingest.encoders.lite.pixels import square_pixels, squeezed

Pixels = NDArray[np.uint8]
BATCH = 16


def load_view(file: Path, name: str) -> Pixels:
    """The pixels of one view of a picture.

    `encoded`: as `lite` encodes it.  `whole`, `crop-K` and `placed-K`, which are trained on, are squeezed whatever they
    show; the latter two are random, but the same at every run.
    """
    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened)
    # Seeded by its name only, so that it does not matter where the collection is.
    seed = hashlib.sha256(f"{file.name} {name}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "big"))
    if name.startswith("placed-"):
        return squeezed(place_on_sheet(image, rng))
    image = on_white(image)
    if name == "encoded":
        return square_pixels(image)
    return squeezed(random_crop(image, rng) if name.startswith("crop-") else image)


def on_white(image: Image.Image) -> Image.Image:
    """The picture in RGB, white where it was transparent."""
    if not image.has_transparency_data:
        return image.convert("RGB")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image.convert("RGBA"))
    return paper.convert("RGB")


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
    return _jitter_colours(crop, rng)


def place_on_sheet(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A cut-out somewhere on a larger sheet, white three times out of four, else of any colour; half are mirrored."""
    cutout = image.convert("RGBA")
    if rng.random() < 0.5:
        cutout = ImageOps.mirror(cutout)
    width, height = (round(side * rng.uniform(1.0, 1.6)) for side in cutout.size)
    colour = (255, 255, 255) if rng.random() < 0.75 else tuple(int(level) for level in rng.integers(0, 256, 3))
    sheet = Image.new("RGBA", (width, height), (*colour, 255))
    place = int(rng.integers(0, width - cutout.width + 1)), int(rng.integers(0, height - cutout.height + 1))
    sheet.alpha_composite(cutout, place)
    return _jitter_colours(sheet.convert("RGB"), rng)


def _jitter_colours(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = change(image).enhance(rng.uniform(0.75, 1.25))
    return image


def load_batches(load: Callable[[Path], Pixels], files: Sequence[Path]) -> Iterator[Pixels]:
    """The pixels of `files`, BATCH at a time and in order; two batches are decoded ahead, no more."""
    with ThreadPoolExecutor(2) as pool:
        remaining = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
        queue = [pool.map(load, batch) for batch in islice(remaining, 2)]
        for batch in remaining[2:]:
            queue.append(pool.map(load, batch))
            yield np.stack(list(queue.pop(0)))
        for pictures in queue:
            yield np.stack(list(pictures))
