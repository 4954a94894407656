"""How well `lite` finds: the table on its model card, measured anew as ingest and search encode."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.lite.lite_encoder import IMAGE_BATCH, LiteEncoder, load_lite
from ingest.encoders.lite.pixels import IMAGE_SIZE
from ingest.encoders.training.datasets import read_captioned, read_cutouts
from ingest.encoders.training.evaluate import class_phrases, cutout_recall, evaluate_captions, evaluate_class_naming
from ingest.errors import WeightsError
from ingest.readers.images import open_upright

if TYPE_CHECKING:
    from PIL.Image import Image

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
CUTOUTS = Path("/usr/share/tuxpaint/stamps")


def main() -> None:
    """Print recall and naming on whatever is here of the pictures that `lite` was not trained on."""
    lite = load_lite(log=print)
    print("lite, finding: recall at 1 / 5 / 10, in per cent")
    for line in (*_captioned(lite), _named(lite), _cutouts(lite)):
        print(f"  {line}", flush=True)


def _captioned(lite: LiteEncoder) -> Iterator[str]:
    for title, folder, split in (("Flickr8k val", "flickr8k", "val"), ("COCO photos", "photos", None)):
        if (DATA / folder / "captions.jsonl").is_file():
            pictures = read_captioned(DATA / folder, split)
            found = evaluate_captions(partial(_vectors, lite), lite.encode_texts, pictures)
            yield f"{title}, {len(pictures.files)} pictures: {found}"
        else:
            yield f"{title}: not measured, since ../shared/data/{folder} is not beside the repository"


def _named(lite: LiteEncoder) -> str:
    title, folder = "ImageNet sample, named by class", DATA / "imagenet_sample"
    if not folder.is_dir():
        return f"{title}: not measured, since ../shared/data/imagenet_sample is not beside the repository"
    try:
        names = lite.encode_texts(class_phrases())
    except WeightsError as error:
        return f"{title}: not measured. {error}"
    return f"{title}: {evaluate_class_naming(partial(_vectors, lite), names, folder):.1f} % right"


def _cutouts(lite: LiteEncoder) -> str:
    cutouts = read_cutouts(CUTOUTS)
    if not cutouts.files:
        return f"cut-outs: not measured, since Debian's package tuxpaint-stamps-default is not in {CUTOUTS}"
    found = cutout_recall(partial(_vectors, lite), lite.encode_texts, cutouts)
    recall = " / ".join(f"{value:.1f}" for value in found.image_to_text)
    return f"cut-outs on white, {found.pictures} held out, among {found.captions} captions: {recall}"


def _vectors(lite: LiteEncoder, files: Sequence[Path]) -> NDArray[np.float32]:
    with ThreadPoolExecutor(2) as pool:
        parts = (files[start : start + IMAGE_BATCH] for start in range(0, len(files), IMAGE_BATCH))
        return np.concatenate([lite.encode_images(list(pool.map(_opened, part))) for part in parts])


def _opened(file: Path) -> "Image":
    return open_upright(file, at_least=IMAGE_SIZE)


if __name__ == "__main__":
    main()
