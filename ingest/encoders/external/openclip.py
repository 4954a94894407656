"""OpenCLIP models: `openclip:MODEL/PRETRAINED`, `openclip:hf-hub:ID` and `openclip:local-dir:PATH`."""

from pathlib import Path
from pickle import UnpicklingError

from ingest.encoders.base import Encoder, Log
from ingest.encoders.catalogue import licence_of
from ingest.encoders.external.external_encoder import INT8_SUFFIX, VERSION, ModelSpec
from ingest.encoders.external.hf_config import tokenizer_files
from ingest.encoders.external.hub import one_line, require_packages
from ingest.encoders.external.load_external import load_external_encoder
from ingest.encoders.external.openclip_files import OpenClipFiles, files_in_folder, files_of_name, files_of_repository
from ingest.encoders.external.openclip_models import PREFIX
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.runtime.digests import cached_sha256_of, sha256_of_json
from ingest.errors import UnknownEncoder, WeightsError


def load_openclip(encoder_id: str, *, device: str = "cpu", log: Log | None = None) -> Encoder:
    """Load the OpenCLIP model of that id; `@int8` at its end rounds its weights to 8 bits.

    Files on this machine are used as they are; the others are fetched from the hub.

    Raises:
        UnknownEncoder: the id names no model, or OpenCLIP has no such model or weights.
        WeightsError: a file is neither on this machine nor to be fetched, or is damaged.
        EncoderError: OpenCLIP is not installed, and this model was not compiled before.
    """
    name, int8 = encoder_id.removeprefix(PREFIX).removesuffix(INT8_SUFFIX), encoder_id.endswith(INT8_SUFFIX)
    if name in ("", "local-dir:", "hf-hub:"):
        raise UnknownEncoder(
            f"{encoder_id!r} names no model. Write it as {PREFIX}MODEL/PRETRAINED, {PREFIX}hf-hub:ID or "
            f"{PREFIX}local-dir:FOLDER."
        )
    if name.startswith("local-dir:"):
        folder = Path(name.removeprefix("local-dir:")).expanduser().absolute()
        encoder_id = f"{PREFIX}local-dir:{folder}{INT8_SUFFIX if int8 else ''}"
        files = files_in_folder(encoder_id, folder, log)
    elif name.startswith("hf-hub:"):
        files = files_of_repository(encoder_id, name.removeprefix("hf-hub:"), log)
    else:
        files = files_of_name(encoder_id, name, log)
    spec = ModelSpec(
        id=encoder_id,
        fingerprint=fingerprint_of(files, int8),
        licence=licence_of(encoder_id) or files.licence or "see the model's card",
        int8=int8,
        load=lambda: _load(encoder_id, files),
    )
    return load_external_encoder(spec, device, log=log)


def fingerprint_of(files: OpenClipFiles, int8: bool) -> str:
    """A digest of everything that decides the vectors: architecture, preprocessing, weights, tokeniser, rounding."""
    """A digest of everything that decides the vectors: architecture, preprocessing, weights, tokeniser, rounding."""
    text = {key: value for key, value in files.config.get("text_cfg", {}).items() if key != "hf_model_name"}
    return sha256_of_json(
        VERSION,
        {**files.config, "text_cfg": text},
        files.preprocess,
        cached_sha256_of(files.weights),
        {file.name: cached_sha256_of(file) for file in tokenizer_files(files.tokenizer)} if files.tokenizer else "clip",
        cached_sha256_of(files.text_config / "config.json") if files.text_config else "",
        "int8" if int8 else "",
    )


def _load(encoder_id: str, files: OpenClipFiles) -> TorchModel:
    """Import OpenCLIP and load the model, its weights as safetensors or with pickle off."""
    require_packages(encoder_id)
    from safetensors import SafetensorError

    from ingest.encoders.external.openclip_torch import load_torch_model
    from ingest.encoders.runtime.onnx_export import silenced

    try:
        with silenced():
            return load_torch_model(encoder_id, files)
    except (SafetensorError, UnpicklingError, EOFError) as error:
        raise _damaged(encoder_id, files.weights, "it is damaged, or holds more than weights", error) from error
    except (RuntimeError, KeyError, TypeError, AssertionError) as error:
        # What torch and OpenCLIP raise for weights that do not fit the configuration.
        raise _damaged(encoder_id, files.weights, "it does not fit the model's configuration", error) from error


def _damaged(encoder_id: str, weights: Path, why: str, error: Exception) -> WeightsError:
    """The error for weights that cannot be loaded."""
    return WeightsError(
        f"{encoder_id} needs {weights.name}, and cannot load {weights}.\n"
        f"It could not be loaded: {why} ({one_line(error)}).\n"
        "Delete it and fetch it again, or name another model; `nearspace encoders` lists some."
    )
