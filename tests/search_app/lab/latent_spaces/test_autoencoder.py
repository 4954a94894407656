"""Autoencoders of a collection's own pictures."""

import numpy as np
import pytest
from PIL import Image

from ingest.errors import SpaceError
from search_app.lab.latent_spaces import autoencoder
from search_app.lab.latent_spaces.autoencoder import (
    Recipe,
    as_pictures,
    as_pixels,
    code_plane,
    interpolated_codes,
    random_pictures,
    train,
)


def _pictures(count: int = 24) -> list[Image.Image]:
    """Discs of several colours and sizes on several grounds."""
    made = []
    for number in range(count):
        grid = np.hypot(*(np.mgrid[0:48, 0:48] - 24)) < 6 + 2 * (number % 6)
        reference, disc = 40 + 60 * (number % 3), np.array([200, 40 * (number % 5), 60])
        made.append(Image.fromarray(np.where(grid[..., np.newaxis], disc, reference).astype(np.uint8)))
    return made


PIXELS = as_pixels(_pictures())


def test_training_rebuilds_better_than_the_mean_picture_does() -> None:
    steps = list(train(PIXELS, Recipe(code_size=8, epochs=60)))
    usual = float(((PIXELS - PIXELS.mean(axis=0)) ** 2).mean())
    assert [step.epoch for step in steps] == list(range(1, 61))
    assert steps[-1].error < 0.5 * usual
    assert steps[-1].error < steps[0].error
    assert steps[-1].divergence > 0
    measure_reconstruction = steps[-1].model.decode(steps[-1].model.encode(PIXELS))
    assert measure_reconstruction.shape == PIXELS.shape
    assert measure_reconstruction.min() >= 0 and measure_reconstruction.max() <= 1


def test_the_same_pictures_give_the_same_autoencoder() -> None:
    one, other = (list(train(PIXELS, Recipe(code_size=2, epochs=2)))[-1].model for _ in range(2))
    assert all(np.array_equal(one.weights[name], other.weights[name]) for name in one.weights)


@pytest.mark.parametrize("variational", [True, False])
def test_the_gradients_are_those_of_the_loss(variational: bool) -> None:
    chance = np.random.default_rng(0)
    weights = {
        name: value.astype(np.float64)
        for name, value in autoencoder._initial_weights(3, PIXELS.mean(axis=0), chance).items()
    }
    pictures = PIXELS[:5].astype(np.float64)
    noise = chance.standard_normal((5, 3)) if variational else None
    pull = 0.7 if variational else 0.0

    def loss() -> float:
        error, divergence, _ = autoencoder._loss(weights, pictures, noise, pull)
        return error * autoencoder.PIXELS / (2 * autoencoder._NOISE**2) + pull * divergence

    _, _, gradients = autoencoder._loss(weights, pictures, noise, pull)
    for name in ("in", "mean", "mean_bias", "spread", "out", "last_bias"):
        place = tuple(chance.integers(0, size) for size in weights[name].shape)
        kept = weights[name][place]
        weights[name][place] = kept + 1e-4
        above = loss()
        weights[name][place] = kept - 1e-4
        below = loss()
        weights[name][place] = kept
        # The decoder answers in 32 bits.
        assert gradients[name][place] == pytest.approx((above - below) / 2e-4, rel=0.05, abs=0.05), name


def test_codes_between_two_pictures_go_from_the_one_to_the_other() -> None:
    model = list(train(PIXELS, Recipe(code_size=2, epochs=2)))[-1].model
    codes = model.encode(PIXELS)
    path = interpolated_codes(codes[0], codes[7], 5)
    assert np.allclose(path[0], codes[0]) and np.allclose(path[-1], codes[7])
    assert np.allclose(np.diff(path, axis=0), (codes[7] - codes[0]) / 4, atol=1e-5)


@pytest.mark.parametrize("size", [2, 8])
def test_a_plane_of_codes_goes_through_the_middle_along_the_widest_spread(size: int) -> None:
    chance = np.random.default_rng(3)
    codes = (chance.standard_normal((50, size)) * np.linspace(3, 1, size) + 5).astype(np.float32)
    grid = code_plane(codes, steps=5).reshape(5, 5, size)
    assert np.allclose(grid[2, 2], codes.mean(axis=0), atol=1e-5)
    assert np.linalg.norm(grid[2, 4] - grid[2, 0]) > np.linalg.norm(grid[4, 2] - grid[0, 2])


@pytest.mark.parametrize("variational", [True, False])
def test_pictures_that_never_were_are_drawn_alike_from_the_same_seed(variational: bool) -> None:
    model = list(train(PIXELS, Recipe(code_size=2, epochs=1, variational=variational)))[-1].model
    codes = model.encode(PIXELS)
    one, other, third = (
        random_pictures(model, codes, 3, 0),
        random_pictures(model, codes, 3, 0),
        random_pictures(model, codes, 3, 1),
    )
    assert np.array_equal(one, other)
    assert not np.array_equal(one, third)


def test_pixels_and_pictures_turn_into_each_other() -> None:
    again = as_pixels(as_pictures(PIXELS))
    assert np.abs(again - PIXELS).max() <= 0.5 / 255 + 1e-6
    assert as_pixels([]).shape == (0, autoencoder.PIXELS)


def test_too_few_pictures_are_refused_with_what_to_do() -> None:
    with pytest.raises(SpaceError, match="Ingest more pictures"):
        next(train(PIXELS[:3], Recipe()))
