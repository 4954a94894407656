"""Which pictures and captions are read."""

from pathlib import Path

from PIL import Image

from ingest.encoders.training.datasets import CaptionedDataset, cutout_phrases, read_cutouts, split_in_halves


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


def test_the_halves_share_no_caption_and_lose_no_cut_out() -> None:
    captions = [f"A thing, number {number // 2}." for number in range(200)]
    whole = CaptionedDataset(tuple(Path(f"{number}.png") for number in range(200)), tuple((text,) for text in captions))
    first, second = split_in_halves(whole)
    assert sorted(first.files + second.files) == sorted(whole.files)
    assert not set(first.captions) & set(second.captions)
    assert 60 < len(first.files) < 140


def test_a_cut_out_has_as_many_phrases_as_a_photo_has_captions() -> None:
    assert cutout_phrases("A frog.") == (
        "A frog.",
        "a frog",
        "a photo of a frog",
        "a frog on a white background",
        "a picture of a frog",
    )
