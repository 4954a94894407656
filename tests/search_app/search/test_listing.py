from dataclasses import replace

import pytest

from ingest.errors import SettingsError
from ingest.space import Item
from search_app.search.listing import ordered
from search_app.search.query import Query
from search_app.search.query_schema import LAST_PAGE, MOST_UNFOLDED, Display, Listing, MapView
from search_app.search.url_state import from_params, to_params
from tests.search_app.search.memory_ledger import Facts, MemoryLedger, pictures, snapshot_of


def listing_and_look(params: dict[str, list[str]]) -> tuple[Listing, Display]:
    query, _ = from_params(params)
    return query.listing, query.display


FULL = Listing(
    sort="date",
    reverse=True,
    page=3,
    diversity=0.35,
    fold=False,
    group=False,
    method="cosine",
    balance=-0.4,
    separate=True,
)
LOOK = Display(layout="list", unfolded=("4", "7"), opened="12")


def test_a_link_keeps_the_whole_listing_and_nothing_of_the_usual_one() -> None:
    assert listing_and_look(to_params(Query(listing=FULL, display=LOOK), MapView())) == (FULL, LOOK)
    assert listing_and_look({}) == (Listing(), Display())


@pytest.mark.parametrize(
    "params",
    [
        {"sort": ["rowid; DROP"], "page": ["-1"], "diversity": ["nan"], "view": ["3d"], "open": ["../x"], "fold": [""]},
        {"page": ["1e9"], "diversity": ["7"], "unfold": ["x", "<b>"], "open": [""], "order": ["up"], "group": ["on"]},
        {"page": ["0"], "diversity": ["-0.1"], "sort": [""], "open": ["1" * 30]},
    ],
)
def test_what_cannot_be_read_takes_its_default(params: dict[str, list[str]]) -> None:
    assert listing_and_look(params) == (Listing(), Display())


@pytest.mark.parametrize("wrong", [{"sort": "rowid"}, {"page": 0}, {"diversity": 1.5}, {"diversity": float("nan")}])
def test_a_listing_that_there_is_not_is_refused(wrong: dict) -> None:
    with pytest.raises(SettingsError, match=r"(Choose of|Give a number)"):
        Listing(**wrong)


def test_a_link_asks_for_a_bounded_page_and_bounded_folds() -> None:
    far, look = listing_and_look({"page": ["999999"], "unfold": [str(number) for number in range(100)]})
    assert far.page == LAST_PAGE
    assert len(look.unfolded) == MOST_UNFOLDED


def test_another_question_starts_at_its_first_page_with_nothing_opened() -> None:
    before = Query("red", listing=FULL, display=LOOK)
    assert before.at_start == Query("red", listing=replace(FULL, page=1), display=Display(layout="list"))


def test_each_order_and_its_reverse() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "green", "blue", "white"))
    facts = {"1": (30, 500), "2": (10, 900), "3": (20, 100), "4": (20, 100)}
    for item_id, (day, size) in facts.items():
        ledger.tell(item_id, Facts(day=day, bytes=size))
    named = {"1": ("b", "img 10.png"), "2": ("a 2", "Z.png"), "3": ("a 10", "img 2.png"), "4": ("a 2", "a.png")}
    items = {
        item_id: Item(item_id, "image", f"/r/{folder}/{name}", "/r", folder)
        for item_id, (folder, name) in named.items()
    }
    snapshot = snapshot_of(ledger)

    def order(sort: str, *, reverse: bool = False) -> str:
        listing = Listing(sort=sort, reverse=reverse)  # type: ignore[arg-type]
        return "".join(ordered(ids, listing, snapshot, items))

    assert order("closeness") == order("closeness", reverse=True) == "1234"
    assert (order("date"), order("date", reverse=True)) == ("1342", "2341")
    assert (order("size"), order("size", reverse=True)) == ("2134", "3412")
    assert (order("name"), order("name", reverse=True)) == ("4312", "2134")
    assert order("folder") == "4231"
    del items["4"]
    assert order("name")[-1] == "4", "what has left the space comes last"


def test_photos_of_one_day_are_sorted_by_the_time_they_were_taken() -> None:
    ledger = MemoryLedger()
    ids = ledger.add("image", pictures("red", "green"))
    taken = {"1": "2024-05-01T08:00:00", "2": "2024-05-01T19:30:00"}
    items = {item_id: Item(item_id, "image", f"/{item_id}", "/", "", meta={"taken": taken[item_id]}) for item_id in ids}
    assert ordered(ids, Listing(sort="date"), snapshot_of(ledger), items) == ["2", "1"]
