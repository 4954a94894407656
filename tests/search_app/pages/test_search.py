"""The search page's states, run without a browser."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from search_app.components.search import cards
from search_app.search.fusion import METHODS
from search_app.search.query_pictures import open_picture
from search_app.search.terms import LONGEST_TEXT
from tests.fake_encoder import COLOURS
from tests.search_app.page_driver import acts, kinds, markup, names, page, params, press, scene, words

PAGE_KEYS = (
    "query-box",
    "filter-modality",
    "filter-folders",
    "results-layout",
    "results-sort",
    "results-fold",
    "results-group",
    "results-diversity",
    "results-count",
    "merge-balance",
    "merge-separate",
    "merge-method",
    "map-dimensions",
    "map-colour",
    "map-gap",
)


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (50, 40), COLOURS[colour]).save(out, "PNG")
    return out.getvalue()


def test_without_a_query_the_page_explains_itself_and_offers_ways_to_start(colours: Path) -> None:
    app = page()
    assert not app.exception
    assert "Search by meaning" in words(app)
    assert re.search(r"11 images\s+·\s+\d+ passages", words(app))
    assert app.button(key="example-1").label
    assert len(kinds(app)) == 6
    assert [label for _, _, label in acts(app, 6)] == ["Start here"]
    assert params(press(app, "from", 6))["like"]


def test_every_card_says_in_a_word_how_close_it_is_and_the_numbers_on_demand(colours: Path) -> None:
    app = page(q="red")
    assert not app.exception
    assert re.search(r"<b class=\"ns-(very|near)\">(very close|close)</b>", markup(app))
    assert re.search(r"<details><summary>numbers</summary>cosine 0\.\d{3} · distance \d\.\d{3}", markup(app))
    assert "Nothing here really matches" not in words(app)


def test_results_without_sentences_to_be_marked_are_drawn_once(colours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = cards._Piece.draw
    monkeypatch.setattr(cards._Piece, "draw", lambda piece, spans: (drawn.append(len(spans)), draw(piece, spans)))
    page(q="red", modality="image", k="4")
    assert drawn == [0], "images have none"
    page(q="red", modality="text", k="4")
    assert drawn == [0, 0], "these texts are of one sentence each"


def test_when_nothing_matches_the_page_says_so_and_shows_the_nearest(colours: Path) -> None:
    app = page(q="xylophone quartz mumbling")
    assert "Nothing here really matches" in words(app)
    assert names(app)
    assert "no real match" in words(app)


def test_the_balance_and_separate_lists_go_into_the_url_and_hold(colours: Path) -> None:
    app = page(q="red", k="6", fold="off")
    app.slider(key="merge-balance").set_value(1.0).run()
    assert params(app) == {"text": ["red"], "count": ["6"], "balance": ["1"], "fold": ["off"]}
    images = kinds(app).count("IMAGE")
    assert kinds(app)[:3] == ["IMAGE"] * 3
    app.slider(key="merge-balance").set_value(-1.0).run()
    assert kinds(app)[:3] == ["TEXT"] * 3
    assert kinds(app).count("IMAGE") < images
    app.toggle(key="merge-separate").set_value(True).run()
    assert params(app) == {"text": ["red"], "count": ["6"], "balance": ["-1"], "separate": ["on"], "fold": ["off"]}
    assert kinds(app) == ["IMAGE"] * 3 + ["TEXT"] * 3
    assert kinds(page(q="red", k="6", lists="separate", fold="off")) == kinds(app)


def test_experts_change_the_method_and_learn_what_each_does(colours: Path) -> None:
    app = page(q="red", k="6")
    assert not app.exception
    assert "no calibration" in words(app)
    app.radio(key="merge-method").set_value("cosine").run()
    assert params(app) == {"text": ["red"], "count": ["6"], "method": ["cosine"]}
    assert "IMAGE" not in kinds(app)[:3], "to words, passages are closer than pictures"
    assert all(method.sentence in app.radio(key="merge-method").proto.captions for method in METHODS.values())


def test_with_one_kind_of_items_there_is_nothing_to_merge(colours: Path) -> None:
    app = page(q="red", modality="image")
    assert not app.exception
    assert "merge-balance" not in app.session_state


def test_an_example_is_searched_for_when_it_is_clicked(colours: Path) -> None:
    app = page()
    app.button(key="example-1").click().run()
    assert params(app) == {"text": ["a bird"]}
    assert names(app)


def test_words_find_pictures_and_passages_of_their_colour(colours: Path) -> None:
    app = page(fold="off")
    app.chat_input(key="query-box").set_value("red").run()
    assert not app.exception
    assert params(app) == {"text": ["red"], "fold": ["off"]}
    assert {"red.png", "red tall.png", "red"} <= set(names(app)[:6])
    assert not {"blue.png", "green.png", "blue", "green"} & set(names(app)[:4])
    assert set(kinds(app)[:4]) == {"IMAGE", "TEXT"}
    assert "closer than" in words(app) and "cosine 0." in words(app)


def test_a_link_reopens_its_query_with_filters_and_map(colours: Path) -> None:
    app = page(
        q="blue",
        modality="image",
        folder=["pictures", "pictures/tall"],
        k="3",
        fold="off",
        map="3d",
        colour="folder",
        gap="open",
    )
    assert not app.exception
    assert set(names(app)[:2]) == {"blue.png", "blue tall.png"}
    assert len(names(app)) == 3
    assert set(kinds(app)) == {"IMAGE"}
    state = app.session_state
    assert state["filter-modality"] == "Images"
    assert state["filter-folders"] == ["pictures", "pictures/tall"]
    assert state["results-count"] == 3
    assert (state["map-dimensions"], state["map-colour"], state["map-gap"]) == ("3-D", "folder", True)
    drawn = scene(app, "search_map")
    assert "the 3 axes keep" in drawn["caption"]
    assert [hit["rank"] for hit in drawn["hits"]] == ["1", "2", "3"] and len(drawn["star"]["at"]) == 3


def test_filters_go_into_the_url_and_hold(colours: Path) -> None:
    app = page(q="red")
    app.get("button_group")[0].set_value("Text").run()
    assert params(app) == {"text": ["red"], "modality": ["text"]}
    assert set(kinds(app)) == {"TEXT"}
    app.multiselect(key="filter-folders").set_value(["odd"]).run()
    assert params(app) == {"text": ["red"], "modality": ["text"], "folder": ["odd"]}
    assert len(names(app)) == 2
    app.selectbox(key="results-count").set_value(12).run()
    assert params(app)["count"] == ["12"]


def test_searching_from_a_result_alone_shows_the_item_and_leaves_it_out(colours: Path) -> None:
    app = page(q="green", modality="image", k="1")
    assert names(app) == [name] if (name := names(app)[0]) else False
    press(app, "from")
    assert list(params(app)) == ["like", "modality", "count"]
    assert "searching from this image" in words(app)
    assert name in words(app)
    assert name not in names(app)
    app.button(key="clear-like").click().run()
    assert "like" not in params(app)
    assert "Search by meaning" in words(app)


def test_more_and_less_like_a_result_move_the_question_and_can_be_taken_back(colours: Path) -> None:
    app = page(q="red", k="6")
    before = names(app)
    number = before.index("red") + 1
    press(app, "less", number)
    [unliked] = params(app)["unlike"]
    press(app, "more")
    [liked] = params(app)["like"]
    assert params(app)["text"] == ["red"]
    assert "less like" in words(app) and "more like" in words(app)
    assert len(names(app)) == 6 and "red" not in names(app)
    app.button(key=f"clear-judged-{unliked}").click().run()
    app.button(key=f"clear-judged-{liked}").click().run()
    assert not {"like", "unlike"} & params(app).keys()
    assert names(app) == before


def test_words_are_left_out_weighed_and_cleared_by_their_chip(colours: Path) -> None:
    app = page(q="red", modality="image", folder=["pictures", "pictures/tall"], k="4", fold="off")
    app.text_input(key="compose-words").set_value("blue").run()
    app.button(key="compose-add").click().run()
    assert params(app)["term"] == ["text:1:blue"]
    assert {name.split()[0].split(".")[0] for name in names(app)} == {"red", "blue"}
    app.slider(key="weight-term-1").set_value(3.0).run()
    assert params(app)["term"] == ["text:3:blue"]
    assert "blue" in names(app)[0]
    app.button_group(key="sign-term-1").set_value("Leave out").run()
    assert params(app)["term"] == ["text:-3:blue"]
    assert "without" in words(app)
    assert "blue" not in " ".join(names(app))
    app.button(key="clear-term-1").click().run()
    assert params(app).keys() == {"text", "modality", "folder", "count", "fold"}


def test_a_picture_is_left_out_from_the_popover(colours: Path) -> None:
    app = page(q="red", k="5")
    app.get("file_uploader")[0].upload("mine.png", png("red"), "image/png").run()
    app.button(key="compose-leave-out").click().run()
    assert not app.exception
    [term] = params(app)["term"]
    assert re.fullmatch(r"image:-1:[0-9a-f]{32}", term)
    assert "without" in words(app)
    app.text_input(key="compose-words").set_value("blue").run()
    app.button(key="compose-add").click().run()
    assert params(app)["term"] == [term, "text:1:blue"], "the picture is not added once more"


def test_items_are_added_to_the_question_and_taken_from_it_in_their_details(colours: Path) -> None:
    app = page(q="red", modality="image", folder=["pictures", "pictures/tall"], k="6")
    press(app, "details")
    app.button(key="details-remove").click().run()
    [term] = params(app)["term"]
    assert re.fullmatch(r"item:-0\.5:\d+", term)
    assert "without" in words(app)
    press(app, "details")
    app.button(key="details-add").click().run()
    assert not app.exception
    assert len(params(app)["term"]) == 2
    assert params(app)["term"][1].startswith("item:1:")


def test_two_liked_items_are_ends_to_go_between(colours: Path) -> None:
    app = page(like=["1", "3"], k="4")
    app.button(key="go-between").click().run()
    assert params(app) == {"term": ["between:1:1,3,0.5"], "count": ["4"]}
    app.slider(key="at-term-0").set_value(20).run()
    assert params(app)["term"] == ["between:1:1,3,0.2"]
    assert "at 20%" in words(app)


def test_a_picture_is_searched_for_alone_with_words_and_by_its_link(colours: Path) -> None:
    app = page(fold="off")
    app.chat_input(key="query-box").upload("mine.png", png("purple"), "image/png").run()
    assert not app.exception
    [picture_name] = params(app)["image"]
    assert open_picture(colours / "test", picture_name) is not None
    assert set(names(app)[:3]) == {"purple.png", "purple tall.png", "purple"}
    app.chat_input(key="query-box").set_value("yellow").run()
    assert params(app) == {"text": ["yellow"], "image": [picture_name], "fold": ["off"]}
    both = names(app)
    assert {name.split()[0].split(".")[0] for name in both[:6]} == {"purple", "yellow"}
    assert names(page(q="yellow", image=picture_name, fold="off")) == both
    app.button(key="clear-text").click().run()
    assert params(app) == {"image": [picture_name], "fold": ["off"]}
    app.button(key="clear-picture").click().run()
    assert params(app) == {"fold": ["off"]}


def test_new_words_replace_the_item_that_was_searched_from(colours: Path) -> None:
    app = page(like="1")
    app.chat_input(key="query-box").set_value("blue").run()
    assert params(app) == {"text": ["blue"]}


def test_an_upload_that_is_no_picture_is_told_and_changes_nothing(colours: Path) -> None:
    app = page(q="red")
    before = names(app)
    app.chat_input(key="query-box").upload("<i>bad</i>.png", b"no picture", "image/png").run()
    assert "This cannot be searched for" in words(app)
    assert "<i>bad</i>.png" in words(app)
    assert params(app) == {"q": ["red"]}
    assert names(app) == before


def test_an_upload_of_too_many_pixels_is_refused_and_leaves_nothing(
    colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = set((colours / "test" / "queries").glob("*"))
    monkeypatch.setattr("search_app.search.query_pictures.MOST_PIXELS", 1_999)
    app = page()
    app.chat_input(key="query-box").upload("../../../big.png", png("brown"), "image/png").run()
    assert not app.exception
    assert "too large" in words(app)
    assert params(app) == {}
    assert set((colours / "test" / "queries").glob("*")) == kept


def test_words_of_ten_thousand_characters_are_cut_and_answered(colours: Path) -> None:
    long = "red & <b>words</b> " * 550
    app = page(q=long, k="1")
    assert not app.exception
    assert names(app)
    assert "longer than the encoder reads" in words(app)
    app.chat_input(key="query-box").set_value("blue " * 2_000).run()
    assert not app.exception
    assert len(params(app)["text"][0]) <= LONGEST_TEXT
    app = page(q="red", term=f"text:-1:{long}", k="1")
    assert not app.exception
    assert "without" in words(app)


def test_a_link_that_names_files_opens_none(colours: Path) -> None:
    for nasty in ("../../etc/passwd", "../manifest.json", "/etc/passwd", "0" * 31 + "/", "%2e%2e"):
        app = page(image=nasty, term=[f"image:1:{nasty}", f"item:1:{nasty}"], like=nasty, unlike=nasty)
        assert not app.exception
        assert "Search by meaning" in words(app)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"q": "red", "modality": "image", "folder": "notes"}, "There are no images in notes."),
        ({"q": "red", "folder": "notes", "exact": "nowhere"}, "No item is all of what is asked for"),
        ({"q": "red", "folder": "elsewhere"}, "The space has no folder elsewhere."),
    ],
)
def test_no_results_says_which_filter_is_to_blame_and_drops_it(
    colours: Path, query: dict[str, str], reason: str
) -> None:
    app = page(**query)
    assert not app.exception
    assert "No results" in words(app)
    assert reason in words(app)
    app.button(key="clear-filters").click().run()
    assert params(app) == {"text": ["red"]}
    assert names(app)


def test_a_link_to_an_item_or_picture_that_has_gone_says_so(colours: Path) -> None:
    gone = page(like="99999")
    assert not gone.exception
    assert "The item of this link is not in the space any more" in words(gone)
    lost = page(image="0" * 32)
    assert not lost.exception
    assert "The picture of this link is not kept any more" in words(lost)


def test_words_beyond_the_encoders_window_are_told(colours: Path) -> None:
    assert "longer than the encoder reads" not in words(page(q="red"))
    app = page(q="red " * 60)
    assert "the first 32 tokens count" in words(app)
    assert names(app)


def test_what_people_use_has_stable_keys(colours: Path) -> None:
    app = page(q="red")
    for key in PAGE_KEYS:
        assert key in app.session_state or app.chat_input(key=key)
    assert app.button(key="clear-text").label
    assert [(act, label) for act, _, label in acts(app)][-4:] == [
        ("from", "Search from this alone"),
        ("more", "More like this"),
        ("less", "Less like this"),
        ("details", "Details"),
    ]
