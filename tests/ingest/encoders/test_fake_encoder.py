"""The fake encoder is as predictable as other tests take it to be."""

import numpy as np
import pytest
from PIL import Image

from ingest.encoders.base import Encoder
from tests.fake_encoder import COLOURS, FakeEncoder, OtherFakeEncoder


def picture(colour: str) -> Image.Image:
    return Image.new("RGB", (20, 10), COLOURS[colour])


@pytest.mark.parametrize("encoder", [FakeEncoder(), OtherFakeEncoder()])
def test_it_keeps_the_encoder_protocol(encoder: Encoder) -> None:
    assert isinstance(encoder, Encoder)
    for rows in (encoder.encode_texts(["a b", ""]), encoder.encode_images([picture("red"), picture("grey")])):
        assert rows.dtype == np.float32 and rows.shape == (2, encoder.info.dimension)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, 32)


@pytest.mark.parametrize("colour", list(COLOURS))
def test_a_colour_word_is_nearest_to_its_picture_and_to_texts_that_say_it(colour: str) -> None:
    fake = FakeEncoder()
    (query,) = fake.encode_texts([colour])
    names = list(COLOURS)
    assert names[int((fake.encode_images([picture(name) for name in names]) @ query).argmax())] == colour
    texts = [f"a {name} boat on the lake" for name in names]
    assert names[int((fake.encode_texts(texts) @ query).argmax())] == colour


def test_the_modality_gap_is_visible() -> None:
    fake = FakeEncoder()
    texts, images = fake.encode_texts(["red", "blue"]), fake.encode_images([picture("red"), picture("blue")])
    assert texts[0] @ texts[1] > texts[0] @ images[1] + 0.2
    assert images[0] @ images[1] > texts[0] @ images[1] + 0.2


def test_pictures_of_one_colour_still_differ() -> None:
    a, b = FakeEncoder().encode_images(
        [Image.new("RGB", (8, 8), (220, 30, 30)), Image.new("RGB", (8, 8), (200, 40, 40))]
    )
    assert 0.99 < a @ b < 1.0 - 1e-6


def test_token_spans_are_words_and_punctuation() -> None:
    text = "Hi, you – there."
    assert [text[start:end] for start, end in FakeEncoder().token_spans(text)] == ["Hi", ",", "you", "–", "there", "."]
