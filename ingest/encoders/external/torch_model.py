"""A model as torch loaded it: what the loaders of OpenCLIP and sentence-transformers models return."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.external.preprocessing import Preprocessing
from ingest.encoders.external.tokenizer import TokenLayout

if TYPE_CHECKING:
    from PIL.Image import Image

    from ingest.encoders.runtime.onnx_export import Export


@dataclass(frozen=True)
class TorchModel:
    """A model as torch loaded it, on the CPU in float32."""

    text: "Export"
    image: "Export"
    layout: TokenLayout
    tokenizer: str
    """In the JSON of the `tokenizers` library."""
    preprocessing: Preprocessing
    expected_texts: Callable[[Sequence[str]], NDArray[np.float32]]
    """The package's own way from texts to unit rows, tokeniser included: what the towers are compared with."""
    expected_images: "Callable[[Sequence[Image]], NDArray[np.float32]]"
    """The same for pictures that already have the size of the image tower."""
