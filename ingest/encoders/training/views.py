"""The pictures that `lite` is trained and measured on, and the views of them that the tower is shown."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import compress, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageOps

from ingest.encoders.lite.pixels import square_pixels, squeezed

Pixels = NDArray[np.uint8]
BATCH = 16


@dataclass(frozen=True)
class Captioned:
    """Pictures with their captions, in file order."""

    files: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]


def read_captioned(folder: Path, split: str | None = None) -> Captioned:
    """The pictures of `folder/captions.jsonl`, those of one split if it is given."""
    lines = (folder / "captions.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if split is None or row["split"] == split]
    return Captioned(
        files=tuple(folder / row["image"] for row in rows),
        captions=tuple(tuple(row["captions"]) for row in rows),
    )


def read_labelled(folder: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The pictures of `folder/labels.jsonl` and their WordNet ids."""
    rows = [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    return tuple(folder / row["image"] for row in rows), tuple(row["wnid"] for row in rows)


def read_cutouts(folder: Path) -> Captioned:
    """The pictures of tuxpaint-stamps-default, each with the first line of its description, which is English.

    Letters, signs and drawings (the folders `symbols` and `cartoon`) are left out, and so is what has no description.
    """
    found = []
    for file in sorted(folder.rglob("*.png")):
        description = file.with_suffix(".txt")
        if description.is_file() and not {"symbols", "cartoon"} & set(file.relative_to(folder).parts):
            found.append((file, description.read_text(encoding="utf-8").splitlines()[0].strip()))
    return Captioned(files=tuple(file for file, _ in found), captions=tuple((caption,) for _, caption in found))


def halves(cutouts: Captioned) -> tuple[Captioned, Captioned]:
    """Two about equal parts, one to train on and one held out; pictures with the same caption stay together."""
    first = [hashlib.sha256(caption.encode()).digest()[0] % 2 == 0 for (caption,) in cutouts.captions]
    return _subset(cutouts, first), _subset(cutouts, [not chosen for chosen in first])


def cutout_phrases(caption: str) -> tuple[str, str, str, str, str]:
    """As many captions of a cut-out as a photo has, made of its one."""
    words = caption.rstrip(".! ")
    inner = words[:1].lower() + words[1:]
    return caption, inner, f"a photo of {inner}", f"{inner} on a white background", f"a picture of {inner}"


def _subset(pictures: Captioned, chosen: list[bool]) -> Captioned:
    return Captioned(tuple(compress(pictures.files, chosen)), tuple(compress(pictures.captions, chosen)))


def view(file: Path, name: str) -> Pixels:
    """The pixels of one view of a picture.

    `encoded`: as `lite` is given it.  `whole`, `crop-K` and `placed-K`, which are trained on, are squeezed whatever
    they show; the latter two are drawn at random, but the same at every run.
    """
    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened)
    # By its name only, so that it does not matter where the collection lies.
    seed = hashlib.sha256(f"{file.name} {name}".encode()).digest()[:8]
    rng = np.random.default_rng(int.from_bytes(seed, "big"))
    if name.startswith("placed-"):
        return squeezed(placed(image, rng))
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
    return _other_colours(crop, rng)


def placed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A cut-out somewhere on a larger sheet, white three times out of four, else of any colour; half are mirrored."""
    cutout = image.convert("RGBA")
    if rng.random() < 0.5:
        cutout = ImageOps.mirror(cutout)
    width, height = (round(side * rng.uniform(1.0, 1.6)) for side in cutout.size)
    colour = (255, 255, 255) if rng.random() < 0.75 else tuple(int(level) for level in rng.integers(0, 256, 3))
    sheet = Image.new("RGBA", (width, height), (*colour, 255))
    place = int(rng.integers(0, width - cutout.width + 1)), int(rng.integers(0, height - cutout.height + 1))
    sheet.alpha_composite(cutout, place)
    return _other_colours(sheet.convert("RGB"), rng)


def _other_colours(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = change(image).enhance(rng.uniform(0.75, 1.25))
    return image


def batches(load: Callable[[Path], Pixels], files: Sequence[Path]) -> Iterator[Pixels]:
    """The pixels of `files`, BATCH at a time and in order; two batches are decoded ahead, no more."""
    with ThreadPoolExecutor(2) as pool:
        waiting = [files[start : start + BATCH] for start in range(0, len(files), BATCH)]
        queue = [pool.map(load, batch) for batch in islice(waiting, 2)]
        for batch in waiting[2:]:
            queue.append(pool.map(load, batch))
            yield np.stack(list(queue.pop(0)))
        for pictures in queue:
            yield np.stack(list(pictures))
