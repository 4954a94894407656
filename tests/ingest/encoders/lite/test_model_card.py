"""The model card and the figures belong to the weights beside them."""

import json

import pytest

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.lite.weights import model_folder
from ingest.encoders.runtime.digests import sha256_of

CARD = model_folder("lite") / "README.md"
FIGURES = json.loads((model_folder("lite") / "figures.json").read_text(encoding="utf-8"))


def test_the_card_names_the_fingerprint_of_these_weights(lite: LiteEncoder) -> None:
    assert lite.info.fingerprint in CARD.read_text(encoding="utf-8")


def test_the_figures_were_measured_on_these_weights() -> None:
    assert FIGURES["image_sha256"] == sha256_of(model_folder("lite") / "image.onnx")


@pytest.mark.parametrize("pool", ["flickr8k val", "photos"])
def test_the_card_gives_the_measured_figures(pool: str) -> None:
    card = CARD.read_text(encoding="utf-8")
    for direction in ("text_to_image", "image_to_text"):
        assert " / ".join(f"{figure:.1f}" for figure in FIGURES[pool][direction]) in card


def test_the_weights_stay_small() -> None:
    assert sum(file.stat().st_size for file in model_folder("lite").iterdir()) < 15_000_000
