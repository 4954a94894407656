"""The gradients that training relies on are those of the loss, and the optimiser is drawn back to its start."""

import math

import numpy as np
import pytest

from ingest.encoders.lite.aligner import NAMES, Aligner, from_weights, gelu, unit
from ingest.encoders.tuning.objective import AdamW, Batch, contrastive_loss

FEATURES, HIDDEN, DIMENSION, PICTURES = 5, 7, 4, 6
STEP = 1e-5


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(7)


def random_aligner(chance: np.random.Generator) -> Aligner:
    shapes = ((HIDDEN, FEATURES), (HIDDEN,), (DIMENSION, HIDDEN), (DIMENSION,), (DIMENSION, DIMENSION))
    return from_weights({name: chance.standard_normal(shape) for name, shape in zip(NAMES, shapes, strict=True)})


def random_batch(chance: np.random.Generator) -> Batch:
    # Pictures 0 and 1 share a caption, and picture 2 has two: neither a row nor a column has one right answer only.
    belongs = np.zeros((PICTURES, PICTURES), np.bool_)
    belongs[[0, 1, 2, 2, 3, 4, 5], [0, 0, 1, 2, 3, 4, 5]] = True
    return Batch(
        pooled=chance.standard_normal((PICTURES, FEATURES)),
        prior=chance.standard_normal((PICTURES, DIMENSION)),
        texts=unit(chance.standard_normal((PICTURES, DIMENSION))),
        belongs=belongs,
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("with_dropout", [False, True])
def test_every_gradient_is_what_small_changes_of_the_weight_do_to_the_loss(chance, name, with_dropout):
    aligner, batch = random_aligner(chance), random_batch(chance)
    dropped = (chance.random((PICTURES, HIDDEN)) > 0.5) / 0.5 if with_dropout else None
    _, gradients, _ = contrastive_loss(aligner, 1.3, batch, dropped)
    weight = aligner.weights()[name]
    found = np.empty_like(weight)
    for place in np.ndindex(weight.shape):
        sides = []
        for step in (STEP, -STEP):
            moved = weight.copy()
            moved[place] += step
            sides.append(contrastive_loss(from_weights({**aligner.weights(), name: moved}), 1.3, batch, dropped)[0])
        found[place] = (sides[0] - sides[1]) / (2 * STEP)
    assert np.abs(found).max() > 1e-3, "a gradient of nothing shows nothing"
    np.testing.assert_allclose(gradients[name], found, atol=2e-6)


def test_the_gradient_by_the_temperature_is_what_small_changes_of_it_do(chance):
    aligner, batch = random_aligner(chance), random_batch(chance)
    _, _, by_scale = contrastive_loss(aligner, 0.7, batch)
    above, below = (contrastive_loss(aligner, 0.7 + step, batch)[0] for step in (STEP, -STEP))
    assert by_scale == pytest.approx((above - below) / (2 * STEP), abs=1e-6)


def test_gelu_is_that_of_the_normal_distribution():
    x = np.linspace(-6, 6, 241)
    exact = [0.5 * number * (1 + math.erf(number / math.sqrt(2))) for number in x]
    np.testing.assert_allclose(gelu(x)[0], exact, atol=1e-6)
    assert gelu(x.astype(np.float32))[0].dtype == np.float32


def test_without_a_gradient_weights_go_back_to_where_they_started():
    start = {"weight": np.zeros(3)}
    optimiser = AdamW(start, decay=0.5)
    weights = {"weight": np.array([1.0, -2.0, 0.0])}
    for _ in range(200):
        weights = optimiser.step(weights, {"weight": np.zeros(3)}, rate=0.1)
    np.testing.assert_allclose(weights["weight"], 0, atol=1e-3)


def test_steps_against_the_gradient_find_the_lowest_point():
    optimiser = AdamW({"weight": np.zeros(2)}, decay=0.0)
    weights, lowest = {"weight": np.zeros(2)}, np.array([0.3, -0.2])
    for _ in range(500):
        weights = optimiser.step(weights, {"weight": 2 * (weights["weight"] - lowest)}, rate=0.01)
    np.testing.assert_allclose(weights["weight"], lowest, atol=0.02)
