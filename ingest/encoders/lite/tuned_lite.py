"""The encoder `lite:NAME`: `lite` with another aligner at the end of its image tower."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.base import EncoderInfo, Log
from ingest.encoders.lite.aligner import Aligner
from ingest.encoders.lite.lite_encoder import THREAD_BATCH, LiteEncoder, load_lite
from ingest.encoders.lite.pixels import pixel_batch
from ingest.encoders.lite.split_image_tower import SplitImageTower, split_image_tower
from ingest.encoders.lite.tuned_store import PREFIX, damaged, read_aligner, tuned_figures, tuned_fingerprint
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.runtime.parallel import map_batches
from ingest.errors import WeightsError

if TYPE_CHECKING:
    from PIL.Image import Image


class TunedLite:
    """`lite` with another aligner: its texts are those of `lite`; may be called from several threads at once."""

    def __init__(self, info: EncoderInfo, base: LiteEncoder, image_tower: SplitImageTower, aligner: Aligner) -> None:
        """Join `lite`, its split image tower and the aligner; `info` describes the whole."""
        self._info = info
        self._base = base
        self._image_tower = image_tower
        self._aligner = aligner

    @property
    def info(self) -> EncoderInfo:
        """What this encoder is."""
        return self._info

    def encode_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode `texts` to unit rows (len(texts), 384), exactly as `lite` does."""
        return self._base.encode_texts(texts)

    def encode_images(self, images: "Sequence[Image]") -> NDArray[np.float32]:
        """Encode upright pictures of any size and aspect to unit rows (len(images), 384)."""

        def encode(pictures: "Sequence[Image]") -> NDArray[np.float32]:
            features = self._image_tower.features(pixel_batch(pictures))
            return np.asarray(self._aligner.vectors(*features), dtype=np.float32)

        batches = map_batches(encode, images, THREAD_BATCH)
        return np.concatenate([np.empty((0, self._info.dimension), np.float32), *batches])

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The character span of each word piece of `text`, never truncated."""
        return self._base.token_spans(text)


def load_lite_family(encoder_id: str, *, device: str = "cpu", log: Log | None = None) -> LiteEncoder | TunedLite:
    """Load `lite` or `lite:NAME`, as load_lite and load_tuned do; both compute on the CPU."""
    return load_tuned(encoder_id.removeprefix(PREFIX), log=log) if encoder_id != "lite" else load_lite(log=log)


def load_tuned(name: str, *, log: Log | None = None) -> TunedLite:
    """Load the encoder `lite:NAME`.

    Raises:
        UnknownEncoder: none of that name is on this machine.
        WeightsError: its files are damaged, or it was tuned from another `lite` than the one installed.
    """
    figures = tuned_figures(name)
    base = load_lite(log=log)
    tuned_from = str(figures["base"]["fingerprint"])
    if tuned_from != base.info.fingerprint:
        folder = figures.get("captions") or "CAPTIONED_FOLDER"
        raise WeightsError(
            f"The encoder {PREFIX}{name} was tuned from another lite (fingerprint {tuned_from[:12]}) than the one "
            f"installed here ({base.info.fingerprint[:12]}), and does not fit it. Tune it again, then re-encode the "
            f"spaces made with it: nearspace tune {folder} --name {name} --overwrite; "
            f"nearspace reencode --encoder {PREFIX}{name} --space NAME."
        )
    aligner = read_aligner(name)
    image_tower = split_image_tower(model_folder("lite") / "image.onnx")
    if _input_widths(aligner) != _input_widths(image_tower.aligner):
        raise damaged(name, ValueError("its weights have other shapes than lite's features"))
    info = replace(
        base.info,
        id=PREFIX + name,
        fingerprint=tuned_fingerprint(name, base.info.fingerprint),
        licence=f"{base.info.licence}; tuned further on pictures of your own",
    )
    return TunedLite(info, base, image_tower, aligner)


def _input_widths(aligner: Aligner) -> tuple[int, int]:
    return aligner.hidden_weight.shape[-1], aligner.linear.shape[-1]
