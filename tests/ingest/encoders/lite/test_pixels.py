"""What the image tower is given."""

import hashlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.encoders.lite.pixels import IMAGE_SIZE, lies_on_white, pixel_batch, square_pixels, squeezed
from ingest.encoders.lite.reference_outputs import reference_pictures


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


def cut_out(size: tuple[int, int], paper: str = "white") -> Image.Image:
    """A blue ellipse that touches all four sides of the picture."""
    picture = Image.new("RGB", size, paper)
    ImageDraw.Draw(picture).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=(0, 0, 255))
    return picture


def extent_of_blue(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """First and last row, first and last column."""
    blue = pixels[..., 2].astype(int) - pixels[..., 0] > 128
    rows, columns = np.flatnonzero(blue.any(axis=1)), np.flatnonzero(blue.any(axis=0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("size", [(800, 400), (40, 20), (261, 131)])
def test_what_lies_on_white_keeps_its_aspect_and_has_a_margin(size: tuple[int, int]) -> None:
    top, bottom, left, right = extent_of_blue(square_pixels(cut_out(size)))
    assert abs((right - left + 1) - 2 * (bottom - top + 1)) <= 6
    assert 9 <= left <= 15 and 9 <= 259 - right <= 15  # a margin of 5 % is 11.8 pixels
    assert abs(top - (259 - bottom)) <= 2  # in the middle
    upright = extent_of_blue(square_pixels(cut_out((size[1], size[0]))))
    assert upright == (left, right, top, bottom)


def test_white_paper_need_not_be_perfectly_white() -> None:
    grain = np.random.default_rng(0).integers(246, 256, (300, 600, 3), dtype=np.uint8)
    page = Image.fromarray(grain)
    ImageDraw.Draw(page).rectangle((100, 50, 499, 249), fill=(0, 0, 255))
    top, bottom, left, right = extent_of_blue(square_pixels(page))
    assert abs((right - left) - 2 * (bottom - top)) <= 4


@pytest.mark.parametrize("paper", ["black", (235, 235, 235), (255, 255, 200)])
def test_what_lies_on_anything_else_fills_the_square(paper: str) -> None:
    assert extent_of_blue(square_pixels(cut_out((800, 400), paper))) == (0, 259, 0, 259)


@pytest.mark.parametrize("side", range(4))
def test_a_photo_that_is_white_along_three_sides_is_squeezed_as_ever(side: int) -> None:
    photo = Image.new("RGB", (800, 400), "white")  # an overcast sky, or snow
    boxes = ((0, 0, 800, 90), (0, 310, 800, 400), (0, 0, 90, 400), (710, 0, 800, 400))
    photo.paste((60, 90, 40), boxes[side])
    assert not lies_on_white(squeezed(photo))
    assert np.array_equal(square_pixels(photo), squeezed(photo))


def test_an_extreme_strip_on_white_is_laid_whole() -> None:
    strip = Image.new("RGB", (5000, 20), "white")
    strip.paste((0, 0, 255), (500, 5, 4500, 15))
    assert square_pixels(strip)[:, :, 0].min() < 250
    assert (square_pixels(Image.new("RGB", (1, 3000), "white")) == 255).all()


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
