"""Loads the encoder of an id; a new family of encoders is one entry of FAMILIES and the module that it names."""

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, cast

from ingest.encoders.base import Encoder, EncoderInfo, Log
from ingest.encoders.calibration import Calibration, read_calibration
from ingest.encoders.catalogue import MODELS, ModelFacts
from ingest.encoders.external.hub import file_on_disk
from ingest.encoders.lite.tuned_store import PREFIX, tuned_names
from ingest.encoders.lite.weights import MINILM_PACKAGE
from ingest.encoders.runtime.devices import choose_device, device_name
from ingest.errors import UnknownEncoder


class Loader(Protocol):
    """What loads the encoders of a family."""

    def __call__(self, encoder_id: str, *, device: str, log: Log | None) -> Encoder:
        """Load the encoder of that id; `device` is `cpu` for a family that takes no device."""
        ...


@dataclass(frozen=True)
class Family:
    """Encoders that are loaded in one way; modules are imported when they are first needed."""

    loader: str
    """A Loader, written module:name."""
    takes_device: bool = False
    """Whether it computes on any device, rather than on the CPU alone."""
    calibration_folder: str = ""
    """A function from an id to the folder of its calibration, written module:name; '' where there are none."""


_LITE = Family(
    "ingest.encoders.lite.tuned_lite:load_lite_family",
    calibration_folder="ingest.encoders.lite.tuned_store:calibration_folder",
)
FAMILIES: dict[str, Family] = {
    "lite": _LITE,
    "lite:": _LITE,
    "openclip:": Family("ingest.encoders.external.openclip:load_openclip", takes_device=True),
    "st:": Family("ingest.encoders.external.sentence_transformer:load_sentence_transformer", takes_device=True),
    "python:": Family("ingest.encoders.python_encoder:load_python_encoder"),
}
"""By an id itself, or by the prefix, with its colon, of all ids of a family."""


def load_encoder(encoder_id: str, *, log: Log | None = None, device: str | None = None) -> Encoder:
    """Load the encoder of that id: `lite`, `lite:NAME` that `nearspace tune` made, or one of another family.

    `openclip:...` and `st:...` are models of OpenCLIP and of sentence-transformers, whose weights are on this machine
    or come from the hub (see ingest.encoders.external); they compute on `device`, else where $NEARSPACE_DEVICE says,
    else on the fastest device there is.  `python:package.module:Name` is an encoder of your own, where `Name` is a
    class or function of an importable module that, called without arguments, returns an Encoder.
    `log` receives a line about slow work.

    Raises:
        UnknownEncoder: no encoder has that id.
        SettingsError: there is no such device.
        WeightsError, EncoderError: the encoder's weights or packages are missing, or damaged.
    """
    family = _family_of(encoder_id)
    takes_device = family is not None and family.takes_device
    if device and device_name(device) not in ("cpu", "auto") and not takes_device and log:
        log(f"{encoder_id} takes no device; one can be chosen for {_names_of_families_with_devices()} encoders only")
    if family is None:
        known = [*_embedded_ids(), *(PREFIX + name for name in tuned_names())]
        raise UnknownEncoder(
            f"No encoder has the id {encoder_id!r}. "
            f"Use {' or '.join(known)}, or python:package.module:Name for an encoder of your own; "
            f"`nearspace encoders` lists {_names_of_families_with_devices()} models."
        )
    load = cast(Loader, _import(family.loader))
    return load(encoder_id, device=choose_device(device) if takes_device else "cpu", log=log)


def calibration_of(encoder: EncoderInfo) -> Calibration | None:
    """The calibration stored with an encoder; None where there is none that fits it."""
    family = _family_of(encoder.id)
    if family is None or not family.calibration_folder:
        return None
    folder_of = cast(Callable[[str], Path], _import(family.calibration_folder))
    return read_calibration(folder_of(encoder.id), encoder)


def list_encoders() -> list[ModelFacts]:
    """Every encoder that can be listed: `lite`, what was tuned from it, and the catalogue.

    Whether weights are on this machine is found by looking at folders alone.
    """
    lite = _facts_of_lite()
    tuned = [replace(lite, id=PREFIX + name, note="lite, tuned on this machine") for name in tuned_names()]
    return [lite, *tuned, *(replace(model, here=_is_on_disk(model)) for model in MODELS)]


def _family_of(encoder_id: str) -> Family | None:
    if encoder_id in _embedded_ids():
        return FAMILIES[encoder_id]
    prefix, colon, _ = encoder_id.partition(":")
    return FAMILIES.get(prefix + colon) if colon else None


def _embedded_ids() -> list[str]:
    return [key for key in FAMILIES if not key.endswith(":")]


def _names_of_families_with_devices() -> str:
    return " and ".join(f"{prefix}..." for prefix, family in FAMILIES.items() if family.takes_device)


def _import(path: str) -> object:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _facts_of_lite() -> ModelFacts:
    return ModelFacts(
        "lite",
        dimension=384,
        image_size=260,
        text_window=254,
        languages="English",
        parameters=30.5,
        licence="Apache-2.0, tuned on research data",
        note="comes with Nearspace; its figures and its data are on its card, data/models/lite",
        stored_megabytes=105,
        here=importlib.util.find_spec(MINILM_PACKAGE) is not None,
    )


def _is_on_disk(model: ModelFacts) -> bool:
    return all(file_on_disk(repo, files) for repo, files in model.weights)
