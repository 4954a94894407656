"""Topic models beside topics of the encoder's vectors."""

import numpy as np
import pytest

from ingest.errors import SpaceError
from search_app.lab.latent_spaces.topic_models import KINDS, agreement, topic_models
from tests.fake_encoder import FakeEncoder

SUBJECTS = {
    "cooking": "flour butter oven recipe sugar dough kitchen cake",
    "sailing": "harbour anchor wind sail deck captain wave mast",
    "music": "violin melody concert orchestra rhythm choir drum tune",
}


def _texts() -> tuple[list[str], list[int]]:
    chance = np.random.default_rng(0)
    texts, truth = [], []
    for number in range(90):
        subject = number % 3
        words = list(SUBJECTS.values())[subject].split()
        texts.append("about the thing that " + " ".join(chance.choice(words, 6)))
        truth.append(subject)
    return texts, truth


@pytest.fixture(scope="module")
def models():
    texts, _ = _texts()
    ids = [str(number) for number in range(len(texts))]
    return topic_models(ids, texts, ids, FakeEncoder().encode_texts(texts), 3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_model_tells_three_subjects_apart(models, kind) -> None:
    _, truth = _texts()
    topic_of = models[kind].topic_of
    pure = sum(np.bincount(topic_of[np.array(truth) == subject]).max() for subject in range(3))
    assert pure / len(truth) > 0.8
    assert sum(models[kind].sizes) == len(truth)


@pytest.mark.parametrize("kind", ["lda", "plsa", "neural"])
def test_a_topic_is_named_by_words_of_one_subject(models, kind) -> None:
    subjects = [set(words.split()) for words in SUBJECTS.values()]
    for words in models[kind].words:
        assert max(len(set(words[:4]) & subject) for subject in subjects) >= 3


def test_what_every_text_says_names_no_topic(models) -> None:
    assert not {"about", "the", "thing", "that"} & {
        word for model in models.values() for row in model.words for word in row
    }


def test_words_that_say_nothing_of_a_subject_name_no_topic() -> None:
    texts, _ = _texts()
    fillers = ["three like out", "half seven time", "called ten hundred"]
    texts = [f"{text} {fillers[number % 3]} {fillers[number % 3]}" for number, text in enumerate(texts)]
    ids = [str(number) for number in range(len(texts))]
    found = topic_models(ids, texts, ids, FakeEncoder().encode_texts(texts), 3)
    named = {word for model in found.values() for row in model.words for word in row}
    assert not named & set(" ".join(fillers).split())


def test_models_that_agree_are_told_from_those_that_do_not(models) -> None:
    assert agreement(models["lda"], models["lda"]) == pytest.approx(1.0)
    assert agreement(models["lda"], models["plsa"]) > 0.6


def test_weights_of_plsa_and_lda_are_shares(models) -> None:
    for kind in ("lda", "plsa", "neural"):
        weights = models[kind].space.vectors
        assert weights.min() >= 0
        assert np.allclose(weights.sum(axis=1), 1, atol=1e-4)


@pytest.mark.parametrize("texts", [["one"] * 3, [""] * 20, ["same words here"] * 20])
def test_too_little_text_is_refused_with_what_to_do(texts: list[str]) -> None:
    with pytest.raises(SpaceError, match="Ingest more documents"):
        topic_models(texts, texts, texts, FakeEncoder().encode_texts(texts), 3)


def test_stop_words_name_no_topic_however_a_subject_favours_them() -> None:
    chance = np.random.default_rng(1)
    idle = {"cooking": "day behind too", "sailing": "und nicht auch", "music": "dans avec tout"}
    texts = [
        " ".join([*chance.choice(words.split(), 5), *chance.choice(idle[subject].split(), 3)])
        for _ in range(30)
        for subject, words in SUBJECTS.items()
    ]
    ids = [str(number) for number in range(len(texts))]
    models = topic_models(ids, texts, ids, FakeEncoder().encode_texts(texts), 3)
    named = {word for model in models.values() for row in model.words for word in row}
    assert named and not named & {word for words in idle.values() for word in words.split()}
