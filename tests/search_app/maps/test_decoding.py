from pathlib import Path

import numpy as np
import pytest

from search_app.maps.decoding import INTERPOLATED_ITEMS, decode
from search_app.maps.layout import AxisEnd, Layout, MapSpec, SemanticAxis
from search_app.maps.space_maps import SpaceMaps
from search_app.search.projection import LiveProjections
from search_app.search.snapshot import Snapshot
from search_app.search.topics.vocabulary import Vocabulary
from tests.search_app.search.clusters import NAMES, clustered
from tests.search_app.search.memory_ledger import ENCODER, MemoryLedger, snapshot_of

WORDS = Vocabulary(NAMES, ENCODER.encode_texts(NAMES))


def drawn(folder: Path, ledger: MemoryLedger, spec: MapSpec) -> tuple[SpaceMaps, Snapshot, Layout]:
    maps, snapshot = SpaceMaps(folder, "fake-1", LiveProjections(folder, "fake-1")), snapshot_of(ledger)
    layout = maps.layout(snapshot, spec, ENCODER)
    assert layout is not None
    return maps, snapshot, layout


@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("axes", [(), (2, 4, 1)])
def test_the_place_of_a_cluster_is_decoded_into_its_items_and_its_word(
    tmp_path: Path, gap: bool, axes: tuple[int, ...]
) -> None:
    ledger = clustered()
    maps, snapshot, layout = drawn(tmp_path, ledger, MapSpec(dimensions=3, gap=gap, axes=axes))
    rows = layout.rows_of([item for item, row in ledger.rows.items() if row[1] == "red" and row[0] == "image"])
    decoded = decode(layout, layout.positions[rows].mean(axis=0), snapshot, maps.projection(snapshot, gap), WORDS)
    assert decoded.method == "inverse" and decoded.interpolated_from == ()
    assert {ledger.rows[int(near.id)][1] for near in decoded.items[:5]} == {"red"}
    assert decoded.words[0][0] == "red"
    for vector in decoded.vectors.values():
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    cosines = [near.cosine for near in decoded.items]
    assert cosines == sorted(cosines, reverse=True)


def test_what_is_decoded_lies_where_it_was_decoded_from(tmp_path: Path) -> None:
    maps, snapshot, layout = drawn(tmp_path, clustered(), MapSpec(axes=(1, 3)))
    projection = maps.projection(snapshot, gap=False)
    for modality in ("image", "text"):
        vector = projection.vector_at(modality, np.array([0.3, -0.2]), (0, 2))
        again = layout.place(modality, vector[np.newaxis].astype(np.float32))[0]
        np.testing.assert_allclose(again, [0.3, -0.2], atol=1e-5)


def test_along_an_axis_with_a_meaning_a_place_is_interpolated_between_the_items_drawn_nearest(tmp_path: Path) -> None:
    ledger = clustered()
    spec = MapSpec(axes=(SemanticAxis(AxisEnd("text", "red"), AxisEnd("text", "blue")), 1))
    maps, snapshot, layout = drawn(tmp_path, ledger, spec)
    decoded = decode(layout, layout.positions[:20].mean(axis=0), snapshot, maps.projection(snapshot, False), WORDS)
    assert decoded.method == "interpolated" and len(decoded.interpolated_from) == INTERPOLATED_ITEMS
    assert {ledger.rows[int(each)][1] for each in decoded.interpolated_from} == {"red"}
    assert {ledger.rows[int(near.id)][1] for near in decoded.items[:5]} == {"red"}
    assert decoded.words[0][0] == "red"


def test_the_middle_of_the_map_and_a_space_of_one_modality_are_decoded_too(tmp_path: Path) -> None:
    maps, snapshot, layout = drawn(tmp_path, clustered(texts=0), MapSpec())
    decoded = decode(layout, (0.0, 0.0), snapshot, maps.projection(snapshot, False))
    assert len(decoded.items) == 12 and decoded.words == () and decoded.vectors.keys() == {"image"}


@pytest.mark.parametrize("position", [(0.0,), (0.0, 0.0, 0.0), (float("nan"), 0.0)])
def test_what_is_no_place_on_the_map_is_refused(tmp_path: Path, position: tuple[float, ...]) -> None:
    maps, snapshot, layout = drawn(tmp_path, clustered(), MapSpec())
    with pytest.raises(ValueError, match="no place"):
        decode(layout, position, snapshot, maps.projection(snapshot, False))
