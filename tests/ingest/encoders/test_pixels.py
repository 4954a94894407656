"""What the image tower is given."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.pixels import IMAGE_SIZE, pixel_batch, square_pixels
from ingest.encoders.reference import reference_pictures


@pytest.mark.parametrize("size", [(1, 1), (260, 260), (640, 480), (30, 900), (5000, 20)])
def test_a_picture_of_any_size_becomes_one_square(size: tuple[int, int]) -> None:
    pixels = square_pixels(Image.new("RGB", size, (10, 120, 250)))
    assert pixels.shape == (IMAGE_SIZE, IMAGE_SIZE, 3) and pixels.dtype == np.uint8
    assert (pixels == (10, 120, 250)).all()


def test_the_whole_picture_is_seen_to_its_corners() -> None:
    picture = Image.new("RGB", (800, 200), "black")
    picture.paste((255, 0, 0), (0, 0, 100, 200))
    picture.paste((0, 0, 255), (700, 0, 800, 200))
    pixels = square_pixels(picture)
    assert tuple(pixels[130, 5]) == (255, 0, 0) and tuple(pixels[130, -6]) == (0, 0, 255)


def test_a_batch_keeps_the_order_and_may_be_empty() -> None:
    batch = pixel_batch([Image.new("RGB", (9, 9), colour) for colour in ("red", "lime", "blue")])
    assert [tuple(row[0, 0]) for row in batch] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert pixel_batch([]).shape == (0, IMAGE_SIZE, IMAGE_SIZE, 3)


def test_reference_pictures_are_the_same_everywhere() -> None:
    pictures = reference_pictures()
    assert pictures.shape == (6, IMAGE_SIZE, IMAGE_SIZE, 3) and pictures.dtype == np.uint8
    assert (
        hashlib.sha256(pictures.tobytes()).hexdigest()
        == "e28a5e1d4ba8706fffbde693e86f16c7c168273dfa38715395a0d0c3cf965e21"
    )
