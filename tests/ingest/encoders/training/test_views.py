"""Which pictures and captions are read, and what the tower is shown of them."""

from pathlib import Path

import numpy as np
from PIL import Image

from ingest.encoders.lite.pixels import square_pixels
from ingest.encoders.training.views import Captioned, batches, cutout_phrases, halves, on_white, read_cutouts, view


def test_cut_outs_are_the_described_ones_that_are_neither_signs_nor_drawings(tmp_path: Path) -> None:
    for name, text in {
        "animals/frog": "A frog.\nde.utf8=Ein Frosch.\n",
        "food/pear": None,
        "symbols/math/one": "One.\n",
        "town/cartoon/gate": "A gate.\n",
    }.items():
        file = tmp_path / f"{name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGBA", (4, 4)).save(file)
        if text:
            file.with_suffix(".txt").write_text(text, encoding="utf-8")
    found = read_cutouts(tmp_path)
    assert [file.stem for file in found.files] == ["frog"]
    assert found.captions == (("A frog.",),)
    assert read_cutouts(tmp_path / "absent").files == ()


def test_what_was_transparent_is_white(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (40, 40), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 20, 40))
    picture.save(tmp_path / "cut.png")
    pixels = view(tmp_path / "cut.png", "whole")
    assert pixels.shape == (260, 260, 3)
    assert tuple(pixels[130, 200]) == (255, 255, 255) and tuple(pixels[130, 50]) == (0, 0, 255)


def test_a_cut_out_is_measured_as_it_is_encoded_and_trained_on_as_it_is(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (100, 50), (0, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (30, 0, 70, 50))
    picture.paste((0, 0, 255, 255), (0, 20, 100, 30))
    picture.save(tmp_path / "cross.png")
    with Image.open(tmp_path / "cross.png") as opened:
        encoded = square_pixels(on_white(opened))
    assert np.array_equal(view(tmp_path / "cross.png", "encoded"), encoded)
    assert (encoded[:60] == 255).all()
    assert (view(tmp_path / "cross.png", "whole")[0, 130] == (0, 0, 255)).all()


def test_a_crop_is_the_same_at_every_run_and_another_than_the_next(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    first, again, other = (view(tmp_path / "noise.png", name) for name in ("crop-0", "crop-0", "crop-1"))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_batches_hold_every_picture_once_and_in_order() -> None:
    files = [Path(str(number)) for number in range(70)]
    shown = list(batches(lambda file: np.full((1, 1, 3), int(file.name), np.uint8), files))
    assert [len(batch) for batch in shown] == [16, 16, 16, 16, 6]
    assert np.concatenate(shown)[:, 0, 0, 0].tolist() == list(range(70))


def test_the_halves_share_no_caption_and_lose_no_cut_out() -> None:
    captions = [f"A thing, number {number // 2}." for number in range(200)]
    whole = Captioned(tuple(Path(f"{number}.png") for number in range(200)), tuple((text,) for text in captions))
    first, second = halves(whole)
    assert sorted(first.files + second.files) == sorted(whole.files)
    assert not set(first.captions) & set(second.captions)
    assert 60 < len(first.files) < 140


def test_a_placed_cut_out_lies_whole_on_a_larger_sheet(tmp_path: Path) -> None:
    Image.new("RGBA", (60, 60), (255, 0, 0, 255)).save(tmp_path / "square.png")
    shares = []
    for number in range(8):
        pixels = view(tmp_path / "square.png", f"placed-{number}").astype(int)
        red = (pixels[..., 0] - pixels[..., 1:].max(axis=2)) > 60
        rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
        assert red[rows[0] + 2 : rows[-1] - 1, columns[0] + 2 : columns[-1] - 1].all()
        shares.append(red.mean())
    assert min(shares) > 0.3 and max(shares) - min(shares) > 0.1


def test_a_cut_out_has_as_many_phrases_as_a_photo_has_captions() -> None:
    assert cutout_phrases("A frog.") == (
        "A frog.",
        "a frog",
        "a photo of a frog",
        "a frog on a white background",
        "a picture of a frog",
    )
