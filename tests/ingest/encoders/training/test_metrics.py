"""Recall and naming accuracy, on cases that can be counted by hand."""

import numpy as np

from ingest.encoders.training.metrics import caption_recall, matching_recall, naming_accuracy


def test_recall_counts_the_captions_whose_own_picture_is_among_the_first() -> None:
    images = np.eye(12, dtype=np.float32)
    captions = np.eye(12, dtype=np.float32)
    # Caption 0 likes picture 1 better than its own, and caption 1 likes six others better than its own.
    captions[0, :2] = 0.6, 0.8
    captions[1, 1], captions[1, 2:8] = 0.1, 0.4
    found = caption_recall(images, captions, np.arange(12))
    assert found.text_to_image == (83.33, 91.67, 100.0)


def test_a_picture_is_found_when_the_best_of_its_captions_is() -> None:
    images = np.array([[1, 0], [0, 1]], np.float32)
    captions = np.array([[1, 0], [0, 1], [0.8, 0.6], [0.6, 0.8]], np.float32)
    owners = np.array([0, 0, 1, 1])
    found = caption_recall(images, captions, owners)
    # Picture 1's best caption (0.8) comes second to a caption of picture 0 (1.0).
    assert found.image_to_text == (50.0, 100.0, 100.0)
    assert found.text_to_image == (50.0, 100.0, 100.0)


def test_naming_is_the_share_of_pictures_nearest_to_their_own_name() -> None:
    names = np.eye(3, dtype=np.float32)
    images = np.array([[0.9, 0.1, 0], [0.9, 0.1, 0], [0, 0, 1], [0, 1, 0]], np.float32)
    assert naming_accuracy(images, names, np.array([0, 1, 2, 1])) == 75.0


def test_matching_ranks_the_right_caption_among_all_that_differ() -> None:
    captions = np.eye(12, dtype=np.float32)
    images = np.zeros((3, 12), np.float32)
    images[0, 3] = 1  # Its own caption is first.
    images[1, :4] = 0.9, 0.1, 0.2, 0.3  # Its own is fourth.
    images[2] = np.linspace(1, 0.5, 12)  # Its own is last.
    assert matching_recall(images, captions, np.array([3, 1, 11])) == (33.33, 66.67, 66.67)
