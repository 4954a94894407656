"""How the page lists results: pages, orders, folds, documents, rows, and the details of one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st

from tests.make_files import ingest_folders, picture, text
from tests.search_app.page_driver import (
    ONE_LIST,
    ask,
    card_buttons,
    card_titles,
    click,
    markup,
    page,
    url_params,
    visible_text,
)

WICKED = "<script>alert('x')</script> **stars** $y$ :heart:"
REDS = ("red.png", "red tall.png")
BOOK = "\n\n".join(
    [
        "A long beginning that is about other things. The rose was red. So it goes on and on.",
        "Red again, and red. Then something else comes that nobody asked for. The end of this part is near.",
        f"Here is markup. {WICKED}. And more of it.",
        *(f"Chapter {number} is about nothing of the kind, nor is what follows it in any way." for number in range(4)),
    ]
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose space holds a book of several passages, notes, and pictures of which two are nearly the same."""
    folder = tmp_path_factory.mktemp("sources")
    text(folder / "book.txt", BOOK)
    for number, colour in enumerate(("red", "green", "blue", "yellow", "purple", "orange", "white", "grey")):
        text(folder / "notes" / f"note {number}.txt", f"{colour} words about {colour}")
        picture(folder / "pictures" / f"{colour}.png", colour)
    picture(folder / "pictures" / "red tall.png", "red", (40, 90))
    home = tmp_path_factory.mktemp("home")
    assert ingest_folders(home, [folder]).exit_status == 0
    return home


@pytest.fixture(autouse=True)
def started(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NEARSPACE_HOME", str(made))
    monkeypatch.setenv("NEARSPACE_SPACE", "test")
    yield
    st.cache_resource.clear()


def best_sentences(shown: str) -> set[str]:
    return set(re.findall(r'<mark class="ns-highlight">(.*?)</mark>', shown))


def badges(shown: str) -> list[str]:
    return re.findall(r'<span class="ns-rank">([^<]+)</span>', shown)


def test_more_results_follow_below_those_that_are_shown_and_a_link_opens_any_page() -> None:
    app = page(q="red", k="5", **ONE_LIST)
    assert not app.exception
    first = card_titles(app)
    assert len(first) == 5
    app.button(key="more-weaker").click().run()
    assert url_params(app)["pages"] == ["2"]
    assert card_titles(app)[:5] == first and len(card_titles(app)) == 10
    assert badges(markup(app)) == [str(number) for number in range(1, 11)]
    second = page(q="red", k="5", page="2", **ONE_LIST)
    assert card_titles(second) == card_titles(app)[5:]
    assert badges(markup(second)) == ["6", "7", "8", "9", "10"]
    assert "from page 2 on" in visible_text(second)


def test_there_is_no_more_behind_the_last_result() -> None:
    app = page(q="red", fold="off", group="off", k="96", **ONE_LIST)
    assert not [button for button in app.button if (button.key or "").startswith("more-")]


def test_another_query_starts_at_its_first_page() -> None:
    app = page(q="red", k="5", page="2")
    ask(app, "blue")
    assert url_params(app) == {"text": ["blue"], "count": ["5"]}
    app = page(q="red", k="5", page="2")
    app.toggle(key="results-fold").set_value(False).run()
    assert url_params(app) == {"text": ["red"], "count": ["5"], "fold": ["off"]}


def test_a_page_after_the_last_says_so_and_links_to_the_first() -> None:
    app = page(q="red", page="99")
    assert not app.exception
    assert "There is no such page" in visible_text(app)
    app.button(key="first-page").click().run()
    assert url_params(app) == {"text": ["red"]}
    assert card_titles(app)


def test_near_duplicates_are_one_result_that_unfolds() -> None:
    app = page(q="red", modality="image", k="4", expanded="weaker")
    [(number, lead)] = [(place, name) for place, name in enumerate(card_titles(app), start=1) if name in REDS]
    other = next(name for name in REDS if name != lead)
    assert "+1" in [label for action, _, label in card_buttons(app, number) if action == "unfold"]
    click(app, "unfold", number)
    [unfolded] = url_params(app)["unfolded"]
    assert card_titles(app)[number] == other
    assert badges(markup(app))[number] == f"{number}-1"
    assert len(card_titles(app)) == 5, "what is unfolded takes no other result's place"
    assert card_titles(page(q="red", modality="image", k="4", unfold=unfolded, expanded="weaker")) == card_titles(app)
    click(app, "details", number + 1)
    assert f", result {number}-1" in visible_text(app), "its details have the number of its card"
    click(app, "fold", number)
    assert "unfolded" not in url_params(app)
    app.toggle(key="results-fold").set_value(False).run()
    assert set(REDS) <= set(card_titles(app))


def test_passages_of_a_document_are_one_result_with_the_best_sentence_highlighted() -> None:
    app = page(q="red", modality="text", expanded="weaker")
    assert sum(name == "book" for name in card_titles(app)) == 1
    assert best_sentences(markup(app)) & {"The rose was red.", "Red again, and red."}
    number = card_titles(app).index("book") + 1
    assert any(re.fullmatch(r"\+\d more passages", label) for _, _, label in card_buttons(app, number))
    app.toggle(key="results-group").set_value(False).run()
    assert url_params(app)["group"] == ["off"]
    app.button(key="all-weaker").click().run()
    assert sum(name == "book" for name in card_titles(app)) > 1


def test_results_are_sorted_by_the_chosen_order_which_is_in_the_link() -> None:
    app = page(q="red", k="12", fold="off", group="off", modality="image")
    assert app.selectbox(key="results-sort").value == "Closest first"
    app.selectbox(key="results-sort").set_value("By name").run()
    assert url_params(app)["sort"] == ["name"]
    assert card_titles(app) == sorted(card_titles(app), key=str.casefold)
    assert "sorted" in visible_text(app)
    app.selectbox(key="results-sort").set_value("Smallest file").run()
    assert (url_params(app)["sort"], url_params(app)["reverse"]) == (["size"], ["on"])
    reopened = page(q="red", sort="name", order="reverse")
    assert not reopened.exception
    assert reopened.selectbox(key="results-sort").value == "By name, reversed"


def test_diversity_goes_into_the_link_and_changes_what_comes_first() -> None:
    app = page(q="red", k="6", fold="off", group="off")
    before = card_titles(app)
    app.slider(key="results-diversity").set_value(0.8).run()
    assert url_params(app)["diversity"] == ["0.8"]
    assert card_titles(app)[0] == before[0]
    assert card_titles(app) != before


def test_rows_show_more_of_a_passage_and_further_passages_of_its_document() -> None:
    app = page(q="red", modality="text", view="list", expanded="weaker")
    assert not app.exception
    number = next(place for place, name in enumerate(names_in_rows(markup(app)), start=1) if name == "book")
    assert best_sentences(markup(app)) & {"The rose was red.", "Red again, and red."}
    click(app, "details", number)  # the first of its buttons: a passage
    assert len(url_params(app)["opened"]) == 1
    assert '<p class="ns-current-passage">' in markup(app)


def names_in_rows(shown: str) -> list[str]:
    return re.findall(r'<article class="ns-result ns-listed.*?<h4[^>]*>(.*?)</h4>', shown, flags=re.S)


def test_the_view_is_switched_and_kept_in_the_link() -> None:
    app = page(q="red", k="12")
    app.button_group(key="results-layout").set_value("list").run()
    assert url_params(app)["layout"] == ["list"]
    assert app.session_state["results-layout"] == "list"


def test_the_details_show_a_whole_document_with_every_hit_marked_and_escaped() -> None:
    app = page(q="red", modality="text", expanded="weaker")
    number = card_titles(app).index("book") + 1
    click(app, "details", number)
    assert not app.exception
    shown = markup(app)
    document = shown[shown.index('<div class="ns-document"') :].split("</div>")[0]
    assert document.count('<p class="ns-current-passage">') == 1
    assert document.count('<p class="ns-hit-passage">') >= 2
    assert "Chapter 3 is about nothing" in document
    assert "<script>" not in shown and "alert(&#x27;x&#x27;)" in document
    assert {"The rose was red.", "Red again, and red."} <= best_sentences(document)


def test_the_details_have_the_number_of_their_result_and_their_url_reopens_them() -> None:
    app = page(q="red", k="5")
    click(app, "details", 2)
    [second] = url_params(app)["opened"]
    assert ", result 2" in visible_text(app)
    again = page(q="red", k="5", open=second)
    assert not again.exception
    assert ", result 2" in visible_text(again)


def test_the_details_show_neighbours_by_either_distance_and_open_them() -> None:
    app = page(q="red", modality="image")
    click(app, "details")
    app.button_group(key="details-section").set_value("Neighbours").run()
    assert not app.exception
    assert "Nearest pictures" in visible_text(app) and "Nearest passages" in visible_text(app)
    app.toggle(key="neighbour-centred").set_value(False).run()
    assert "distance² = 2 − 2 · cosine" in visible_text(app)
    cosines = neighbours(app)
    app.button_group(key="neighbour-measure").set_value("euclidean").run()
    assert neighbours(app) == cosines, "unit vectors have one order by both"
    app.button(key=f"neighbour-open-{cosines[0]}").click().run()
    assert url_params(app)["opened"] == [cosines[0]]
    app.button_group(key="details-section").set_value("On the map").run()
    assert not app.exception
    assert "The star is this item" in visible_text(app)


def neighbours(app) -> list[str]:  # type: ignore[no-untyped-def]
    keys = [button.key or "" for button in app.button]
    return [key.removeprefix("neighbour-open-") for key in keys if key.startswith("neighbour-open-")]


def test_details_of_an_item_that_does_not_exist_say_so() -> None:
    for wrong in ("999999", "../etc/passwd"):
        app = page(q="red", open=wrong)
        assert not app.exception
        assert ("no longer in the space" in visible_text(app)) == (wrong == "999999")
    assert not page(open="1").exception, "without a question there are details too"


def test_exports_hold_the_shown_results() -> None:
    app = page(q="red", k="5", page="2")
    assert not app.exception
    assert {"export-csv", "export-json", "export-zip"} <= {button.key for button in app.get("download_button")}
