"""The encoders `lite:NAME` on this machine: `lite` with an aligner that `nearspace tune` trained on captioned pictures.

Each is a folder `encoders/NAME` in the user's data folder (NEARSPACE_DATA):

    aligner.safetensors   the aligner's weights
    calibration.json      what its scores mean; see ingest.encoders.calibration
    figures.json          which `lite` it was tuned from, on what, and how well it finds pictures and captions
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ingest.atomic import atomic_path
from ingest.encoders.calibration import Calibration, write_calibration
from ingest.encoders.lite.aligner import Aligner, from_weights
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.runtime.digests import sha256_of
from ingest.errors import SettingsError, UnknownEncoder, WeightsError
from ingest.settings import data_folder, encoder_name

PREFIX = "lite:"
_VERSION = "tuned-1"
_WEIGHTS, _FIGURES = "aligner.safetensors", "figures.json"


def tuned_names() -> list[str]:
    """The names of the encoders that were tuned on this machine, sorted."""
    folder = _store()
    if not folder.is_dir():
        return []
    return sorted(found.parent.name for found in folder.glob(f"[!.]*/{_FIGURES}"))


def tuned_folder(encoder_id: str) -> Path:
    """The folder of the encoder `lite:NAME`, whether it exists or not."""
    return _store() / encoder_id.removeprefix(PREFIX)


def tuned_figures(name: str) -> dict[str, Any]:
    """What is known of `lite:NAME`: its base, its pictures, and retrieval before and after.

    Raises UnknownEncoder if there is none of that name, WeightsError if its folder is damaged.
    """
    path = _store() / name / _FIGURES
    if name not in tuned_names():
        known = ["lite", *(PREFIX + other for other in tuned_names())]
        raise UnknownEncoder(
            f"No encoder {PREFIX}{name} is on this machine ({_store()}); there is {', '.join(known)}. "
            f"Use one of these, or make it: nearspace tune CAPTIONED_FOLDER --name NAME."
        )
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        str(figures["base"]["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(name, error) from error
    return dict(figures)


def calibration_folder(encoder_id: str) -> Path:
    """The folder of the calibration of `lite` or `lite:NAME`."""
    return tuned_folder(encoder_id) if encoder_id.startswith(PREFIX) else model_folder("lite")


def read_aligner(name: str) -> Aligner:
    """The aligner of `lite:NAME`; raises WeightsError if its file is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return from_weights(load_file(_store() / name / _WEIGHTS))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise damaged(name, error) from error


def save_tuned(
    name: str,
    aligner: Aligner,
    figures: dict[str, Any],
    calibration: Calibration | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Save an aligner as `lite:NAME`, with its calibration, all at once or not at all; returns its folder.

    Raises SettingsError if there is one of that name and `overwrite` is not set, or if the folder cannot be written.
    """
    from safetensors.numpy import save_file

    folder = require_free_name(name, overwrite=overwrite)
    arrays = {key: np.ascontiguousarray(value, np.float32) for key, value in aligner.weights().items()}
    try:
        with atomic_path(folder) as temporary:
            temporary.mkdir(parents=True)
            save_file(arrays, temporary / _WEIGHTS)
            (temporary / _FIGURES).write_text(json.dumps(figures, indent=1), encoding="utf-8")
            if calibration is not None:
                fingerprint = _fingerprint(str(figures["base"]["fingerprint"]), temporary / _WEIGHTS)
                write_calibration(temporary, replace(calibration, fingerprint=fingerprint))
    except OSError as error:
        raise SettingsError(
            f"The encoder cannot be kept in {folder}: {error.strerror or error}. "
            "Set NEARSPACE_DATA to a folder that can be written."
        ) from error
    return folder


def require_free_name(name: str, *, overwrite: bool) -> Path:
    """The folder for an encoder of this name; raises SettingsError if it is taken and may not be overwritten."""
    folder = _store() / encoder_name(name)
    if folder.exists() and not overwrite:
        raise SettingsError(
            f"There is an encoder {PREFIX}{name} already, and spaces made with it would be refused if it changed. "
            "Choose another --name, or give --overwrite and re-encode those spaces with `nearspace reencode`."
        )
    return folder


def tuned_fingerprint(name: str, base: str) -> str:
    """The fingerprint of `lite:NAME`, made from a `lite` with the fingerprint `base`."""
    return _fingerprint(base, _store() / name / _WEIGHTS)


def damaged(name: str, error: Exception) -> WeightsError:
    """The error for `lite:NAME` whose files cannot be used."""
    return WeightsError(
        f"The encoder {PREFIX}{name} in {_store() / name} is damaged ({error}). "
        f"Tune it again: nearspace tune CAPTIONED_FOLDER --name {name} --overwrite."
    )


def _fingerprint(base: str, weights: Path) -> str:
    return hashlib.sha256("\n".join((_VERSION, base, sha256_of(weights))).encode()).hexdigest()


def _store() -> Path:
    return data_folder() / "encoders"
