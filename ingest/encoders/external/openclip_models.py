"""Which models OpenCLIP knows by name, and where their weights are: its own table, cached since it imports torch."""

import importlib.metadata
import importlib.util
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ingest.encoders.external.hub import require_packages
from ingest.encoders.runtime.json_cache import cache_folder, read_json, write_json
from ingest.errors import UnknownEncoder

PREFIX = "openclip:"
_CACHED_FACTS = ("hf_hub", "url", "mean", "std", "interpolation", "resize_mode", "quick_gelu")


def require_openclip(encoder_id: str) -> str:
    """The installed version of OpenCLIP; raises EncoderError, naming the extra, if it or torch is not installed."""
    require_packages(encoder_id)
    return importlib.metadata.version("open_clip_torch")


def pretrained_models(encoder_id: str) -> dict[str, dict[str, dict[str, Any]]]:
    """By model and tag, where OpenCLIP's weights are and how their pictures are prepared."""
    version = require_openclip(encoder_id)
    file = cache_folder() / f"openclip-{version}.json"
    if table := read_json(file):
        return table
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained  # type: ignore[import-not-found]

    table = {}
    for model, tag in list_pretrained():
        facts = get_pretrained_cfg(model, tag)
        table.setdefault(model, {})[tag] = {name: facts[name] for name in _CACHED_FACTS if name in facts}
    write_json(file, table)
    return table


def model_config(model: str) -> dict[str, Any]:
    """The architecture that OpenCLIP keeps under this name, as its configuration file has it; {} if there is none."""
    spec = importlib.util.find_spec("open_clip")
    folders = [Path(folder, "model_configs") for folder in (spec.submodule_search_locations or ())] if spec else []
    return next((found for folder in folders if (found := read_json(folder / f"{model}.json"))), {})


def find_pretrained(encoder_id: str, name: str) -> tuple[str, str, dict[str, Any]]:
    """The model, the tag and the facts that `name`, written MODEL/PRETRAINED, stands for.

    Raises UnknownEncoder, naming what comes nearest, if OpenCLIP has no such weights.
    """
    table = pretrained_models(encoder_id)
    model, _, tag = name.rpartition("/") if "/" in name else (name, "", "")
    model, tag = model.replace("/", "-"), tag.lower().replace("-", "_")
    known = {model_name.lower(): model_name for model_name in table}
    if model.lower() in known and tag in table[known[model.lower()]]:
        model = known[model.lower()]
        return model, tag, table[model][tag]
    if model.lower() in known:
        model = known[model.lower()]
        names = [f"{PREFIX}{model}/{other}" for other in table[model]]
        near = get_close_matches(f"{PREFIX}{model}/{tag}", names, n=6, cutoff=0.0)
        what = f"OpenCLIP has no weights {tag!r} for {model}" if tag else f"{encoder_id} does not say which weights"
        raise UnknownEncoder(f"{what}. Use one of: {', '.join(near)}.")
    names = [f"{model_name}/{tag_name}" for model_name, tags in table.items() for tag_name in tags]
    by_lower_case = {name_of_weights.lower(): f"{PREFIX}{name_of_weights}" for name_of_weights in names}
    near = [by_lower_case[found] for found in get_close_matches(name.lower(), list(by_lower_case), n=5, cutoff=0.3)]
    nearest = f"The nearest names: {', '.join(near)}. Use one of these" if near else "Write it as MODEL/PRETRAINED"
    raise UnknownEncoder(f"OpenCLIP has no model {name!r}. {nearest}, or look through `nearspace encoders`.")
