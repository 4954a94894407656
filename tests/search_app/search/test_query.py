import numpy as np
import pytest
from PIL import Image

from search_app.search.query import DEFAULT_COUNT, LARGEST_COUNT, Query
from search_app.search.query_schema import Filters, MapView
from search_app.search.query_vectors import encode, within_window
from search_app.search.terms import LONGEST_TEXT
from search_app.search.url_state import from_params, to_params
from tests.fake_encoder import COLOURS
from tests.search_app.search.memory_ledger import ENCODER, MemoryLedger, pictures, snapshot_of, texts

PICTURE = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("query", "view"),
    [
        (Query(), MapView()),
        (Query(text="a red & blue = 50 % <b>car</b>, \"quoted\" 'ümlaut' 🚗"), MapView()),
        (Query(image=PICTURE, text="at night"), MapView(dimensions=3)),
        (
            Query(like=("42", "7"), unlike=("9",), filters=Filters(modality=("text",)), count=7),
            MapView(colouring="folder", gap=True),
        ),
        (
            Query(text="x"),
            MapView(
                colouring="meta:shot with",
                projection="umap",
                axis=("3", "text:day>text:night & fog"),
                pictures=True,
                names=False,
                hidden=("a, b", "c"),
                item="12",
                measure="euclidean",
                spot=(0.25, -1.5),
                area="0 0;1 0;1 1",
                window="0.25 -1e-3 3.5",
            ),
        ),
        (Query(text="x", filters=Filters(folder=("a/b", "a/b, c", "50%"))), MapView(dimensions=3, colouring="folder")),
    ],
)
def test_a_link_reopens_the_same_query_and_map(query: Query, view: MapView) -> None:
    assert from_params(to_params(query, view)) == (query, view)


def test_a_link_of_defaults_is_empty() -> None:
    assert to_params(Query(), MapView()) == {}


@pytest.mark.parametrize(
    "params",
    [
        {"image": ["../../etc/passwd"]},
        {"image": [PICTURE + "0"]},
        {"like": ["1 OR 1=1"]},
        {"like": ["-3"]},
        {"modality": ["video"]},
        {"modality": ["image", "text"]},
        {"k": ["many"]},
        {"k": ["²"]},
        {"map": ["4d"], "colour": ["pink"], "gap": ["wide"]},
        {"folder": [""], "q": ["   "]},
        {"item": ["1;2"], "spot": ["1 inf"], "area": ["0 0;" * 1_000], "colour": ["meta:"]},
        {"q": []},
    ],
)
def test_what_cannot_be_read_in_a_link_takes_its_default(params: dict[str, list[str]]) -> None:
    assert from_params(params) == (Query(), MapView())


def test_the_count_and_the_text_of_a_link_are_bounded() -> None:
    assert from_params({"k": ["0"]})[0].count == 1
    assert from_params({"k": ["5000"]})[0].count == LARGEST_COUNT
    assert from_params({})[0].count == DEFAULT_COUNT
    assert len(from_params({"q": ["word " * 10_000]})[0].text) <= LONGEST_TEXT


def test_a_text_is_encoded_by_the_text_tower_and_a_picture_by_the_image_tower() -> None:
    snapshot = snapshot_of(MemoryLedger())
    picture = Image.new("RGB", (32, 32), COLOURS["blue"])
    probe = encode(Query(text="red", image=PICTURE), ENCODER, snapshot, {PICTURE: picture})
    assert probe is not None
    assert [part.modality for part in probe.parts] == ["text", "image"]
    np.testing.assert_allclose(probe.parts[0].vector, texts("red")[0])
    np.testing.assert_allclose(probe.parts[1].vector, pictures("blue")[0])


def test_a_query_like_an_item_is_that_items_own_vector() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "blue"))
    probe = encode(Query(like=(ids[1],)), ENCODER, snapshot_of(ledger))
    assert probe is not None
    np.testing.assert_allclose(probe.raw, pictures("blue")[0], atol=1e-6)


def test_nothing_is_asked_when_the_item_or_the_picture_has_gone() -> None:
    snapshot = snapshot_of(MemoryLedger())
    assert encode(Query(like=("99",)), ENCODER, snapshot) is None
    assert encode(Query(image=PICTURE), ENCODER, snapshot) is None


def test_a_composed_query_lies_between_its_picture_and_its_text_which_counts_more() -> None:
    means = {"text": texts(*COLOURS).mean(axis=0), "image": pictures(*COLOURS).mean(axis=0)}
    picture = Image.new("RGB", (32, 32), COLOURS["blue"])
    probe = encode(Query(text="red", image=PICTURE), ENCODER, snapshot_of(MemoryLedger()), {PICTURE: picture})
    assert probe is not None
    centred = probe.centred(means)
    assert np.linalg.norm(centred) == pytest.approx(1.0, abs=1e-6)
    axes = list(COLOURS)
    words, seen = centred[axes.index("red")], centred[axes.index("blue")]
    assert words > seen > 0.4 > 0 > centred[axes.index("green")]


def test_a_text_longer_than_the_window_is_cut_between_words() -> None:
    words = [f"word{number}" for number in range(ENCODER.info.text_window + 10)]
    cut = within_window(" ".join(words), ENCODER)
    assert cut.split() == words[: ENCODER.info.text_window]
    assert within_window("two words", ENCODER) == "two words"
