"""What `lite` promises as an encoder."""

from pathlib import Path

import numpy as np
from PIL import Image

from ingest.encoders.base import Encoder
from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.lite.reference_outputs import read_text_reference
from ingest.encoders.lite.text_tower import LONG
from ingest.encoders.lite.weights import model_folder

SAMPLE = Path(__file__).parents[4] / "data" / "sample" / "pictures"
TEXTS = [
    "A dog runs along the beach.",
    "",
    "red",
    "The library opens at nine, and on Sundays at noon. " * 8,
    "日本語のテキスト 🐕",
    "Zwei Hunde spielen im Schnee – größer, schöner.",
]


def pictures() -> list[Image.Image]:
    """Pictures of several sizes and aspects."""
    ramp = np.linspace(0, 255, 300 * 200 * 3).reshape(200, 300, 3).astype(np.uint8)
    return [
        Image.fromarray(ramp),
        Image.new("RGB", (1, 1), "red"),
        Image.new("RGB", (2000, 40), "blue"),
        Image.fromarray(ramp.transpose(1, 0, 2).copy()),
        Image.new("RGB", (260, 260), "white"),
    ]


def test_it_keeps_the_encoder_protocol(lite: LiteEncoder) -> None:
    assert isinstance(lite, Encoder)
    assert (lite.info.id, lite.info.dimension, lite.info.image_size, lite.info.text_window) == ("lite", 384, 260, 254)
    assert len(lite.info.fingerprint) == 64


def test_texts_become_unit_rows_of_float32(lite: LiteEncoder) -> None:
    rows = lite.encode_texts(TEXTS)
    assert rows.shape == (len(TEXTS), 384) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_pictures_of_any_size_become_unit_rows_of_float32(lite: LiteEncoder) -> None:
    rows = lite.encode_images(pictures())
    assert rows.shape == (5, 384) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_nothing_gives_no_rows(lite: LiteEncoder) -> None:
    assert lite.encode_texts([]).shape == (0, 384)
    assert lite.encode_images([]).shape == (0, 384)
    assert lite.token_spans("") == []


def test_a_text_has_the_same_vector_alone_and_in_any_batch(lite: LiteEncoder) -> None:
    together = lite.encode_texts(TEXTS * 20)
    alone = np.concatenate([lite.encode_texts([text]) for text in TEXTS])
    np.testing.assert_allclose(together, np.tile(alone, (20, 1)), atol=2e-6)


def test_a_picture_has_the_same_vector_alone_and_in_any_batch(lite: LiteEncoder) -> None:
    together = lite.encode_images(pictures() * 4)
    alone = np.concatenate([lite.encode_images([picture]) for picture in pictures()])
    np.testing.assert_allclose(together, np.tile(alone, (4, 1)), atol=2e-5)


def test_texts_have_the_vectors_that_torch_gives(lite: LiteEncoder) -> None:
    texts, vectors = read_text_reference(model_folder("lite"))
    lengths = np.array([len(lite.token_spans(text)) for text in texts])
    assert len(texts) >= 20 and lengths.max() == lite.info.text_window
    rows, short = lite.encode_texts(texts), lengths <= LONG
    assert short.sum() >= 18
    np.testing.assert_allclose(rows[short], vectors[short], atol=1e-5)
    assert (rows * vectors).sum(axis=1).min() > 0.99  # passages are encoded in 8 bits


def test_a_text_longer_than_the_window_is_the_mean_of_its_windows(lite: LiteEncoder) -> None:
    first, second = "dog " * 254, "piano " * 60
    a, b = lite.encode_texts([first.strip(), second.strip()])
    expected = 254 * a + 60 * b
    np.testing.assert_allclose(lite.encode_texts([first + second])[0], expected / np.linalg.norm(expected), atol=1e-5)


def test_token_spans_cover_the_words_and_are_never_truncated(lite: LiteEncoder) -> None:
    text = "Größer, schöner: 🐕 supercalifragilistic " * 100
    spans = lite.token_spans(text)
    assert len(spans) > 1000
    assert all(start < end for start, end in spans)
    assert [span[0] for span in spans] == sorted(span[0] for span in spans)
    covered = {position for start, end in spans for position in range(start, end)}
    assert covered == {position for position, character in enumerate(text) if not character.isspace()}


def test_text_that_is_not_proper_unicode_is_read_all_the_same(lite: LiteEncoder) -> None:
    odd = "photo \udcff of \ud83d a dog"
    np.testing.assert_array_equal(lite.encode_texts([odd]), lite.encode_texts(["photo ? of ? a dog"]))
    assert [odd[start:end] for start, end in lite.token_spans(odd)] == odd.split()


def test_a_sentence_is_closer_to_its_paraphrase_than_to_another_subject(lite: LiteEncoder) -> None:
    query, same, other = lite.encode_texts(
        ["How do I cook rice?", "Instructions for preparing boiled rice", "The history of railway engines"]
    )
    assert query @ same > query @ other + 0.3


def test_pictures_and_their_descriptions_find_each_other(lite: LiteEncoder) -> None:
    described = {
        "music/classical_guitar": "a guitar",
        "castles/chambord": "a large castle",
        "cats_and_dogs/tabby_cat": "a cat looking at the camera",
        "tools/hammer": "a hammer",
        "food/strawberry": "a ripe strawberry",
        "vehicles/steam_locomotive": "an old train",
        "birds/rooster": "a rooster",
    }
    found = []
    for name in described:
        (file,) = (path for path in SAMPLE.glob(f"{name}.*") if path.suffix != ".txt")
        with Image.open(file) as picture:
            found.append(picture.convert("RGB"))
    cosines = lite.encode_texts(list(described.values())) @ lite.encode_images(found).T
    assert list(cosines.argmax(axis=1)) == list(range(len(described)))
    assert list(cosines.argmax(axis=0)) == list(range(len(described)))
