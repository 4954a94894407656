"""Recall counts what a person would count."""

import numpy as np
import pytest

from ingest.encoders.tuning.retrieval import measure_retrieval

EYE = np.eye(12, dtype=np.float32)


def test_pictures_that_lie_on_their_captions_are_all_found():
    found = measure_retrieval(EYE, EYE, np.eye(12, dtype=bool))
    assert found.text_to_image == found.image_to_text == (100, 100, 100)
    assert found.mean_recall == 100
    assert found.reciprocal_rank == 1


def test_a_caption_of_several_pictures_is_found_by_any_of_them():
    belongs = np.array([[True, False], [True, False], [False, True]])
    images = EYE[[0, 1, 2]]
    texts = EYE[[1, 2]]  # the first caption lies on the second of its two pictures
    found = measure_retrieval(images, texts, belongs)
    assert found.text_to_image[0] == 100
    # The first picture is as far from its own caption as from the other: that does not count as found.
    assert found.image_to_text[0] == pytest.approx(66.67, abs=0.01)


def test_vectors_that_are_all_the_same_find_nothing():
    same = np.tile(EYE[:1], (12, 1))
    found = measure_retrieval(same, same, np.eye(12, dtype=bool))
    assert found.mean_recall == 0


def test_two_retrievals_of_one_recall_are_compared_by_their_ranks():
    order = np.eye(12, dtype=bool)
    near = EYE.copy()
    near[0], near[1] = EYE[1] + 0.5 * EYE[0], EYE[0] + 0.5 * EYE[1]  # second best
    far = EYE.copy()
    far[0], far[1] = EYE[1] - 0.1 * EYE[0], EYE[0] - 0.1 * EYE[1]  # last
    near_found, far_found = measure_retrieval(near, EYE, order), measure_retrieval(far, EYE, order)
    assert near_found.comparison_key > far_found.comparison_key
