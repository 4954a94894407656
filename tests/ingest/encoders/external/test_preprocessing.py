"""Pixels for plugged-in image towers, cut and scaled as models prescribe."""

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.external.preprocessing import Preprocessing, Resize

HALF = (0.5, 0.5, 0.5)


def prepared(resize: Resize, size: tuple[int, int] = (8, 8), fill: int = 0) -> Preprocessing:
    return Preprocessing(*size, resize, min(size), "bicubic", HALF, HALF, fill)


def striped(width: int, height: int) -> Image.Image:
    """Red at the left, green in the middle, blue at the right, in thirds."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for channel in range(3):
        pixels[:, channel * width // 3 : (channel + 1) * width // 3, channel] = 255
    return Image.fromarray(pixels)


def test_the_middle_of_a_wide_picture_is_cut_out() -> None:
    pixels = prepared("shortest").pixels(striped(24, 8))
    assert pixels.shape == (8, 8, 3)
    assert (pixels == [0, 255, 0]).all()


def test_the_whole_of_a_wide_picture_is_squashed() -> None:
    pixels = prepared("squash").pixels(striped(24, 8))
    assert pixels.shape == (8, 8, 3)
    assert pixels[4, 0].argmax() == 0 and pixels[4, 4].argmax() == 1 and pixels[4, 7].argmax() == 2


def test_the_whole_of_a_wide_picture_is_fitted_in_and_the_rest_filled() -> None:
    pixels = prepared("longest", fill=7).pixels(striped(24, 6))
    assert pixels.shape == (8, 8, 3)
    assert (pixels[:3] == 7).all() and (pixels[5:] == 7).all()
    assert pixels[3, 0].argmax() == 0 and pixels[4, 7].argmax() == 2


@pytest.mark.parametrize("resize", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("size", [(1, 1), (7, 9), (300, 3), (3, 300), (8, 8)])
@pytest.mark.parametrize("target", [(8, 8), (8, 12)])
def test_a_picture_of_any_size_gives_the_same_shape(
    resize: Resize, size: tuple[int, int], target: tuple[int, int]
) -> None:
    pixels = prepared(resize, target).batch([Image.new("L", size, 200), Image.new("RGB", size, "red")])
    assert pixels.shape == (2, *target, 3) and pixels.dtype == np.uint8


@pytest.mark.parametrize("resize", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(40, 30), (30, 41), (33, 32), (7, 9), (120, 31), (32, 32)])
@pytest.mark.filterwarnings("ignore")
def test_pixels_are_those_of_openclips_own_preparation(resize: Resize, interpolation, size: tuple[int, int]) -> None:
    pytest.importorskip("open_clip", reason="OpenCLIP is not installed (pip install 'nearspace[models]')")
    from open_clip.transform import image_transform

    noise = np.random.default_rng(3).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    ours = Preprocessing(32, 32, resize, 32, interpolation, HALF, HALF, 0).pixels(image)
    transform = image_transform(32, False, HALF, HALF, resize_mode=resize, interpolation=interpolation)
    theirs = np.round((transform(image).numpy().transpose(1, 2, 0) * 0.5 + 0.5) * 255).astype(np.uint8)
    np.testing.assert_array_equal(ours, theirs)
