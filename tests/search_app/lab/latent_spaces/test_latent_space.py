"""Latent spaces of any kind: their neighbours and their maps."""

import numpy as np
import pytest

from search_app.lab.latent_spaces.latent_space import LatentSpace, neighbours_kept

FAR_APART = LatentSpace(
    ("near", "same way, far", "beside", "opposite"),
    np.array([[1, 0], [9, 0], [1, 1], [-1, 0]], np.float32),
)


def test_cosine_looks_at_directions_and_euclidean_distance_at_places() -> None:
    by_cosine = FAR_APART.neighbours(0, 2, "cosine")
    by_distance = FAR_APART.neighbours(0, 2, "euclidean")
    assert [FAR_APART.names[one.row] for one in by_cosine] == ["same way, far", "beside"]
    assert [FAR_APART.names[one.row] for one in by_distance] == ["beside", "opposite"]
    assert by_distance[0].distance == pytest.approx(1.0)
    assert by_cosine[0].distance == pytest.approx(0.0, abs=1e-6)


def test_no_point_is_its_own_neighbour_and_none_comes_twice() -> None:
    found = FAR_APART.nearest_rows(10, "euclidean")
    assert found.shape == (4, 3)
    assert all(sorted([row, *others]) == [0, 1, 2, 3] for row, others in enumerate(found.tolist()))


def test_a_map_keeps_the_widest_spread_first() -> None:
    chance = np.random.default_rng(0)
    vectors = chance.standard_normal((200, 5)) * [1, 20, 3, 9, 1]
    places = LatentSpace(("",) * 200, vectors.astype(np.float32)).point_map
    assert np.abs(np.corrcoef(places.positions[:, 0], vectors[:, 1])[0, 1]) > 0.99
    assert places.kept[0] > places.kept[1] > places.kept[2] > 0
    assert sum(places.kept) <= 1


@pytest.mark.parametrize("vectors", [np.empty((0, 4)), np.ones((3, 4)), np.ones((1, 1))])
def test_points_that_do_not_differ_have_a_map_too(vectors: np.ndarray) -> None:
    places = LatentSpace(("",) * len(vectors), vectors.astype(np.float32)).point_map
    assert places.positions.shape == (len(vectors), 3)
    assert places.kept == (0.0, 0.0, 0.0)


def test_two_spaces_agree_on_the_neighbours_that_both_have() -> None:
    chance = np.random.default_rng(1)
    vectors = chance.standard_normal((60, 8)).astype(np.float32)
    one = LatentSpace(("",) * 60, vectors)
    turned = LatentSpace(("",) * 60, (vectors @ np.linalg.qr(chance.standard_normal((8, 8)))[0]).astype(np.float32))
    other = LatentSpace(("",) * 60, chance.standard_normal((60, 8)).astype(np.float32))
    assert neighbours_kept(one, turned).mean() > 0.99
    assert neighbours_kept(one, other).mean() < 0.4
