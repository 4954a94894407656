"""The search page's states, run without a browser."""

import base64
import io
import re
from itertools import groupby
from pathlib import Path

import pytest
from PIL import Image

from search_app.components.search import result_view
from search_app.search.fusion import METHODS
from search_app.search.query_pictures import open_picture
from search_app.search.terms import LONGEST_TEXT
from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders, picture, text
from tests.search_app.page_driver import (
    ONE_LIST,
    ask,
    bar,
    card_buttons,
    card_modalities,
    card_titles,
    click,
    drop,
    in_bar,
    markup,
    page,
    scene,
    token_of,
    url_params,
    visible_text,
)

PAGE_KEYS = (
    "filter-modality",
    "filter-folder",
    "results-layout",
    "results-sort",
    "results-fold",
    "results-group",
    "results-diversity",
    "results-count",
    "merge-balance",
    "merge-method",
    "map-dimensions",
    "map-colour",
    "map-gap",
)


LICENCE = (
    "Permission is hereby granted to redistribute this software without warranty, provided that the above copyright "
    "notice and this licence appear."
)


def png(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (50, 40), COLOURS[colour]).save(out, "PNG")
    return out.getvalue()


def test_without_a_query_the_page_explains_itself_and_offers_ways_to_start(colours: Path) -> None:
    app = page()
    assert not app.exception
    assert "Search by meaning" in visible_text(app)
    assert re.search(r"11 pictures\s+·\s+\d+ passages", visible_text(app))
    assert app.button(key="example-1").label
    assert card_modalities(app) == ["IMAGE"] * 11 + ["TEXT"] * 4
    assert [label for act, _, label in card_buttons(app, 15) if act == "from"] == ["Start here"]
    assert url_params(click(app, "from", 15))["like"]


def test_no_licence_text_or_table_is_offered_to_start_from_where_there_is_prose(
    empty_home: Path, tmp_path: Path
) -> None:
    files = tmp_path / "files"
    for number in range(6):
        text(files / f"LICENSE-{number}.txt", f"{LICENCE} Part {number}.")
    ingest_folders(empty_home, [files])
    assert card_modalities(page()) == ["TEXT"] * 4, "rather than nothing"
    text(files / "story.txt", "The girl walked home with a red bird on her shoulder, and it sang all the way.")
    ingest_folders(empty_home, [files])
    assert card_modalities(page()) == ["TEXT"]


def test_every_card_shows_its_closeness_by_three_dots_and_one_word_and_no_figure(colours: Path) -> None:
    app = page(q="red", **ONE_LIST)
    assert not app.exception
    words = re.findall(
        r'class="ns-meter ns-(very|near|loose|none)"[^>]*>(?:<i></i>){3}</span><b>([^<]+)</b>', markup(app)
    )
    assert len(words) == len(card_titles(app))
    assert set(words) <= {
        ("very", "very close"),
        ("near", "close"),
        ("loose", "loosely related"),
        ("none", "no real match"),
    }
    results = " ".join(re.findall(r'<article class="ns-result.*?</article>', markup(app), flags=re.S))
    assert not re.search(r"cosine|closer than|percentile|distance", results)
    assert "Nothing really matches" not in visible_text(app)


def test_results_without_sentences_to_highlight_are_drawn_once(colours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    draw = result_view._Batch.draw
    monkeypatch.setattr(result_view._Batch, "draw", lambda batch, spans: (drawn.append(len(spans)), draw(batch, spans)))
    page(q="red", modality="image", k="4")
    assert drawn == [0], "images have none"
    page(q="red", modality="text", k="4")
    assert drawn == [0, 0], "these texts are of one sentence each"


def test_when_nothing_matches_the_page_says_so_and_shows_the_nearest(colours: Path) -> None:
    app = page(q="xylophone quartz mumbling")
    assert "Nothing really matches" in visible_text(app)
    assert 0 < len(card_titles(app)) <= 11, "the nearest few"
    assert "no real match" in visible_text(app)
    nearest = card_titles(app)
    numbers = [int(number) for number in re.findall(r'data-rank="(\d+)"', markup(app))]
    assert numbers == list(range(1, len(nearest) + 1)), "as on the map, with no gap"
    hidden = int(app.button(key="all-weaker").label.split()[0])
    assert hidden + len(nearest) <= 19, "those in view are not counted again"
    app.button(key="all-weaker").click().run()
    assert card_titles(app)[: len(nearest)] == nearest, "what was drawn stays"


def test_mixed_is_an_order_and_its_balance_goes_into_the_url(colours: Path) -> None:
    app = page(q="red", k="6", fold="off", expanded="weaker")
    assert not [each for each in app.slider if each.key == "merge-balance"], "shelves are not merged"
    app.selectbox(key="results-sort").set_value("Mixed").run()
    assert url_params(app) == {"text": ["red"], "count": ["6"], "arrangement": ["mixed"], "fold": ["off"]}
    app.slider(key="merge-balance").set_value(1.0).run()
    assert url_params(app)["balance"] == ["1"]
    assert card_modalities(app)[:3] == ["IMAGE"] * 3
    app.slider(key="merge-balance").set_value(-1.0).run()
    assert card_modalities(app)[:2] == ["TEXT"] * 2
    app.selectbox(key="results-sort").set_value("Closest first").run()
    assert "arrangement" not in url_params(app)


def test_good_pictures_and_passages_have_a_shelf_each_and_the_weaker_ones_are_folded(colours: Path) -> None:
    app = page(q="red", fold="off", group="off")
    good = card_titles(app)
    assert sorted(kind for kind, _ in groupby(card_modalities(app))) == ["IMAGE", "TEXT"], "a shelf each"
    assert f"{len(good)} good matches" in visible_text(app)
    assert not {"blue.png", "green.png", "blue", "green"} & set(good)
    assert app.button(key="all-weaker").label == f"{19 - len(good)} weaker ones"
    app.button(key="all-weaker").click().run()
    assert url_params(app)["expanded"] == ["weaker"]
    assert card_titles(app)[: len(good)] == good, "what was drawn stays"
    assert len(card_titles(app)) == 19
    app.button(key="fewer-weaker").click().run()
    assert card_titles(app) == good


def test_an_old_link_to_separate_lists_keeps_its_shares_and_its_shelves(colours: Path) -> None:
    app = page(q="red", k="6", lists="separate", fold="off", expanded="weaker")
    assert card_modalities(app).count("IMAGE") == card_modalities(app).count("TEXT") == 3
    assert app.selectbox(key="results-sort").value == "Closest first"


def test_the_method_can_be_changed_and_each_is_explained(colours: Path) -> None:
    app = page(q="red", k="6", arrangement="mixed")
    assert not app.exception
    assert "no calibration" in visible_text(app)
    app.radio(key="merge-method").set_value("cosine").run()
    assert url_params(app) == {"text": ["red"], "count": ["6"], "method": ["cosine"], "arrangement": ["mixed"]}
    by_method = [card_titles(page(q="red", method=name, **ONE_LIST)) for name in ("cosine", "rrf")]
    assert by_method[0] != by_method[1]
    assert all(method.sentence in app.radio(key="merge-method").proto.captions for method in METHODS.values())


def test_with_one_modality_there_are_no_merging_options(colours: Path) -> None:
    app = page(q="red", modality="image")
    assert not app.exception
    assert "merge-balance" not in app.session_state


def test_an_example_is_searched_for_when_it_is_clicked(colours: Path) -> None:
    app = page()
    app.button(key="example-1").click().run()
    assert url_params(app) == {"text": ["a bird"]}
    assert card_titles(app)


def test_words_find_pictures_and_passages_of_their_colour(colours: Path) -> None:
    app = page(fold="off")
    ask(app, "red")
    assert not app.exception
    assert url_params(app) == {"text": ["red"], "fold": ["off"]}
    assert {"red.png", "red tall.png", "red"} <= set(card_titles(app)[:6])
    assert not {"blue.png", "green.png", "blue", "green"} & set(card_titles(app)[:4])
    assert set(card_modalities(app)) == {"IMAGE", "TEXT"}


def test_a_space_of_fewer_than_five_items_has_no_map(empty_home: Path, tmp_path: Path) -> None:
    for count, colour in enumerate(("red", "green", "blue", "yellow", "purple"), start=1):
        picture(tmp_path / "files" / f"{colour}.png", colour)
        ingest_folders(empty_home, [tmp_path / "files"])
        for app in (page(), page(q="red")):
            assert not app.exception
            assert bool(scene(app, "search_map")) == (count >= 5)


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
        expanded="weaker",
    )
    assert not app.exception
    assert set(card_titles(app)[:2]) == {"blue.png", "blue tall.png"}
    assert len(card_titles(app)) == 3
    assert set(card_modalities(app)) == {"IMAGE"}
    state = app.session_state
    assert state["filter-modality"] == "Pictures"
    assert state["filter-folder"] == ["pictures", "pictures/tall"]
    assert state["results-count"] == 3
    assert (state["map-dimensions"], state["map-colour"], state["map-gap"]) == ("3-D", "folder", True)
    drawn = scene(app, "search_map")
    assert "these 3 axes" in visible_text(app)
    assert [hit["rank"] for hit in drawn["hits"]] == ["1", "2", "3"] and len(drawn["star"]["at"]) == 3


def test_filters_go_into_the_url_and_hold(colours: Path) -> None:
    app = page(q="red")
    app.get("button_group")[0].set_value("Passages").run()
    assert url_params(app) == {"text": ["red"], "modality": ["text"]}
    assert set(card_modalities(app)) == {"TEXT"}
    app.multiselect(key="filter-folder").set_value(["odd"]).run()
    assert url_params(app) == {"text": ["red"], "modality": ["text"], "folder": ["odd"]}
    assert sorted(card_titles(app)) == ["<b>red & co **x**", "script"]
    app.selectbox(key="results-count").set_value(12).run()
    assert url_params(app)["count"] == ["12"]


def test_searching_from_a_result_shows_the_item_and_excludes_it_from_the_results(colours: Path) -> None:
    app = page(q="green", modality="image", k="1")
    [name] = card_titles(app)
    click(app, "from")
    assert list(url_params(app)) == ["like", "modality", "count"]
    [token] = bar(app)["tokens"]
    assert (token["kind"], token["words"], token["weight"]) == ("judged", name, 1.0)
    assert len(token["pictures"]) == 1
    assert name not in card_titles(app)
    drop(app, name)
    assert "like" not in url_params(app)
    assert "Search by meaning" in visible_text(app)


def test_more_and_less_like_a_result_change_the_query_and_can_be_undone(colours: Path) -> None:
    app = page(q="red", k="6", arrangement="mixed")
    before = card_titles(app)
    number = before.index("red") + 1
    click(app, "less", number)
    [unliked] = url_params(app)["unlike"]
    click(app, "more")
    [liked] = url_params(app)["like"]
    assert url_params(app)["text"] == ["red"]
    assert [(token["id"], token["weight"]) for token in bar(app)["tokens"]] == [
        (f"judged-{liked}", 1.0),
        (f"judged-{unliked}", -1.0),
    ]
    assert card_titles(app) and "red" not in card_titles(app)
    in_bar(app, "drop", token=f"judged-{unliked}")
    in_bar(app, "drop", token=f"judged-{liked}")
    assert not {"like", "unlike"} & url_params(app).keys()
    assert card_titles(app) == before


def test_a_text_term_is_weighted_negated_reworded_and_taken_out_by_its_token(colours: Path) -> None:
    app = page(q="red", modality="image", folder=["pictures", "pictures/tall"], k="4", fold="off")
    in_bar(app, "add", text="blue")
    assert url_params(app)["term"] == ["text:1:blue"]
    assert bar(app)["text"] == "red", "the words of the question are not said again by a token"
    assert [(token["kind"], token["words"]) for token in bar(app)["tokens"]] == [("text", "blue")]
    assert {name.split()[0].split(".")[0] for name in card_titles(app)} == {"red", "blue"}
    in_bar(app, "change", token=token_of(app, "blue")["id"], weight=3)
    assert url_params(app)["term"] == ["text:3:blue"]
    assert "blue" in card_titles(app)[0]
    in_bar(app, "change", token=token_of(app, "blue")["id"], weight=-3)
    assert url_params(app)["term"] == ["text:-3:blue"]
    assert "blue" not in " ".join(card_titles(app))
    in_bar(app, "change", token=token_of(app, "blue")["id"], weight=-3, text="green")
    assert url_params(app)["term"] == ["text:-3:green"]
    drop(app, "green")
    assert url_params(app).keys() == {"text", "modality", "folder", "count", "fold"}


def test_the_words_of_a_question_become_a_token_when_they_are_weighted(colours: Path) -> None:
    app = page(q="red", term="text:1:blue")
    in_bar(app, "change", token="term-0", weight=2, text="red")
    assert url_params(app) == {"term": ["text:2:red", "text:1:blue"]}
    assert bar(app)["text"] == ""
    assert [token["words"] for token in bar(app)["tokens"]] == ["red", "blue"]


@pytest.mark.parametrize(
    "event",
    [
        {"name": "change", "token": "term-7", "weight": 2},
        {"name": "change", "token": "term-0", "weight": 0},
        {"name": "change", "token": "term-0", "weight": "<b>"},
        {"name": "change", "token": None, "weight": 99},
        {"name": "drop", "token": "term--1"},
        {"name": "drop", "token": "filter-1"},
        {"name": "drop", "token": ["term-0"]},
        {"name": "details", "item": "../../etc"},
        {"name": "recent", "params": "text=blue"},
        {"name": "add", "text": "  "},
        {"name": ["ask"], "text": "blue"},
        {"name": "between"},
    ],
)
def test_events_that_no_bar_sends_change_nothing(colours: Path, event: dict[str, object]) -> None:
    app = page(q="red")
    before = card_titles(app)
    in_bar(app, **event) if isinstance(event["name"], str) else None
    assert not app.exception
    if event["name"] != "recent":
        assert card_titles(app) == before and url_params(app).get("text", ["red"]) == ["red"]


def test_a_negative_picture_term_is_added_and_made_positive(colours: Path) -> None:
    app = page(q="red", k="5")
    picture = base64.b64encode(png("red")).decode()
    in_bar(app, "add", picture=picture, file="mine.png", without=True)
    assert not app.exception
    [term] = url_params(app)["term"]
    assert re.fullmatch(r"image:-1:[0-9a-f]{32}", term)
    assert [(token["kind"], token["weight"], len(token["pictures"])) for token in bar(app)["tokens"]] == [
        ("image", -1.0, 1)
    ]
    in_bar(app, "change", token=token_of(app, "your picture")["id"], weight=1)
    assert url_params(app)["term"] == [term.replace("-1", "1")]


def test_a_question_is_cleared_whole_and_its_filters_stay(colours: Path) -> None:
    app = page(q="red", term="text:-1:blue", like="3", modality="image")
    in_bar(app, "clear")
    assert url_params(app) == {"modality": ["image"]}


def test_a_recent_question_is_asked_again_with_its_parts(colours: Path) -> None:
    app = page(q="red", term="text:-1:blue", modality="image")
    asked = bar(app)["asked"]
    assert asked["label"] == "red − blue"
    ask(app, "green")
    drop(app, "blue")
    in_bar(app, "recent", params=asked["params"])
    assert url_params(app) == {"text": ["red"], "term": ["text:-1:blue"], "modality": ["image"]}


def test_a_folder_that_is_suggested_becomes_a_filter_and_is_suggested_no_more(colours: Path) -> None:
    app = page(q="red")
    assert {"notes", "odd", "pictures", "pictures/tall"} <= set(bar(app)["folders"])
    app = in_bar(app, "folder", folder="odd")
    assert url_params(app) == {"text": ["red"], "folder": ["odd"]}
    assert "odd" not in bar(app)["folders"]
    assert url_params(in_bar(app, "folder", folder="notes"))["folder"] == ["odd", "notes"]


def test_only_questions_of_words_alone_are_kept_as_recent_ones(colours: Path) -> None:
    assert bar(page(like="1"))["asked"]["label"] == ""
    assert bar(page(q="red", like="1"))["asked"]["label"] == ""
    assert bar(page())["asked"]["label"] == ""


def test_items_are_added_to_the_query_and_removed_from_it_in_their_details(colours: Path) -> None:
    app = page(q="red", modality="image", folder=["pictures", "pictures/tall"], k="6")
    click(app, "details")
    app.button(key="details-remove").click().run()
    [term] = url_params(app)["term"]
    assert re.fullmatch(r"item:-0\.5:\d+", term)
    assert [(token["kind"], token["weight"]) for token in bar(app)["tokens"]] == [("item", -0.5)]
    click(app, "details")
    app.button(key="details-add").click().run()
    assert not app.exception
    assert len(url_params(app)["term"]) == 2
    assert url_params(app)["term"][1].startswith("item:1:")


def test_two_liked_items_can_become_an_interpolation(colours: Path) -> None:
    app = page(like=["1", "3"], k="4")
    assert bar(app)["between"]
    in_bar(app, "between")
    assert url_params(app) == {"term": ["between:1:1,3,0.5"], "count": ["4"]}
    in_bar(app, "change", token="term-0", weight=1, at=0.2)
    assert url_params(app)["term"] == ["between:1:1,3,0.2"]
    assert bar(app)["tokens"][0]["at"] == 0.2


def test_a_picture_is_searched_for_alone_with_words_and_by_its_link(colours: Path) -> None:
    app = page(fold="off")
    ask(app, "", png("purple"), "mine.png")
    assert not app.exception
    [picture_name] = url_params(app)["image"]
    assert open_picture(colours / "test", picture_name) is not None
    assert set(card_titles(app)[:3]) == {"purple.png", "purple tall.png", "purple"}
    ask(app, "yellow")
    assert url_params(app) == {"text": ["yellow"], "image": [picture_name], "fold": ["off"]}
    both = card_titles(app)
    assert {name.split()[0].split(".")[0] for name in both[:6]} == {"purple", "yellow"}
    assert card_titles(page(q="yellow", image=picture_name, fold="off")) == both
    ask(app, "")
    assert url_params(app) == {"image": [picture_name], "fold": ["off"]}
    drop(app, "your picture")
    assert url_params(app) == {"fold": ["off"]}


def test_new_text_replaces_the_item_that_was_searched_from(colours: Path) -> None:
    app = page(like="1")
    ask(app, "blue")
    assert url_params(app) == {"text": ["blue"]}


def test_an_upload_that_is_no_picture_is_reported_and_changes_nothing(colours: Path) -> None:
    app = page(q="red")
    before = card_titles(app)
    ask(app, "", b"no picture", "<i>bad</i>.png")
    assert "This cannot be searched for" in visible_text(app)
    assert "<i>bad</i>.png" in visible_text(app)
    assert url_params(app) == {"q": ["red"]}
    assert card_titles(app) == before


def test_an_upload_of_too_many_pixels_is_refused_and_leaves_nothing(
    colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = set((colours / "test" / "queries").glob("*"))
    monkeypatch.setattr("search_app.search.query_pictures.MOST_PIXELS", 1_999)
    app = page()
    ask(app, "", png("brown"), "../../../big.png")
    assert not app.exception
    assert "too large" in visible_text(app)
    assert url_params(app) == {}
    assert set((colours / "test" / "queries").glob("*")) == kept


def test_text_of_ten_thousand_characters_is_cut_and_answered(colours: Path) -> None:
    long = "red & <b>words</b> " * 550
    app = page(q=long, k="1")
    assert not app.exception
    assert card_titles(app)
    assert "longer than the encoder reads" in visible_text(app)
    ask(app, "blue " * 2_000)
    assert not app.exception
    assert len(url_params(app)["text"][0]) <= LONGEST_TEXT
    app = page(q="red", term=f"text:-1:{long}", k="1")
    assert not app.exception
    assert bar(app)["tokens"][0]["weight"] == -1


def test_a_link_that_names_files_opens_none(colours: Path) -> None:
    for nasty in ("../../etc/passwd", "../manifest.json", "/etc/passwd", "0" * 31 + "/", "%2e%2e"):
        app = page(image=nasty, term=[f"image:1:{nasty}", f"item:1:{nasty}"], like=nasty, unlike=nasty)
        assert not app.exception
        assert "Search by meaning" in visible_text(app)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"q": "red", "modality": "image", "folder": "notes"}, "There are no pictures in notes."),
        ({"q": "red", "folder": "notes", "exact": "nowhere"}, "No item meets all conditions"),
        ({"q": "red", "folder": "elsewhere"}, "The space has no folder elsewhere."),
    ],
)
def test_a_page_without_results_names_the_filter_to_blame_and_clears_it(
    colours: Path, query: dict[str, str], reason: str
) -> None:
    app = page(**query)
    assert not app.exception
    assert "No results" in visible_text(app)
    assert reason in visible_text(app)
    app.button(key="clear-filters").click().run()
    assert url_params(app) == {"text": ["red"]}
    assert card_titles(app)


def test_a_link_to_an_item_or_picture_that_no_longer_exists_says_so(colours: Path) -> None:
    gone = page(like="99999")
    assert not gone.exception
    assert "The item of this link is no longer in the space" in visible_text(gone)
    lost = page(image="0" * 32)
    assert not lost.exception
    assert "The picture of this link is no longer stored" in visible_text(lost)


def test_text_longer_than_the_encoders_window_is_reported(colours: Path) -> None:
    assert "longer than the encoder reads" not in visible_text(page(q="red"))
    app = page(q="red " * 60)
    assert "the first 32 tokens count" in visible_text(app)
    assert card_titles(app)


def test_the_widgets_have_stable_keys(colours: Path) -> None:
    app = page(q="red")
    for key in PAGE_KEYS:
        assert key in app.session_state
    assert [(act, label) for act, _, label in card_buttons(app) if label] == [
        ("from", "Search from this alone"),
        ("more", "More like this"),
        ("less", "Less like this"),
        ("details", "Details"),
    ]
