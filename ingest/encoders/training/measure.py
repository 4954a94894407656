"""Measures an encoder on pictures that `lite` was not trained on; works without torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.training.class_names import class_names, synsets
from ingest.encoders.training.evaluate import Retrieval, matching, naming, retrieval
from ingest.encoders.training.views import Captioned, halves, read_labelled

Array = NDArray[np.float32]
EncodeFiles = Callable[[Sequence[Path]], Array]
"""Picture files to unit rows."""
EncodeTexts = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class Matched:
    """How many pictures looked for their caption among how many, and the recall at 1, 5 and 10 in per cent."""

    pictures: int
    captions: int
    image_to_text: tuple[float, float, float]


def caption_retrieval(images: EncodeFiles, texts: EncodeTexts, pictures: Captioned) -> Retrieval:
    """How well the captions of `pictures` find them, and they their captions."""
    owners = np.repeat(np.arange(len(pictures.files)), [len(group) for group in pictures.captions])
    captions = texts([caption for group in pictures.captions for caption in group])
    return retrieval(images(pictures.files), captions, owners)


def class_phrases() -> list[str]:
    """The words that a picture of each ImageNet class should be nearest to."""
    return [f"a photo of a {name}" for name in class_names()]


def class_naming(images: EncodeFiles, names: Array, folder: Path) -> float:
    """How many of the labelled pictures in `folder` are nearest to their class among `names`, in per cent."""
    files, wnids = read_labelled(folder)
    order = synsets()
    return naming(images(files), names, np.array([order.index(wnid) for wnid in wnids]))


def cutout_matching(images: EncodeFiles, texts: EncodeTexts, cutouts: Captioned) -> Matched:
    """How well the half of `cutouts` that is not trained on finds its captions among those of all."""
    _, held_out = halves(cutouts)
    captions = sorted({caption for (caption,) in cutouts.captions})
    places = np.array([captions.index(caption) for (caption,) in held_out.captions])
    return Matched(len(places), len(captions), matching(images(held_out.files), texts(captions), places))
