"""`python -m ingest.encoders.training.calibrate --data ../shared/data`: fits the calibration of `lite`.

Its queries are the 80 captioned COCO photos, which no part of `lite` was trained on, and their captions, in a
collection with 920 pictures of Flickr8k's training split.  Those must not be queries: the image tower has memorised
them (a caption's cosine with its own picture is 0.44 in the median, against 0.35 for pictures it has not seen), and a
calibration fitted on them trusts pictures far too much.  Flickr8k's `val` split is left for evaluation.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.calibration import write_calibration
from ingest.encoders.lite.lite_encoder import IMAGE_BATCH, load_lite
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.training.datasets import read_captioned
from ingest.encoders.tuning.caption_vectors import encode_captions
from ingest.encoders.tuning.captioned_pictures import CaptionedPicture
from ingest.encoders.tuning.fit_calibration import Collection, fit_calibration
from ingest.readers.images import open_upright

DISTRACTORS = 920
"""Pictures of the training split that the photos lie among."""


def main() -> None:
    """Fit and write calibration.json beside the weights; needs neither torch nor the training's other data."""
    parser = argparse.ArgumentParser(prog="python -m ingest.encoders.training.calibrate", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with flickr8k and photos")
    parser.add_argument("--out", type=Path, default=model_folder("lite"), help="folder of lite's weights")
    options = parser.parse_args()
    queries = _pictures(options.data / "photos")
    distractors = _pictures(options.data / "flickr8k", "train")
    sampled = np.sort(np.random.default_rng(0).permutation(len(distractors))[:DISTRACTORS])
    pictures = [*queries, *(distractors[row] for row in sampled)]
    lite = load_lite(log=print, image_folder=options.out)
    images: list[NDArray[np.float32]] = []
    for start in range(0, len(pictures), IMAGE_BATCH):
        batch = pictures[start : start + IMAGE_BATCH]
        images.append(
            lite.encode_images([open_upright(picture.path, at_least=lite.info.image_size) for picture in batch])
        )
        print(f"\r{start + len(batch):,} of {len(pictures):,} pictures", end="", flush=True)
    print()
    collection = Collection(np.concatenate(images), encode_captions(pictures, lite.encode_texts), len(queries))
    source = f"{len(queries)} COCO photos among {DISTRACTORS} pictures of Flickr8k's training split"
    calibration = fit_calibration(collection, lite.info.fingerprint, source)
    if calibration is None:
        raise SystemExit("There are too few captioned pictures to fit a calibration.")
    write_calibration(options.out, calibration)
    for (query, hit), cell in calibration.cells.items():
        print(f"{query:>5} query, {hit:>5} hits: {cell}")


def _pictures(folder: Path, split: str | None = None) -> list[CaptionedPicture]:
    read = read_captioned(folder, split)
    return [CaptionedPicture(file, "", captions) for file, captions in zip(read.files, read.captions, strict=True)]


if __name__ == "__main__":
    main()
