import numpy as np
import pytest

from ingest.encoders.tuning.caption_vectors import Captions
from ingest.encoders.tuning.fit_calibration import Collection, fit_calibration, logistic

DIMENSION = 48


def collection(pictures: int = 120, captions: int = 3, noise: float = 0.9, seed: int = 0) -> Collection:
    """Pictures and captions around a meaning each, in two cones; pictures are the less sure of the two."""
    chance = np.random.default_rng(seed)
    gap = np.zeros(DIMENSION)
    gap[0] = 1.0

    def around(meaning: np.ndarray, spread: float, cone: np.ndarray) -> np.ndarray:
        rows = meaning + spread * chance.standard_normal(meaning.shape)
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True) + cone
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    meanings = chance.standard_normal((pictures, DIMENSION))
    texts = around(np.repeat(meanings, captions, axis=0), 0.5 * noise, gap)
    rows_by_picture = tuple(np.arange(captions) + captions * number for number in range(pictures))
    return Collection(around(meanings, noise, -gap), Captions(texts, rows_by_picture), pictures)


def test_a_logistic_regression_finds_the_odds_that_made_the_data() -> None:
    chance = np.random.default_rng(1)
    points = chance.standard_normal((20_000, 2))
    odds = 1.5 * points[:, 0] - 0.5 * points[:, 1] - 1.0
    weights, bias = logistic(points, chance.random(20_000) < 1 / (1 + np.exp(-odds)))
    np.testing.assert_allclose(weights, [1.5, -0.5], atol=0.1)
    assert bias == pytest.approx(-1.0, abs=0.1)


def test_the_chances_of_a_calibration_are_as_often_right_as_they_say() -> None:
    known = fit_calibration(collection(), "f", "a test")
    assert known is not None
    assert (known.fingerprint, known.pictures, known.source) == ("f", 120, "a test")
    for cell in known.cells.values():
        assert cell.weights[1] < 0, "what lies behind the best is less likely relevant"
        assert cell.matching > cell.unrelated + 2 * cell.spread
    assert known.cells["text", "text"].matching > known.cells["text", "image"].matching


def test_pictures_of_the_training_make_the_collection_larger_but_are_no_queries() -> None:
    both, alone = collection(240), collection(240)
    few = Collection(both.images, both.captions, 120)
    known, whole = fit_calibration(few, "f", ""), fit_calibration(alone, "f", "")
    assert known is not None and whole is not None
    assert known.pictures == 120
    # Of the second half, known by heart, nothing shows.
    by_heart = both.images.copy()
    texts = both.captions.vectors.reshape(240, 3, -1).mean(axis=1)
    by_heart[120:] = texts[120:] / np.linalg.norm(texts[120:], axis=1, keepdims=True)
    again = fit_calibration(Collection(by_heart, both.captions, 120), "f", "")
    assert again is not None
    assert again.cells["text", "image"].matching == pytest.approx(known.cells["text", "image"].matching)


def test_one_caption_a_picture_takes_text_to_text_from_the_encoder_it_grew_from() -> None:
    single = collection(captions=1)
    assert fit_calibration(single, "f", "") is None
    base = fit_calibration(collection(), "base", "")
    known = fit_calibration(single, "f", "", base)
    assert base is not None and known is not None
    assert known.cells["text", "text"] == base.cells["text", "text"]
    assert known.cells["text", "image"] != base.cells["text", "image"]


def test_too_few_pictures_give_none() -> None:
    assert fit_calibration(collection(8), "f", "") is None
