import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingest.encoders.calibration import (
    FEATURES,
    UNRELATED,
    UNRELATED_TEXTS,
    Calibration,
    Cell,
    echo,
    features,
    read_calibration,
    write_calibration,
)
from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.encoders.registry import calibration_of
from tests.fake_encoder import FakeEncoder

INFO = FakeEncoder.info
TEXT = Cell((1.0, 0.0, 0.0, 0.0), -2.0, 0.1, 0.1, 0.6)
IMAGE = Cell((3.0, -1.0, 0.0, 0.5), -4.0, 0.0, 0.05, 0.3)
KNOWN = Calibration(
    INFO.fingerprint,
    80,
    "a test",
    {("text", "text"): TEXT, ("text", "image"): IMAGE, ("image", "text"): IMAGE, ("image", "image"): TEXT},
)


def test_the_calibration_of_lite_was_fitted_for_these_very_weights(lite: LiteEncoder) -> None:
    known = calibration_of(lite.info)
    assert known is not None, "fit it anew: python -m ingest.encoders.training.calibrate --data ../shared/data"
    assert set(known.cells) == {(asked, found) for asked in ("image", "text") for found in ("image", "text")}
    for cell in known.cells.values():
        assert cell.weights[1] < 0 < cell.weights[0], "to stand out helps, and to lie behind the best harms"
        assert cell.unrelated + UNRELATED * cell.spread < cell.matching


def test_a_calibration_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    write_calibration(tmp_path, KNOWN)
    assert read_calibration(tmp_path, INFO) == KNOWN


def test_a_calibration_of_other_weights_or_a_damaged_one_is_not_used(tmp_path: Path) -> None:
    write_calibration(tmp_path, KNOWN)
    assert read_calibration(tmp_path, replace(INFO, fingerprint="other")) is None
    file = tmp_path / "calibration.json"
    whole = json.loads(file.read_text())
    for broken in (
        whole | {"version": 2},
        whole | {"features": ["something else"]},
        whole | {"cells": {}},
        whole | {"cells": whole["cells"] | {"text-text": whole["cells"]["text-text"] | {"spread": 0}}},
        [],
    ):
        file.write_text(json.dumps(broken))
        assert read_calibration(tmp_path, INFO) is None
    file.write_text("{")
    assert read_calibration(tmp_path, INFO) is None
    assert read_calibration(tmp_path / "nowhere", INFO) is None


def test_an_encoder_of_ones_own_has_none() -> None:
    assert calibration_of(INFO) is None


def test_a_question_of_words_and_a_picture_lies_between_both_cells() -> None:
    assert KNOWN.cell(1.0, "image") == IMAGE
    assert KNOWN.cell(0.0, "image") == TEXT
    half = KNOWN.cell(0.5, "image")
    assert half.weights == pytest.approx((2.0, -0.5, 0.0, 0.25))
    assert half.matching == pytest.approx(0.45)


def test_nearness_is_0_at_the_edge_of_the_unrelated_and_1_at_those_that_belong_together() -> None:
    edge = 0.1 + UNRELATED * 0.1
    np.testing.assert_allclose(TEXT.nearness(np.array([edge, (edge + 0.6) / 2, 0.6])), [0.0, 0.5, 1.0])
    blind = replace(TEXT, matching=0.1)
    assert blind.nearness(np.array([0.2]))[0] < 0, "an encoder that tells nothing apart finds nothing close"


def test_only_a_text_may_answer_a_text_from_below_nearness_0() -> None:
    assert KNOWN.cell(1.0, "text").slack == pytest.approx((UNRELATED - UNRELATED_TEXTS) * 0.1 / (0.5 - UNRELATED * 0.1))
    assert 0 < KNOWN.cell(0.5, "text").slack < KNOWN.cell(1.0, "text").slack
    assert KNOWN.cell(0.0, "text").slack == KNOWN.cell(1.0, "image").slack == KNOWN.cell(0.0, "image").slack == 0.0


def test_features_tell_score_distance_to_the_best_place_and_echo() -> None:
    rows = features(np.array([4.0, 3.0, 1.0]), np.array([0.5, 0.2, 0.0]))
    assert rows.shape == (3, len(FEATURES))
    np.testing.assert_allclose(rows[1], [3.0, 1.0, np.log(2), 0.2])


def test_a_picture_echoes_the_two_best_texts_and_a_text_the_best_others() -> None:
    texts = np.eye(4)[:3]
    pictures = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]) / np.array([[2**0.5], [1.0]])
    np.testing.assert_allclose(echo(pictures, texts, texts=False), [1.0, 0.0], atol=1e-12)
    # The first is compared with the second and third, the third with the first and second.
    alike = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(echo(alike, alike, texts=True), [0.5**0.5, 0.5**0.5, 0.0], atol=1e-12)
    np.testing.assert_allclose(echo(pictures, texts[:1], texts=False), [0.5**0.5, 0.0])
