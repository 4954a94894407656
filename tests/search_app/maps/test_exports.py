import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ingest.space import Item
from search_app.maps.html_export import axis_label, export_html
from search_app.maps.layout import AxisEnd, Layout, MapSpec, SemanticAxis
from search_app.maps.projector_export import export_projector
from search_app.maps.space_maps import SpaceMaps
from search_app.search.pca_reduction import reduction_of
from search_app.search.projection import LiveProjections
from search_app.search.snapshot import Snapshot
from search_app.search.topics.model import TopicName, Topics
from tests.fake_encoder import COLOURS
from tests.search_app.search.clusters import clustered
from tests.search_app.search.memory_ledger import ENCODER, MemoryLedger, snapshot_of

HOSTILE = "</script><script>alert('red')</script>\tone\ntwo"


class Shelf:
    """The items of a ledger in memory, and pictures of one colour for their thumbnails."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self.ledger = ledger

    def items(self, ids: Sequence[str]) -> list[Item]:
        found = []
        for item_id in ids:
            modality, folder, _ = self.ledger.rows[int(item_id)]
            text = HOSTILE if item_id == "21" else self.ledger.written.get(int(item_id), "")
            found.append(Item(item_id, modality, f"/x/{folder}/{item_id}.png", "/x", folder, text))
        return found

    def thumbnail(self, item: Item) -> bytes | None:
        if item.modality == "text":
            return None
        if item.id == "2":
            return b"no picture at all"
        written = io.BytesIO()
        Image.new("RGB", (200, 100), COLOURS[item.folder]).save(written, "JPEG")
        return written.getvalue()


def drawn(folder: Path, spec: MapSpec | None = None) -> tuple[Layout, Snapshot, Shelf, Topics]:
    ledger = clustered()
    snapshot = snapshot_of(ledger)
    maps = SpaceMaps(folder, "fake-1", LiveProjections(folder, "fake-1"))
    layout = maps.layout(snapshot, spec or MapSpec(), ENCODER)
    assert layout is not None
    reduction = reduction_of(snapshot, maps.means(snapshot, gap=False))
    centres = reduction.basis[:, : len(reduction.basis)].T[:2].copy()  # axes 0 and 1 are red and green
    topics = Topics(reduction, centres, (TopicName("red · apple"), TopicName("<b>green</b>")), {}, 160, 160)
    return layout, snapshot, Shelf(ledger), topics


def data_of(content: bytes) -> dict:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', content.decode(), re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_page_holds_every_item_and_asks_for_nothing_from_elsewhere(tmp_path: Path) -> None:
    layout, snapshot, shelf, topics = drawn(tmp_path)
    page = export_html(layout, snapshot, "my <space>", shelf.items, shelf.thumbnail, topics)
    assert (page.points, page.total, page.pictures) == (160, 160, 99), "one thumbnail is damaged"
    data = data_of(page.content)
    assert len(data["names"]) == len(data["words"]) == 160 and data["title"] == "my <space>"
    assert data["topicNames"] == ["no topic", "red · apple", "<b>green</b>"]
    assert "160 of 160 items" in data["note"] and "trustworthiness" in data["note"]
    whole = page.content.decode()
    assert not re.findall(r"""(?:src|href)\s*=|https?://|@import|url\(""", re.sub(r"image\.src", "", whole))
    assert "default-src 'none'" in whole


def test_words_on_the_page_are_never_markup(tmp_path: Path) -> None:
    layout, snapshot, shelf, topics = drawn(tmp_path)
    page = export_html(layout, snapshot, HOSTILE, shelf.items, shelf.thumbnail, topics)
    assert "<script>alert" not in page.content.decode()
    assert any("<script>alert('red')</script>" in words for words in data_of(page.content)["words"])
    assert ".innerHTML" not in page.content.decode()


def test_a_page_of_a_large_space_holds_a_sample_and_says_so(tmp_path: Path) -> None:
    layout, snapshot, shelf, topics = drawn(tmp_path)
    page = export_html(layout, snapshot, "s", shelf.items, shelf.thumbnail, topics, most_points=80, most_pictures=7)
    assert (page.points, page.total) == (80, 160) and page.pictures <= 7
    data = data_of(page.content)
    assert "80 of 160 items" in data["note"] and len(data["names"]) == 80
    assert export_html(layout, snapshot, "s", shelf.items, shelf.thumbnail, topics, 80, 7).content == page.content


def test_axes_are_told_in_words(tmp_path: Path) -> None:
    spec = MapSpec(axes=(SemanticAxis(AxisEnd("text", "day"), AxisEnd("item", "1")), 2))
    layout = drawn(tmp_path, spec)[0]
    assert axis_label(layout.axes[0], 0) == "day → an item"
    assert axis_label(layout.axes[1], 1).startswith("component 2 · ")


@pytest.mark.parametrize("most", [160, 50])
def test_the_projectors_files_have_one_row_an_item_in_one_order(tmp_path: Path, most: int) -> None:
    layout, snapshot, shelf, topics = drawn(tmp_path)
    packed = export_projector(layout, snapshot, "my space", shelf.items, shelf.thumbnail, topics, most)
    assert (packed.points, packed.total) == (most, 160)
    with zipfile.ZipFile(io.BytesIO(packed.content)) as file:
        assert sorted(file.namelist()) == ["metadata.tsv", "projector_config.json", "sprite.png", "vectors.tsv"]
        vectors = np.loadtxt(io.StringIO(file.read("vectors.tsv").decode()), delimiter="\t")
        header, *rows = [line.split("\t") for line in file.read("metadata.tsv").decode().splitlines()]
        config = json.loads(file.read("projector_config.json"))["embeddings"][0]
        sprite = Image.open(io.BytesIO(file.read("sprite.png"))).convert("RGB")
    assert vectors.shape == (most, 32) and len(rows) == most and config["tensorShape"] == [most, 32]
    assert header == ["name", "modality", "folder", "topic", "text", "id"] and {len(row) for row in rows} == {6}
    side = config["sprite"]["singleImageDim"][0]
    across = sprite.width // side
    for place, row in enumerate(rows):
        found = snapshot.find(row[5])
        assert found is not None
        np.testing.assert_allclose(vectors[place], found[0].vectors[found[1]], atol=1e-5)
        position = (place % across * side + side // 2, place // across * side + side // 2)
        if row[1] == "image" and row[5] != "2":
            seen = np.array(sprite.getpixel(position), int)
            assert np.abs(seen - COLOURS[row[2]]).max() < 12, "its own picture stands at its place"
