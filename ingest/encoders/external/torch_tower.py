"""Towers that run in torch itself: on a graphics card, and on a CPU where a model cannot be compiled."""

import inspect

import numpy as np
import torch
from numpy.typing import NDArray

from ingest.encoders.base import Log
from ingest.encoders.external.torch_model import TorchModel
from ingest.encoders.external.tower import Arrays, SequentialTower, Tower

HALF_TOLERANCE = 0.01
"""Largest difference to float32, in any number of a unit vector, at which half precision is used."""


def device_towers(
    model: TorchModel, texts: Arrays, images: Arrays, device: str, *, log: Log | None
) -> tuple[Tower, Tower]:
    """The text and the image tower on `device`, tried with `texts` and `images`.

    They run in half precision where that keeps the vectors, else in float32.
    """
    towers = []
    for name, export, examples in (("text", model.text, texts), ("image", model.image, images)):
        exact, half = (torch_tower(export.module, device, half=half) for half in (False, True))
        difference = float(np.abs(exact(examples) - half(examples)).max())
        keeps_vectors = difference <= HALF_TOLERANCE
        towers.append(half if keeps_vectors else exact)
        if log is not None:
            precision = "half precision" if keeps_vectors else "float32, since half precision would change its vectors"
            log(f"the {name} tower runs on {device} in {precision}: largest difference {difference:.1e}")
    return towers[0], towers[1]


def torch_tower(module: torch.nn.Module, device: str, *, half: bool) -> Tower:
    """A tower that runs `module` on `device`; with `half`, matrix products there are in float16."""
    module = module.to(device).eval().requires_grad_(False)
    kind = device.split(":")[0]

    def run(arrays: Arrays) -> NDArray[np.float32]:
        inputs = [torch.from_numpy(arrays[name]).to(device) for name in _argument_names(module)]
        with torch.inference_mode(), torch.autocast(kind, torch.float16, enabled=half):
            vectors = module(*inputs)
        return np.asarray(vectors.float().cpu().numpy(), dtype=np.float32)

    return SequentialTower(run)


def _argument_names(module: torch.nn.Module) -> list[str]:
    return list(inspect.signature(module.forward).parameters)
