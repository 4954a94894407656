"""Encoders `lite:NAME`: `lite` with an aligner of a person's own, trained by `nearspace tune` on captioned pictures.

Each is a folder `encoders/NAME` in the user's data folder (NEARSPACE_DATA):

    aligner.safetensors   the aligner's weights
    calibration.json      what its scores mean; see ingest.encoders.calibration
    figures.json          which `lite` it was tuned from, on what, and how well it finds pictures and captions
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.atomic import atomic_path
from ingest.encoders.base import EncoderInfo, Log
from ingest.encoders.calibration import Calibration, write_calibration
from ingest.encoders.lite.aligner import Aligner, from_weights
from ingest.encoders.lite.encoder import PIECE, LiteEncoder, load_lite
from ingest.encoders.lite.image_tower import LiteParts, take_apart
from ingest.encoders.lite.pixels import pixel_batch
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.runtime.onnx import in_pieces, sha256_of
from ingest.errors import SettingsError, UnknownEncoder, WeightsError
from ingest.settings import data_folder, encoder_name

if TYPE_CHECKING:
    from PIL.Image import Image

PREFIX = "lite:"
_VERSION = "tuned-1"
_WEIGHTS, _FIGURES = "aligner.safetensors", "figures.json"


class TunedLite:
    """`lite` with another aligner: its texts are those of `lite`; may be called from several threads at once."""

    def __init__(self, info: EncoderInfo, base: LiteEncoder, parts: LiteParts, aligner: Aligner) -> None:
        """Join `lite`, its image tower taken apart, and the aligner; `info` describes the whole."""
        self._info = info
        self._base = base
        self._parts = parts
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
            features = self._parts.features(pixel_batch(pictures))
            return np.asarray(self._aligner.vectors(*features), dtype=np.float32)

        pieces = in_pieces(encode, images, PIECE)
        return np.concatenate([np.empty((0, self._info.dimension), np.float32), *pieces])

    def token_spans(self, text: str) -> list[tuple[int, int]]:
        """The character span of each word piece of `text`, never truncated."""
        return self._base.token_spans(text)


def tuned_names() -> list[str]:
    """The names of the encoders that were tuned on this machine, sorted."""
    folder = _home()
    if not folder.is_dir():
        return []
    return sorted(found.parent.name for found in folder.glob(f"[!.]*/{_FIGURES}"))


def tuned_folder(encoder_id: str) -> Path:
    """The folder of the encoder `lite:NAME`, whether it is there or not."""
    return _home() / encoder_id.removeprefix(PREFIX)


def tuned_figures(name: str) -> dict[str, Any]:
    """What is known of `lite:NAME`: its base, its pictures, and retrieval before and after.

    Raises UnknownEncoder if there is none of that name, WeightsError if its folder is damaged.
    """
    path = _home() / name / _FIGURES
    if name not in tuned_names():
        known = ["lite", *(PREFIX + other for other in tuned_names())]
        raise UnknownEncoder(
            f"No encoder {PREFIX}{name} is on this machine ({_home()}); there is {', '.join(known)}. "
            f"Use one of these, or make it: nearspace tune CAPTIONED_FOLDER --name NAME."
        )
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        str(figures["base"]["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(name, error) from error
    return dict(figures)


def load_tuned(name: str, *, log: Log | None = None) -> TunedLite:
    """Load the encoder `lite:NAME`.

    Raises:
        UnknownEncoder: none of that name is on this machine.
        WeightsError: its files are damaged, or it was tuned from another `lite` than the one installed.
    """
    figures = tuned_figures(name)
    base = load_lite(log=log)
    made_from = str(figures["base"]["fingerprint"])
    if made_from != base.info.fingerprint:
        folder = figures.get("captions") or "CAPTIONED_FOLDER"
        raise WeightsError(
            f"The encoder {PREFIX}{name} was tuned from another lite (fingerprint {made_from[:12]}) than the one "
            f"installed here ({base.info.fingerprint[:12]}), and does not fit it. Tune it again, then re-encode the "
            f"spaces made with it: nearspace tune {folder} --name {name} --overwrite; "
            f"nearspace reencode --encoder {PREFIX}{name} --space NAME."
        )
    return _join(name, base, _read_weights(name))


def save_tuned(
    name: str,
    aligner: Aligner,
    figures: dict[str, Any],
    calibration: Calibration | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Keep an aligner as `lite:NAME`, with its calibration, all at once or not at all; returns its folder.

    Raises SettingsError if there is one of that name and `overwrite` is not set, or if the folder cannot be written.
    """
    from safetensors.numpy import save_file

    folder = check_free(name, overwrite=overwrite)
    try:
        with atomic_path(folder) as draft:
            draft.mkdir(parents=True)
            arrays = {key: np.ascontiguousarray(value, np.float32) for key, value in aligner.weights().items()}
            save_file(arrays, draft / _WEIGHTS)
            (draft / _FIGURES).write_text(json.dumps(figures, indent=1), encoding="utf-8")
            if calibration is not None:
                fingerprint = _fingerprint(str(figures["base"]["fingerprint"]), draft / _WEIGHTS)
                write_calibration(draft, replace(calibration, fingerprint=fingerprint))
    except OSError as error:
        raise SettingsError(
            f"The encoder cannot be kept in {folder}: {error.strerror or error}. "
            "Set NEARSPACE_DATA to a folder that can be written."
        ) from error
    return folder


def check_free(name: str, *, overwrite: bool) -> Path:
    """The folder for an encoder of this name; raises SettingsError if it is taken and may not be overwritten."""
    folder = _home() / encoder_name(name)
    if folder.exists() and not overwrite:
        raise SettingsError(
            f"There is an encoder {PREFIX}{name} already, and spaces made with it would be refused if it changed. "
            "Choose another --name, or give --overwrite and re-encode those spaces with `nearspace reencode`."
        )
    return folder


def _join(name: str, base: LiteEncoder, aligner: Aligner) -> TunedLite:
    parts = take_apart(model_folder("lite") / "image.onnx")
    if any(parts.aligner.weights()[key].shape[-1] != value.shape[-1] for key, value in _entering(aligner).items()):
        raise _damaged(name, ValueError("its weights have other shapes than lite's features"))
    info = replace(
        base.info,
        id=PREFIX + name,
        fingerprint=_fingerprint(base.info.fingerprint, _home() / name / _WEIGHTS),
        licence=f"{base.info.licence}; tuned further on pictures of your own",
    )
    return TunedLite(info, base, parts, aligner)


def _fingerprint(base: str, weights: Path) -> str:
    return hashlib.sha256("\n".join((_VERSION, base, sha256_of(weights))).encode()).hexdigest()


def _entering(aligner: Aligner) -> dict[str, Any]:
    return {"hidden_weight": aligner.hidden_weight, "linear": aligner.linear}


def _read_weights(name: str) -> Aligner:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return from_weights(load_file(_home() / name / _WEIGHTS))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise _damaged(name, error) from error


def _home() -> Path:
    return data_folder() / "encoders"


def _damaged(name: str, error: Exception) -> WeightsError:
    return WeightsError(
        f"The encoder {PREFIX}{name} in {_home() / name} is damaged ({error}). "
        f"Tune it again: nearspace tune CAPTIONED_FOLDER --name {name} --overwrite."
    )
