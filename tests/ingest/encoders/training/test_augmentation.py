"""What the image tower is shown of a picture."""

from pathlib import Path

import numpy as np
from PIL import Image

from ingest.encoders.lite.pixels import square_pixels
from ingest.encoders.training.augmentation import load_batches, load_view, on_white


def test_what_was_transparent_is_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 20, 40))
    picture.save(tmp_path / "cut.png")
    pixels = load_view(tmp_path / "cut.png", "whole")
    assert pixels.shape == (260, 260, 3)
    assert tuple(pixels[130, 200]) == (255, 255, 255) and tuple(pixels[130, 50]) == (0, 0, 255)


def test_a_cut_out_is_measured_as_it_is_encoded_and_trained_on_as_it_is(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (30, 0, 70, 50))
    picture.paste((0, 0, 255, 255), (0, 20, 100, 30))
    picture.save(tmp_path / "cross.png")
    with Image.open(tmp_path / "cross.png") as opened:
        encoded = square_pixels(on_white(opened))
    assert np.array_equal(load_view(tmp_path / "cross.png", "encoded"), encoded)
    assert (encoded[:60] == 255).all()
    assert (load_view(tmp_path / "cross.png", "whole")[0, 130] == (0, 0, 255)).all()


def test_a_crop_is_the_same_at_every_run_and_another_than_the_next(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    first, again, other = (load_view(tmp_path / "noise.png", name) for name in ("crop-0", "crop-0", "crop-1"))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_batches_hold_every_picture_once_and_in_order() -> None:
    files = [Path(str(number)) for number in range(70)]
    shown = list(load_batches(lambda file: np.full((1, 1, 3), int(file.name), np.uint8), files))
    assert [len(batch) for batch in shown] == [16, 16, 16, 16, 6]
    assert np.concatenate(shown)[:, 0, 0, 0].tolist() == list(range(70))


def test_a_placed_cut_out_lies_whole_on_a_larger_sheet(tmp_path: Path) -> None:
    Image.new("RGBA", (60, 60), (255, 0, 0, 255)).save(tmp_path / "square.png")
    shares = []
    for number in range(8):
        pixels = load_view(tmp_path / "square.png", f"placed-{number}").astype(int)
        red = (pixels[..., 0] - pixels[..., 1:].max(axis=2)) > 60
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        assert red[rows[0] + 2 : rows[-1] - 1, columns[0] + 2 : columns[-1] - 1].all()
        shares.append(red.mean())
    assert min(shares) > 0.3 and max(shares) - min(shares) > 0.1
