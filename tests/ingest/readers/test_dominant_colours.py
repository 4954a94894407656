import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.readers.dominant_colours import COLOUR_NAMES, colour_bits, dominant_colours
from tests.fake_encoder import COLOURS

MORE = {"turquoise": (40, 200, 200), "pink": (255, 170, 190)}


@pytest.mark.parametrize("name", [*COLOURS, *MORE])
def test_a_picture_of_one_colour_is_of_that_colour(name: str) -> None:
    assert dominant_colours(Image.new("RGB", (50, 40), {**COLOURS, **MORE}[name])) == (name,)


def test_every_name_is_given_to_something() -> None:
    assert {*COLOURS, *MORE} == set(COLOUR_NAMES)


def test_a_small_bright_thing_counts_beside_much_white_and_the_larger_part_comes_first() -> None:
    picture = Image.new("RGB", (100, 100), "white")
    ImageDraw.Draw(picture).rectangle((30, 30, 72, 72), fill=COLOURS["red"])
    assert dominant_colours(picture) == ("white", "red")


def test_no_picture_is_without_a_colour_and_none_has_more_than_three() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    assert 1 <= len(dominant_colours(Image.fromarray(noise))) <= 3
    assert len(dominant_colours(Image.new("L", (1, 1), 128))) == 1


def test_colours_as_bits() -> None:
    assert colour_bits("red, white") == 1 | 1 << COLOUR_NAMES.index("white")
    assert colour_bits("") == colour_bits("mauve") == 0
