"""What is kept of vectors by fewer numbers, and by fewer bits."""

import numpy as np
import pytest

from search_app.lab.latent_spaces.linear_autoencoder import lengths, measure_reconstruction
from search_app.lab.latent_spaces.quantisation import measure_quantisation


def _vectors(count: int = 400, dimension: int = 64, rank: int = 64) -> np.ndarray:
    chance = np.random.default_rng(0)
    rows = chance.standard_normal((count, rank)) @ chance.standard_normal((rank, dimension))
    rows = rows + 2 * chance.standard_normal(dimension)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_more_components_lose_less_and_all_of_them_lose_nothing() -> None:
    found = measure_reconstruction(_vectors())
    assert [one.components for one in found] == [1, 2, 4, 8, 16, 32, 64]
    errors, recalls = [one.error for one in found], [one.recall for one in found]
    assert errors == sorted(errors, reverse=True)
    assert recalls[0] < 0.3 < recalls[-1]
    assert errors[-1] == pytest.approx(0, abs=1e-5)
    assert recalls[-1] == pytest.approx(1, abs=0.01)


def test_vectors_of_few_dimensions_are_kept_by_as_many_components() -> None:
    found = {one.components: one for one in measure_reconstruction(_vectors(rank=4))}
    assert found[2].error > 0.05
    # Brought to unit length, what lies in four dimensions and off the middle lies in five.
    assert found[8].error == pytest.approx(0, abs=1e-4)
    assert found[8].recall > 0.95


def test_components_of_the_one_modality_serve_the_search_among_it() -> None:
    found = measure_reconstruction(_vectors(50), _vectors(400))
    assert found[-1].recall == pytest.approx(1, abs=0.01)


def test_the_lengths_of_codes_end_with_the_whole_vector() -> None:
    assert lengths(384)[-2:] == [256, 384]
    assert lengths(64) == [1, 2, 4, 8, 16, 32, 64]
    assert lengths(1) == [1]


def test_fewer_bits_weigh_less_and_find_less() -> None:
    vectors = _vectors(2_000)
    found = {one.kind: one for one in measure_quantisation(vectors)}
    assert found["float32"].bytes == vectors.nbytes
    assert found["float16"].bytes == vectors.nbytes / 2
    assert found["int8"].bytes == vectors.nbytes / 4
    assert found["binary"].bytes == vectors.nbytes / 32
    assert found["float32"].recall == 1
    assert found["float16"].recall > 0.98
    assert found["int8"].recall > 0.9
    assert 0.2 < found["binary"].recall < found["binary, then float32"].recall
    assert all(one.milliseconds > 0 for one in found.values())


@pytest.mark.parametrize("count", [1, 2, 5])
def test_hardly_any_vectors_are_no_trouble(count: int) -> None:
    assert len(measure_quantisation(_vectors(count))) == 5
    assert measure_reconstruction(_vectors(count))
