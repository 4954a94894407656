"""Receipts: what was checked once and need not be checked again.

A receipt is keyed by content alone: what was checked (the SHA-256 of a model's bytes and of what it was compared with)
and by which ONNX Runtime.  Where a file is does not matter, so any number of installations share one cache folder.
"""

from ingest.encoders.runtime.digests import sha256_of_json
from ingest.encoders.runtime.json_cache import Records

_RECEIPTS = Records("receipts")


def has_match(model_sha256: str, reference: str) -> bool:
    """Whether this model was found to match `reference` in the ONNX Runtime that is installed here."""
    return _RECEIPTS.read(_match_key(model_sha256, reference)) is not None


def record_match(model_sha256: str, reference: str, difference: float) -> None:
    """Record that this model matches `reference`, but for `difference`, in the ONNX Runtime that is installed here."""
    facts = {"model": model_sha256, "reference": reference, "onnxruntime": _runtime(), "difference": difference}
    _RECEIPTS.write(_match_key(model_sha256, reference), facts)


def was_compiled(model_sha256: str) -> bool:
    """Whether a model with exactly this content was compiled here, with whichever ONNX Runtime it was compared."""
    return _RECEIPTS.read(_compiled_key(model_sha256)) is not None


def record_compiled(model_sha256: str) -> None:
    """Record that a model with this content was compiled here."""
    _RECEIPTS.write(_compiled_key(model_sha256), {"compiled": model_sha256})


def _match_key(model_sha256: str, reference: str) -> str:
    return sha256_of_json("match", model_sha256, reference, _runtime())


def _compiled_key(model_sha256: str) -> str:
    return sha256_of_json("compiled", model_sha256)


def _runtime() -> str:
    from onnxruntime import __version__

    return str(__version__)
