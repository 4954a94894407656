"""Which encoder an id stands for."""

import importlib

from ingest.encoders.base import Encoder, Log
from ingest.encoders.runtime.devices import choose_device, device_name
from ingest.errors import UnknownEncoder

KNOWN_IDS = ("lite",)
"""The encoders that come with Nearspace."""


def load_encoder(encoder_id: str, *, log: Log | None = None, device: str | None = None) -> Encoder:
    """Load the encoder of that id: one of KNOWN_IDS, `lite:NAME` that `nearspace tune` made, or your own.

    `openclip:...` and `st:...` are models of OpenCLIP and of sentence-transformers, whose weights the person has or
    the hub gives (see ingest.encoders.external); they compute on `device`,
    else where $NEARSPACE_DEVICE says, else on the fastest device there is.
    Your own is `python:package.module:Name`, where `Name` is a class or function of an importable module that, called
    without arguments, gives an Encoder.
    `log` receives a line about slow work.  Raises UnknownEncoder, SettingsError for a device that is not there, or
    WeightsError from the encoder itself.
    """
    ignored = device and device_name(device) not in ("cpu", "auto") and not encoder_id.startswith(("openclip:", "st:"))
    if ignored and log:
        log(f"{encoder_id} takes no device; one can be chosen for openclip:... and st:... encoders only")
    if encoder_id == "lite":
        from ingest.encoders.lite.encoder import load_lite

        return load_lite(log=log)
    if encoder_id.startswith("lite:"):
        from ingest.encoders.lite.tuned import load_tuned

        return load_tuned(encoder_id.removeprefix("lite:"), log=log)
    if encoder_id.startswith("openclip:"):
        from ingest.encoders.external.openclip import load_openclip

        return load_openclip(encoder_id, device=choose_device(device), log=log)
    if encoder_id.startswith("st:"):
        from ingest.encoders.external.sentence_transformer import load_sentence_transformer

        return load_sentence_transformer(encoder_id, device=choose_device(device), log=log)
    if encoder_id.startswith("python:"):
        return _load_python(encoder_id)
    from ingest.encoders.lite.tuned import PREFIX, tuned_names

    known = [*KNOWN_IDS, *(PREFIX + name for name in tuned_names())]
    raise UnknownEncoder(
        f"No encoder has the id {encoder_id!r}. "
        f"Use {' or '.join(known)}, or python:package.module:Name for an encoder of your own; "
        "`nearspace encoders` lists openclip:... and st:... models."
    )


def _load_python(encoder_id: str) -> Encoder:
    parts = encoder_id.split(":")
    if len(parts) != 3 or not all(parts):
        raise UnknownEncoder(f"The encoder id {encoder_id!r} is not complete. Write it as python:package.module:Name.")
    _, module_name, name = parts
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UnknownEncoder(
            f"The encoder {encoder_id!r} cannot be loaded: no module named {error.name!r}. "
            "Install that module, or set PYTHONPATH to the folder it is in."
        ) from error
    factory = getattr(module, name, None)
    if not callable(factory):
        raise UnknownEncoder(
            f"The encoder {encoder_id!r} cannot be loaded: {module_name} has no class or function {name!r}. "
            "Check the name after the last colon."
        )
    encoder = factory()
    if not isinstance(encoder, Encoder):
        raise UnknownEncoder(
            f"The encoder {encoder_id!r} cannot be used: what {name} gives lacks info, encode_texts, encode_images "
            "or token_spans. Give it all four, as ingest.encoders.base.Encoder describes."
        )
    return encoder
