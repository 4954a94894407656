"""The popover of filters and their tokens, run without a browser."""

from datetime import date
from pathlib import Path

from search_app.search.fields import MOST_PARTS
from tests.search_app.page_driver import bar, card_modalities, card_titles, drop, page, url_params, visible_text


def test_filters_of_the_popover_go_into_the_url_and_their_tokens_take_them_away(colours: Path) -> None:
    app = page(q="red", fold="off")
    assert not app.exception
    app.get("button_group")[2].set_value(["blue"]).run()
    assert url_params(app) == {"text": ["red"], "dominant_colour": ["blue"], "fold": ["off"]}
    assert set(card_titles(app)) == {"blue.png", "blue tall.png"}
    app.get("button_group")[1].set_value(["portrait"]).run()
    assert card_titles(app) == ["blue tall.png"]
    drop(app, "mostly blue")
    assert url_params(app) == {"text": ["red"], "orientation": ["portrait"], "fold": ["off"]}
    assert app.button(key="all-weaker").label == "4 weaker ones"
    drop(app, "portrait")
    assert url_params(app) == {"text": ["red"], "fold": ["off"]}


def test_words_titles_and_dates_are_typed(colours: Path) -> None:
    app = page(q="red")
    app.text_input(key="filter-exact").set_value("words about blue").run()
    assert card_titles(app) == ["blue"]
    app.text_input(key="filter-exact").set_value("").run()
    app.multiselect(key="filter-format").set_value(["txt"]).run()
    assert set(card_modalities(app)) == {"TEXT"}
    app.date_input(key="filter-before").set_value(date(1990, 1, 1)).run()
    assert url_params(app) == {"text": ["red"], "format": ["txt"], "before": ["1990-01-01"]}
    assert "No item meets all conditions" in visible_text(app)
    app.button(key="clear-filters").click().run()
    assert url_params(app) == {"text": ["red"]}


def test_a_link_with_filters_opens_with_their_tokens_and_words_of_files_stay_literal(colours: Path) -> None:
    app = page(q="red", captioned="yes", exact="**bold**", where="colours=red")
    assert not app.exception
    assert len(card_titles(app)) == 1
    assert [token["words"] for token in bar(app)["filters"]] == ["says “**bold**”", "colours=red", "has a caption"]
    assert app.session_state["filter-has-caption"] is True


def test_a_link_may_ask_for_any_day_and_any_weight(colours: Path) -> None:
    app = page(q="red", after="0001-01-01", before="2999", term=["text:0.1:blue", "text:5:green"])
    assert not app.exception
    assert [token["weight"] for token in bar(app)["tokens"]] == [0.1, 5.0]
    assert card_titles(app)


def test_quotation_marks_in_the_box_ask_word_for_word(colours: Path) -> None:
    assert card_titles(page(q='red "words about green"')) == ["green"]


def test_no_more_can_be_chosen_than_a_link_keeps(colours: Path) -> None:
    app = page(q="red")
    for key in ("filter-folder", "filter-format"):
        assert app.multiselect(key=key).proto.max_selections == MOST_PARTS
