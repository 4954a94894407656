"""Tunes `lite` to captioned pictures, and measures on held-out ones whether that helped."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import Log
from ingest.encoders.calibration import Calibration, read_calibration
from ingest.encoders.lite.aligner import Aligner
from ingest.encoders.lite.lite_encoder import LiteEncoder, load_lite
from ingest.encoders.lite.reference_outputs import reference_pictures
from ingest.encoders.lite.split_image_tower import SplitImageTower, split_image_tower
from ingest.encoders.lite.tuned_store import save_tuned
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.tuning.caption_vectors import Captions, Rows, encode_captions
from ingest.encoders.tuning.captioned_pictures import CaptionedPicture, CollectedPictures
from ingest.encoders.tuning.fit_calibration import Collection, fit_calibration
from ingest.encoders.tuning.image_features import Features, choose_views, compute_features
from ingest.encoders.tuning.retrieval import Retrieval, measure_retrieval
from ingest.encoders.tuning.train import Recipe, TrainedAligner, train
from ingest.errors import SettingsError, WeightsError

MIN_PICTURES = 50
"""Pictures below which neither training nor its figures are meaningful."""
HELD_OUT_SHARE, MIN_HELD_OUT, MAX_HELD_OUT = 0.2, 10, 1_000
VALIDATION_SHARE, MIN_VALIDATION, MAX_VALIDATION = 0.15, 6, 500
"""Of the rest, the pictures that decide when training stops."""
MAX_DISTRACTORS = 2_000
"""Training pictures that the collection also has when the calibration is fitted."""
_SPLIT_TOLERANCE = 1e-3  # largest difference between the aligner in numpy and the model it was read from

OnProgress = Callable[[str, int, int], None]
"""Receives (the stage, how much of it is done, how much there is)."""


@dataclass(frozen=True)
class PictureSplit:
    """The rows of the pictures of each part."""

    training: Rows
    validation: Rows
    held_out: Rows


@dataclass(frozen=True)
class Tuning:
    """The result of tuning."""

    aligner: Aligner
    training: int
    """Number of pictures trained on."""
    validation: int
    """Number of pictures that decided when training stopped."""
    held_out: int
    """Number of pictures, not used in training, on which `before` and `after` are measured."""
    pairs: int
    """Pairs of picture and caption trained on."""
    before: Retrieval
    """With `lite` itself."""
    after: Retrieval
    calibration: Calibration | None
    """What the tuned encoder's scores mean; None where there are too few pairs to fit it."""
    figures: dict[str, Any]
    """All this as JSON values."""

    @property
    def helps(self) -> bool:
        """Whether the held-out pictures and captions find each other better than before."""
        return self.after.comparison_key > self.before.comparison_key


def split_pictures(pictures: Sequence[CaptionedPicture]) -> PictureSplit:
    """Divide pictures by their content alone: file names and the order of files change nothing."""
    digests = [hashlib.sha256(f"part {picture.sha256}".encode()).digest() for picture in pictures]
    shuffled = np.array(sorted(range(len(pictures)), key=digests.__getitem__), np.int64)
    held_out = min(max(round(HELD_OUT_SHARE * len(shuffled)), MIN_HELD_OUT), MAX_HELD_OUT)
    validation = min(max(round(VALIDATION_SHARE * (len(shuffled) - held_out)), MIN_VALIDATION), MAX_VALIDATION)
    first = held_out + validation
    return PictureSplit(training=shuffled[first:], validation=shuffled[held_out:first], held_out=shuffled[:held_out])


def tune(
    collected: CollectedPictures,
    source: Path,
    *,
    recipe: Recipe | None = None,
    on_progress: OnProgress | None = None,
    log: Log | None = None,
) -> Tuning:
    """Tune `lite` to `collected`, read from `source`; pictures that cannot be read are added to its `omitted`.

    Raises:
        SettingsError: there are fewer than MIN_PICTURES pictures that have captions and can be read.
        WeightsError: the installed `lite` is not one that can be tuned.
    """
    recipe, on_progress = recipe or Recipe(), on_progress or (lambda stage, done, total: None)
    _require_enough(len(collected.pictures), collected, source)
    lite = load_lite(log=log)
    image_tower = split_image_tower(model_folder("lite") / "image.onnx")
    _require_same_vectors(image_tower, lite)
    features = _read_features(collected, image_tower, on_progress)
    _require_enough(len(features.pictures), collected, source)
    split = split_pictures(features.pictures)
    captions = encode_captions(features.pictures, lite.encode_texts)
    used = np.concatenate([split.training, split.validation])
    used_captions = captions.subset(used)
    trained = train(
        image_tower.aligner,
        features.subset(used),
        used_captions,
        np.arange(len(split.training), len(used)),
        recipe,
        lambda epoch, epochs: on_progress("learning", epoch, epochs),
    )
    held_out, held_out_captions = features.subset(split.held_out), captions.subset(split.held_out)
    before = _measure_aligner(held_out, held_out_captions, image_tower.aligner)
    after = _measure_aligner(held_out, held_out_captions, trained.aligner)
    described = _describe(lite, source, split, used_captions.pairs, recipe, trained)
    return Tuning(
        aligner=trained.aligner,
        training=len(split.training),
        validation=len(split.validation),
        held_out=len(split.held_out),
        pairs=used_captions.pairs,
        before=before,
        after=after,
        calibration=_calibrate(features, captions, split, trained.aligner, lite),
        figures={**described, "before": asdict(before), "after": asdict(after)},
    )


def _describe(
    lite: LiteEncoder, source: Path, split: PictureSplit, pairs: int, recipe: Recipe, trained: TrainedAligner
) -> dict[str, Any]:
    """The first part of an encoder's figures: what it was tuned from, on what and how."""
    return {
        "base": {"id": lite.info.id, "fingerprint": lite.info.fingerprint},
        "captions": str(source),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "pictures": {"learnt": len(split.training), "stop": len(split.validation), "held_out": len(split.held_out)},
        "pairs": pairs,
        "recipe": asdict(recipe),
        "epochs": trained.epochs,
        "share": trained.share,
    }


def _read_features(collected: CollectedPictures, image_tower: SplitImageTower, on_progress: OnProgress) -> Features:
    total, done = len(collected.pictures), 0

    def on_pictures(more: int) -> None:
        nonlocal done
        done += more
        on_progress("looking at pictures", done, total)

    features = compute_features(collected.pictures, image_tower, choose_views(total), on_pictures)
    collected.omitted += features.omitted
    return features


def save_encoder(tuning: Tuning, name: str, *, overwrite: bool = False) -> Path:
    """Register the tuned encoder as `lite:NAME`; returns its folder.  Raises SettingsError as `save_tuned` does."""
    return save_tuned(name, tuning.aligner, tuning.figures, tuning.calibration, overwrite=overwrite)


def _calibrate(
    features: Features, captions: Captions, split: PictureSplit, aligner: Aligner, lite: LiteEncoder
) -> Calibration | None:
    # Held-out pictures are the queries; training pictures only make the collection larger.
    rows = np.concatenate([split.held_out, split.training[:MAX_DISTRACTORS]])
    return fit_calibration(
        Collection(_vectors(features.subset(rows), aligner), captions.subset(rows), len(split.held_out)),
        fingerprint="",  # known once the encoder is saved
        source="pictures held out from tuning",
        fallback=read_calibration(model_folder("lite"), lite.info),
    )


def _measure_aligner(held_out_features: Features, captions: Captions, aligner: Aligner) -> Retrieval:
    belongs = captions.belongs(np.arange(len(held_out_features.pictures)), np.arange(len(captions.vectors)))
    return measure_retrieval(_vectors(held_out_features, aligner), captions.vectors, belongs)


def _vectors(pictures: Features, aligner: Aligner) -> NDArray[np.float32]:
    return np.asarray(aligner.vectors(pictures.pooled[0], pictures.prior[0]), dtype=np.float32)


def _require_enough(count: int, collected: CollectedPictures, source: Path) -> None:
    if count >= MIN_PICTURES:
        return
    also = []
    if collected.without_caption:
        also.append(f"{collected.without_caption:,} without a caption")
    if failed := sum(entry.outcome == "failed" for entry in collected.omitted):
        also.append(f"{failed:,} that cannot be read")
    more = f" ({'; '.join(also)})" if also else ""
    raise SettingsError(
        f"There are {count:,} different captioned pictures in {source}{more}, and tuning needs {MIN_PICTURES}; "
        "some hundreds are better. "
        "Caption more pictures: a.txt beside a.jpg, or a table with the columns image and caption."
    )


def _require_same_vectors(image_tower: SplitImageTower, lite: LiteEncoder) -> None:
    """Make sure that the split image tower computes what `lite` does, so that nothing is lost by splitting it."""
    from PIL import Image

    pixels = reference_pictures()
    pictures: list[Image.Image] = [Image.fromarray(picture) for picture in pixels]
    difference = float(
        np.abs(image_tower.aligner.vectors(*image_tower.features(pixels)) - lite.encode_images(pictures)).max()
    )
    if not difference <= _SPLIT_TOLERANCE:
        raise WeightsError(
            f"The image tower of lite does more than its tower and aligner together (they differ by {difference:.1e}), "
            "so it cannot be tuned. Install Nearspace again, so that program and weights belong together."
        )
