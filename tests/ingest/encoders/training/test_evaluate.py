"""Evaluation, with encoders whose answers are known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.encoders.training.datasets import CaptionedDataset, split_in_halves
from ingest.encoders.training.evaluate import cutout_recall, evaluate_captions

CAPTIONS = [f"A thing, number {number}." for number in range(40)]
CUTOUTS = CaptionedDataset(tuple(Path(f"{n}.png") for n in range(40)), tuple((caption,) for caption in CAPTIONS))


def of_texts(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.stack([np.eye(40, dtype=np.float32)[CAPTIONS.index(text)] for text in texts])


def of_files(files: Sequence[Path]) -> NDArray[np.float32]:
    return np.stack([np.eye(40, dtype=np.float32)[int(file.stem)] for file in files])


def test_only_cut_outs_that_are_not_trained_on_are_matched_and_with_all_captions() -> None:
    encoded: list[Path] = []

    def recorded(files: Sequence[Path]) -> NDArray[np.float32]:
        encoded.extend(files)
        return of_files(files)

    found = cutout_recall(recorded, of_texts, CUTOUTS)
    trained_on, held_out = split_in_halves(CUTOUTS)
    assert encoded == list(held_out.files) and not set(encoded) & set(trained_on.files)
    assert (found.pictures, found.captions, found.image_to_text) == (len(encoded), 40, (100.0, 100.0, 100.0))
    wrong = cutout_recall(lambda files: -of_files(files), of_texts, CUTOUTS)
    assert wrong.image_to_text == (0.0, 0.0, 0.0)


def test_each_of_several_captions_belongs_to_its_picture() -> None:
    pictures = CaptionedDataset((Path("0.png"), Path("2.png")), (tuple(CAPTIONS[:2]), tuple(CAPTIONS[2:5])))
    found = evaluate_captions(of_files, of_texts, pictures)
    # Captions 1, 3 and 4 are as near to either picture as to their own, which counts for their own.
    assert found.text_to_image == (100.0, 100.0, 100.0) and found.image_to_text == (100.0, 100.0, 100.0)
    swapped = evaluate_captions(lambda files: of_files(files)[::-1], of_texts, pictures)
    assert swapped.text_to_image[0] == 60.0 and swapped.image_to_text[0] == 0.0
