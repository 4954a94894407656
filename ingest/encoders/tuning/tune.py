"""Tunes `lite` to captioned pictures, and tells on held-out ones whether that helped."""

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
from ingest.encoders.tuning.caption_vectors import Captions, Places, captions_of
from ingest.encoders.tuning.captioned_pictures import Captioned, Collected
from ingest.encoders.tuning.fit_calibration import Collection, fit_calibration
from ingest.encoders.tuning.image_features import Features, features_of, views_for
from ingest.encoders.tuning.retrieval import Retrieval, retrieval
from ingest.encoders.tuning.train import Recipe, train
from ingest.errors import SettingsError, WeightsError

FEWEST = 50
"""Pictures below which neither training nor its figures mean anything."""
HELD_OUT, LEAST_HELD_OUT, MOST_HELD_OUT = 0.2, 10, 1_000
STOP, LEAST_STOP, MOST_STOP = 0.15, 6, 500
"""Of the rest, the pictures that tell when to stop."""
MOST_AROUND = 2_000
"""Pictures learnt from that the held-out ones lie among when the calibration is fitted."""
_SAME = 1e-3  # largest difference between the aligner in numpy and the model it was read from

Watch = Callable[[str, int, int], None]
"""Receives (what is done, how much of it is done, how much there is)."""


@dataclass(frozen=True)
class Parts:
    """Which rows of the pictures are for what."""

    learnt: Places
    stop: Places
    held_out: Places


@dataclass(frozen=True)
class Tuning:
    """What tuning found."""

    aligner: Aligner
    learnt: int
    """Pictures learnt from."""
    stop: int
    """Pictures that told when to stop."""
    held_out: int
    """Pictures, learnt from in no way, on which `before` and `after` are measured."""
    pairs: int
    """Pairs of picture and caption learnt from."""
    before: Retrieval
    """With `lite` as it is."""
    after: Retrieval
    calibration: Calibration | None
    """What the tuned encoder's scores mean; None where there are too few pairs to tell."""
    figures: dict[str, Any]
    """All this in values that JSON has."""

    @property
    def helps(self) -> bool:
        """Whether the held-out pictures and captions find each other better than before."""
        return self.after.merit > self.before.merit


def part(pictures: Sequence[Captioned]) -> Parts:
    """Divide pictures by their content alone: file names and the order of files change nothing."""
    digests = [hashlib.sha256(f"part {picture.sha256}".encode()).digest() for picture in pictures]
    drawn = np.array(sorted(range(len(pictures)), key=digests.__getitem__), np.int64)
    held = min(max(round(HELD_OUT * len(drawn)), LEAST_HELD_OUT), MOST_HELD_OUT)
    stop = held + min(max(round(STOP * (len(drawn) - held)), LEAST_STOP), MOST_STOP)
    return Parts(learnt=drawn[stop:], stop=drawn[held:stop], held_out=drawn[:held])


def tune(
    collected: Collected,
    source: Path,
    *,
    recipe: Recipe | None = None,
    watch: Watch | None = None,
    log: Log | None = None,
) -> Tuning:
    """Tune `lite` to `collected`, which was read from `source`; pictures that cannot be read join its `left_out`.

    Raises:
        SettingsError: there are fewer than FEWEST pictures that have captions and can be read.
        WeightsError: the installed `lite` is not one that can be tuned.
    """
    recipe, watch = recipe or Recipe(), watch or (lambda doing, done, total: None)
    _require_enough(len(collected.pictures), collected, source)
    lite = load_lite(log=log)
    parts = split_image_tower(model_folder("lite") / "image.onnx")
    _require_same(parts, lite)
    total, done = len(collected.pictures), 0

    def seen(more: int) -> None:
        nonlocal done
        done += more
        watch("looking at pictures", done, total)

    features = features_of(collected.pictures, parts, views_for(total), seen)
    collected.left_out += features.left_out
    _require_enough(len(features.pictures), collected, source)
    divided = part(features.pictures)
    learning = features.of(np.concatenate([divided.learnt, divided.stop]))
    held = features.of(divided.held_out)
    every = captions_of(features.pictures, lite.encode_texts)
    captions = every.of(np.concatenate([divided.learnt, divided.stop]))
    stop = np.arange(len(divided.learnt), len(learning.pictures))
    tuned = train(
        parts.aligner, learning, captions, stop, recipe, lambda epoch, most: watch("learning", epoch, most)
    )  # fmt: skip
    before, after = (_measure(held, every.of(divided.held_out), aligner) for aligner in (parts.aligner, tuned.aligner))
    counts = {"learnt": len(divided.learnt), "stop": len(divided.stop), "held_out": len(divided.held_out)}
    figures = {
        "base": {"id": lite.info.id, "fingerprint": lite.info.fingerprint},
        "captions": str(source),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "pictures": counts,
        "pairs": captions.pairs,
        "recipe": asdict(recipe),
        "epochs": tuned.epochs,
        "share": tuned.share,
        "before": asdict(before),
        "after": asdict(after),
    }
    return Tuning(
        tuned.aligner,
        **counts,
        pairs=captions.pairs,
        before=before,
        after=after,
        calibration=_calibrate(features, every, divided, tuned.aligner, lite),
        figures=figures,
    )


def keep(tuning: Tuning, name: str, *, overwrite: bool = False) -> Path:
    """Register the tuned encoder as `lite:NAME`; returns its folder.  Raises SettingsError as `save_tuned` does."""
    return save_tuned(name, tuning.aligner, tuning.figures, tuning.calibration, overwrite=overwrite)


def _calibrate(
    features: Features, captions: Captions, divided: Parts, aligner: Aligner, lite: LiteEncoder
) -> Calibration | None:
    # Held-out pictures ask; some that were learnt from only make the collection larger.
    crowd = np.concatenate([divided.held_out, divided.learnt[:MOST_AROUND]])
    return fit_calibration(
        Collection(_vectors(features.of(crowd), aligner), captions.of(crowd), len(divided.held_out)),
        fingerprint="",  # known once the encoder is kept
        source="pictures held out from tuning",
        otherwise=read_calibration(model_folder("lite"), lite.info),
    )


def _measure(held: Features, captions: Captions, aligner: Aligner) -> Retrieval:
    belongs = captions.belongs(np.arange(len(held.pictures)), np.arange(len(captions.vectors)))
    return retrieval(_vectors(held, aligner), captions.vectors, belongs)


def _vectors(pictures: Features, aligner: Aligner) -> NDArray[np.float32]:
    return np.asarray(aligner.vectors(pictures.pooled[0], pictures.prior[0]), dtype=np.float32)


def _require_enough(count: int, collected: Collected, source: Path) -> None:
    if count >= FEWEST:
        return
    also = []
    if collected.without_caption:
        also.append(f"{collected.without_caption:,} without a caption")
    if failed := sum(entry.outcome == "failed" for entry in collected.left_out):
        also.append(f"{failed:,} that cannot be read")
    more = f" ({'; '.join(also)})" if also else ""
    raise SettingsError(
        f"There are {count:,} different captioned pictures in {source}{more}, and tuning needs {FEWEST}; some hundreds "
        "are better. Caption more pictures: a.txt beside a.jpg, or a table with the columns image and caption."
    )


def _require_same(parts: SplitImageTower, lite: LiteEncoder) -> None:
    """Make sure that the parts together are what `lite` does, so that nothing else is lost by taking it apart."""
    from PIL import Image

    pixels = reference_pictures()
    pictures: list[Image.Image] = [Image.fromarray(picture) for picture in pixels]
    difference = float(np.abs(parts.aligner.vectors(*parts.features(pixels)) - lite.encode_images(pictures)).max())
    if not difference <= _SAME:
        raise WeightsError(
            f"The image tower of lite does more than its tower and aligner together (they differ by {difference:.1e}), "
            "so it cannot be tuned. Install Nearspace again, so that program and weights belong together."
        )
