"""What carries a match."""

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.readers.images import open_upright
from ingest.resources import sample_folder
from search_app.lab.occlusion import MAX_RUNS, PATCHES, occlude_picture, occlude_text, patches
from search_app.search.background_scores import PHRASES
from tests.fake_encoder import COLOURS, FakeEncoder

ENCODER = FakeEncoder()
NOTHING = np.zeros(ENCODER.info.dimension)


def on_white() -> Image.Image:
    """A blue thing on white, just large enough for the picture to be a blue one."""
    picture = Image.new("RGB", (100, 60), COLOURS["white"])
    picture.paste(COLOURS["blue"], (5, 6, 95, 53))
    return picture


def test_patches_of_two_sizes_reach_every_part_of_a_picture() -> None:
    found = patches(300, 200)
    assert len(found) == sum(places**2 for _, places in PATCHES)
    assert found[:, :2].min() == 0 and found[:, 2].max() == 300 and found[:, 3].max() == 200
    hidden = np.zeros((200, 300), bool)
    for left, top, right, bottom in found.tolist():
        hidden[top:bottom, left:right] = True
    assert hidden.all()


def test_one_batch_answers_for_anything_that_is_looked_for() -> None:
    found = occlude_picture(on_white(), ENCODER)
    blue, red = ENCODER.encode_texts(["blue", "red"])
    assert found.vectors.shape == (len(found.patches), ENCODER.info.dimension)
    assert found.heat(blue, NOTHING).shape == (60, 100)
    assert found.heat(blue, NOTHING).min() >= 0.0 and found.heat(blue, NOTHING).max() == pytest.approx(1.0)
    assert not np.array_equal(found.heat(red, NOTHING), found.heat(blue, NOTHING))


def test_a_match_that_no_part_carries_is_all_cold() -> None:
    found = occlude_picture(Image.new("RGB", (64, 64), COLOURS["red"]), ENCODER)
    assert not found.heat(ENCODER.encode_texts(["red"])[0], NOTHING).any()


def test_the_word_that_says_it_weighs_most_and_what_dilutes_it_is_against() -> None:
    text = "one red thing, two\nothers"
    found = occlude_text(text, ENCODER)
    assert [text[start:end] for start, end in found.spans] == ["one", "red", "thing,", "two", "others"]
    weights = found.weights(ENCODER.encode_texts(["red"])[0])
    assert int(np.argmax(weights)) == 1 and weights[1] == pytest.approx(1.0)
    assert (weights[[0, 2, 3, 4]] < 0.5).all() and weights.min() >= -1.0


def test_of_a_long_passage_runs_of_words_are_left_out_and_none_is_forgotten() -> None:
    text = " ".join(f"word{number}" for number in range(2 * MAX_RUNS + 5))
    found = occlude_text(text, ENCODER)
    assert len(found.spans) <= MAX_RUNS
    assert all(text[end:start] == " " for (_, end), (start, _) in pairwise(found.spans))
    assert found.spans[0][0] == 0 and found.spans[-1][1] == len(text)
    assert not occlude_text("", ENCODER).spans


def test_what_is_lit_lies_on_the_object_that_is_named(lite: LiteEncoder) -> None:
    """On two objects of the sample side by side, each named once, for 30 matches: most of the heat on the right one."""
    usual = lite.encode_texts(PHRASES).mean(axis=0)
    right = 0
    for left, other in _pairs():
        found = occlude_picture(_side_by_side(left, other), lite)
        names = lite.encode_texts([f"a {path.stem.replace('_', ' ')}" for path in (left, other)])
        for side, name in enumerate(names):
            heat = found.heat(name, usual)
            halves = heat[:, : heat.shape[1] // 2].sum(), heat[:, heat.shape[1] // 2 :].sum()
            right += bool(halves[side] > halves[1 - side])
    assert right >= 24, f"{right} of 30"


def _pairs() -> Iterator[tuple[Path, Path]]:
    """Fifteen pairs of sample pictures from different folders, always the same ones."""
    folders = [sorted(folder.iterdir()) for folder in sorted((sample_folder() / "pictures").iterdir())]
    chance = random.Random(5)
    for _ in range(15):
        one, other = chance.sample(folders, 2)
        yield tuple(chance.choice([path for path in files if path.suffix != ".txt"]) for files in (one, other))  # type: ignore[misc]


def _side_by_side(left: Path, right: Path, side: int = 160) -> Image.Image:
    both = Image.new("RGB", (2 * side, side), "white")
    for place, path in enumerate((left, right)):
        picture = open_upright(path, at_least=side)
        picture.thumbnail((side, side))
        both.paste(picture, (place * side + (side - picture.width) // 2, (side - picture.height) // 2))
    return both
