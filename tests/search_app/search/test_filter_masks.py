from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from ingest.errors import SettingsError
from ingest.readers.dominant_colours import colour_bits
from ingest.space.ledger.search_index import SHAPES, day_number
from search_app.search.filter_masks import Masks, item_masks
from search_app.search.full_text import phrase
from search_app.search.modality_items import ModalityItems
from search_app.search.query import Query
from search_app.search.query_schema import Filters, MapView
from search_app.search.snapshot import LiveVectors
from search_app.search.url_state import from_params, to_params
from search_app.search.value_types import day_of, size_of
from tests.search_app.search.memory_ledger import Facts, MemoryLedger, pictures, snapshot_of, texts

LINKED = (
    Filters(),
    Filters(modality=("image",), folder=("a/b", "a/b, c", "50%"), format=("jpg", "png")),
    Filters(after=date(2019, 5, 1), before=date(2020, 2, 29)),
    Filters(taken_after=date(2019, 5, 1), taken_before=date(2020, 2, 29)),
    Filters(min_pixels=1_000_000, max_pixels=9_000_000, min_bytes=5, max_bytes=10**11),
    Filters(orientation=("landscape", "square"), dominant_colour=("red", "white"), has_caption=True),
    Filters(topic=("birds · owls", "sky")),
    Filters(selection="0123456789abcdef" * 2),
    Filters(title="the & <title>", exact=('"ISO 9001"', "Zürich"), where=("camera=Canon EOS", "keywords", "a=b=c")),
)


@pytest.mark.parametrize("filters", LINKED)
def test_a_link_keeps_every_filter(filters: Filters) -> None:
    assert from_params(to_params(Query(filters=filters), MapView()))[0].filters == filters


@pytest.mark.parametrize(
    "params",
    [
        {"after": ["yesterday"], "before": ["2024-13"]},
        {"after": ["2024-02-31"], "before": ["٢٠٢٤"]},
        {"min-pixels": ["-5"], "max-bytes": ["²"], "min-bytes": ["9" * 13]},
        {"shape": ["round"], "of-colour": ["mauve"], "captioned": ["maybe"]},
        {"title": ["  "], "exact": [""], "where": ["=x", " = "]},
    ],
)
def test_what_cannot_be_read_in_a_link_filters_nothing(params: Mapping[str, Sequence[str]]) -> None:
    assert from_params(params)[0].filters == Filters()


def test_parts_of_a_link_are_bounded() -> None:
    query, _ = from_params({"exact": [f"{n} " + "x" * 10_000 for n in range(500)], "folder": map(str, range(500))})
    filters = query.filters
    assert len(filters.exact) <= 50 and max(map(len, filters.exact)) <= 200
    assert len(filters.folder) <= 50


FACTS = {
    "jpg": Facts(format="jpg", day=day_number(date(2020, 1, 2)), bytes=100, pixels=2_000_000, shape=1, captioned=True),
    "png": Facts(format="png", day=day_number(date(2021, 6, 1)), bytes=5_000, pixels=300_000, shape=2),
    "red": Facts(
        format="png", day=day_number(date(2022, 3, 4)), bytes=9, pixels=90, shape=3, colours=colour_bits("red")
    ),
}


def faceted() -> MemoryLedger:
    """Items 1 to 3 are pictures with FACTS, and item 4 a text."""
    ledger = MemoryLedger()
    ledger.facts = dict(enumerate(FACTS.values(), start=1))
    ledger.facts[4] = Facts(format="md", day=day_number(date(2020, 1, 2)), bytes=40)
    ledger.add("image", pictures("red", "blue", "green"), "one")
    ledger.add("text", texts("red"), "two")
    return ledger


def ids_of(filters: Filters, ledger: MemoryLedger) -> list[int]:
    snapshot = snapshot_of(ledger)
    masks = item_masks(filters, snapshot, ledger)
    return sorted(number for name, mask in masks.items() for number in snapshot.groups[name].ids[mask].tolist())


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), [1, 2, 3, 4]),
        (Filters(modality=("image",)), [1, 2, 3]),
        (Filters(folder=("two", "nowhere")), [4]),
        (Filters(format=("png", "md")), [2, 3, 4]),
        (Filters(format=("JPEG", ".md")), [1, 4]),
        (Filters(format=("tif",)), []),
        (Filters(after=date(2021, 6, 1)), [2, 3]),
        (Filters(before=date(2021, 6, 1)), [1, 2, 4]),
        (Filters(after=date(2020, 1, 3), before=date(2022, 3, 3)), [2]),
        (Filters(min_pixels=300_000), [1, 2]),
        (Filters(max_pixels=300_000), [2, 3]),
        (Filters(min_bytes=40), [1, 2, 4]),
        (Filters(max_bytes=40), [3, 4]),
        (Filters(orientation=("landscape", "square")), [1, 3]),
        (Filters(dominant_colour=("white", "red")), [3]),
        (Filters(has_caption=True), [1]),
        (Filters(has_caption=True, format=("png",)), []),
    ],
)
def test_each_filter_lets_through_what_it_says(filters: Filters, found: list[int]) -> None:
    assert ids_of(filters, faceted()) == found


def test_a_list_or_a_single_value_is_as_good_as_a_tuple() -> None:
    assert Filters(folder=["two"], format="md") == Filters(folder=("two",), format=("md",))  # type: ignore[arg-type]
    assert Masks(faceted()).of(Filters(folder=["two"]), snapshot_of(faceted()))["text"].all()  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"modalities": ("images",)}, {"shapes": ("round", "square")}, {"colours": "mauve"}])
def test_what_no_item_can_be_is_refused_with_what_it_can_be(wrong: dict) -> None:
    with pytest.raises(SettingsError, match="Choose of"):
        Filters(**wrong)


def test_phrases_titles_and_metadata_are_asked_of_the_ledger_and_all_must_hold() -> None:
    ledger = faceted()
    ledger.said = {phrase("iso 9001"): [2, 4], phrase("plan", "title"): [1, 2, 99]}
    ledger.having = {("camera", "Canon"): [1], ("camera", None): [1, 2]}
    assert ids_of(Filters(exact=("iso 9001",)), ledger) == [2, 4]
    assert ids_of(Filters(exact=("iso 9001",), title="plan"), ledger) == [2]
    assert ids_of(Filters(where=("camera = Canon",)), ledger) == [1]
    assert ids_of(Filters(where=("camera",), exact=("iso 9001",)), ledger) == [2]
    assert ids_of(Filters(exact=("...",)), ledger) == []


def test_topics_are_asked_of_the_topics_and_without_any_no_item_is_of_one() -> None:
    class Halves:
        def among(self, group: ModalityItems, names: Sequence[str]) -> NDArray[np.bool_]:
            return np.isin(group.ids, [2, 4] if "even" in names else [])

    ledger = faceted()
    snapshot = snapshot_of(ledger)

    def found(filters: Filters, topics: Halves | None) -> list[int]:
        masks = item_masks(filters, snapshot, ledger, topics)
        return sorted(number for name, mask in masks.items() for number in snapshot.groups[name].ids[mask].tolist())

    assert found(Filters(topic=("even",)), Halves()) == [2, 4]
    assert found(Filters(topic=("even",), format=("png",)), Halves()) == [2]
    assert found(Filters(topic=("gone",)), Halves()) == found(Filters(topic=("even",)), None) == []


def test_facts_that_change_later_are_seen_and_those_of_new_items_too() -> None:
    ledger = faceted()
    live = LiveVectors(ledger)
    before = live.now()
    ledger.tell("2", Facts(format="gif", captioned=True))
    after = live.now()
    assert np.flatnonzero(after.groups["image"].facets.captioned).tolist() == [0, 1]
    assert np.flatnonzero(before.groups["image"].facets.captioned).tolist() == [0], "an older snapshot stays as it was"
    ledger.facts[5] = Facts(shape=SHAPES.index("portrait"))
    ledger.add("image", pictures("yellow"))
    ledger.remove("1")
    now = live.now().groups["image"]
    assert now.ids.tolist() == [2, 3, 5]
    assert now.facets.shapes.tolist() == [0, 3, 2]
    assert [live.now().format_names[code] for code in now.facets.formats] == ["gif", "png", "jpg"]


def test_an_item_whose_facts_are_not_known_yet_is_found_without_filters_only() -> None:
    class Forgetful(MemoryLedger):
        def facets(self, after: int = 0):  # type: ignore[no-untyped-def]
            return super().facets(after=max(after, 2))

    ledger = Forgetful(facts=faceted().facts, rows=faceted().rows, _next=5, _revision=1)
    assert ids_of(Filters(), ledger) == [1, 2, 3, 4]
    assert ids_of(Filters(format=("jpg", "png", "md")), ledger) == [3, 4]


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-2-3", date(2024, 2, 3), date(2024, 2, 3)),
        ("24", None, None),
        ("2024-00", None, None),
        ("2024-01-00", None, None),
        ("0000", None, None),
    ],
)
def test_a_year_or_a_month_stands_for_its_first_or_its_last_day(
    written: str, first: date | None, last: date | None
) -> None:
    assert (day_of(written), day_of(written, last=True)) == (first, last)


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("2MP", (2_000_000, 0)),
        ("1.5 mp", (1_500_000, 0)),
        ("640x480", (307_200, 0)),
        ("640 × 480", (307_200, 0)),
        ("9" * 400 + "MP", None),
        ("٢MP", None),
        ("500kB", (0, 500_000)),
        ("3 MB", (0, 3_000_000)),
        ("12B", (0, 12)),
        ("large", None),
        ("5", None),
    ],
)
def test_a_size_is_one_of_pixels_or_of_bytes(written: str, size: tuple[int, int] | None) -> None:
    assert size_of(written) == size


def test_masks_are_remembered_until_the_space_changes() -> None:
    ledger = faceted()
    filters = Filters(where=("camera=x",))
    ledger.having = {("camera", "x"): [1, 2]}
    masks, snapshot = Masks(ledger), snapshot_of(ledger)
    first = masks.of(filters, snapshot)
    assert first["image"].tolist() == [True, True, False]
    assert masks.of(Filters(where=("camera=x",)), snapshot) is first
    assert not masks.of(Filters(where=("camera=y",)), snapshot)["image"].any()
    ledger.having = {("camera", "x"): [3]}
    ledger.add("image", pictures("red"), "one")
    assert masks.of(filters, snapshot_of(ledger))["image"].tolist() == [False, False, True, False]


def test_masks_of_many_filters_are_forgotten_in_turn() -> None:
    ledger = faceted()
    masks, snapshot = Masks(ledger), snapshot_of(ledger)
    first = masks.of(Filters(min_bytes=1), snapshot)
    for least in range(2, 200):
        masks.of(Filters(min_bytes=least), snapshot)
    assert len(masks._known) <= 32
    again = masks.of(Filters(min_bytes=1), snapshot)
    assert again is not first and again["image"].tolist() == first["image"].tolist()
