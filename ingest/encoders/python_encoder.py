"""An encoder of a person's own: `python:package.module:Name`."""

import importlib

from ingest.encoders.base import Encoder, Log
from ingest.errors import UnknownEncoder


def load_python_encoder(encoder_id: str, *, device: str = "cpu", log: Log | None = None) -> Encoder:
    """Import the module and call `Name` without arguments; raises UnknownEncoder if that returns no Encoder."""
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
            f"The encoder {encoder_id!r} cannot be used: what {name} returns lacks info, encode_texts, encode_images "
            "or token_spans. Give it all four, as ingest.encoders.base.Encoder describes."
        )
    return encoder
