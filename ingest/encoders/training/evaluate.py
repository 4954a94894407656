"""Evaluates an encoder on pictures that `lite` was not trained on; works without torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.training.datasets import CaptionedDataset, read_labelled, split_in_halves
from ingest.encoders.training.imagenet_classes import class_names, synsets
from ingest.encoders.training.metrics import CaptionRecall, caption_recall, matching_recall, naming_accuracy

Array = NDArray[np.float32]
EncodeFiles = Callable[[Sequence[Path]], Array]
"""Picture files to unit rows."""
EncodeTexts = Callable[[Sequence[str]], Array]


@dataclass(frozen=True)
class CutoutRecall:
    """How many cut-outs were matched with how many captions, and the recall at 1, 5 and 10 in per cent."""

    pictures: int
    captions: int
    image_to_text: tuple[float, float, float]


def evaluate_captions(images: EncodeFiles, texts: EncodeTexts, pictures: CaptionedDataset) -> CaptionRecall:
    """How well the captions of `pictures` find them, and they their captions."""
    owners = np.repeat(np.arange(len(pictures.files)), [len(group) for group in pictures.captions])
    captions = texts([caption for group in pictures.captions for caption in group])
    return caption_recall(images(pictures.files), captions, owners)


def class_phrases() -> list[str]:
    """A phrase for each ImageNet class, to which pictures of it should be nearest."""
    return [f"a photo of a {name}" for name in class_names()]


def evaluate_class_naming(images: EncodeFiles, names: Array, folder: Path) -> float:
    """How many of the labelled pictures in `folder` are nearest to their class among `names`, in per cent."""
    files, wnids = read_labelled(folder)
    order = synsets()
    return naming_accuracy(images(files), names, np.array([order.index(wnid) for wnid in wnids]))


def cutout_recall(images: EncodeFiles, texts: EncodeTexts, cutouts: CaptionedDataset) -> CutoutRecall:
    """How well the half of `cutouts` that is not trained on finds its captions among all."""
    _, held_out = split_in_halves(cutouts)
    captions = sorted({caption for (caption,) in cutouts.captions})
    places = np.array([captions.index(caption) for (caption,) in held_out.captions])
    return CutoutRecall(len(places), len(captions), matching_recall(images(held_out.files), texts(captions), places))
