"""The closeness lab's matrix, run without a browser."""

from pathlib import Path

from search_app.components.lab.item_labels import ItemLabel
from search_app.components.lab.matrix import sentence
from tests.search_app.components.lab.lab_page import lab
from tests.search_app.page_driver import markup, url_params, visible_text


def test_a_fresh_page_compares_words_and_items_of_the_space(colours: Path) -> None:
    app = lab()
    assert not app.exception
    assert "How close are they?" in visible_text(app)
    assert 'class="ns-matrix"' in markup(app)
    assert "a dog" in visible_text(app)
    assert markup(app).count('data-action="cell:') >= 36


def test_the_matrix_its_measure_and_its_pair_are_in_the_link(colours: Path) -> None:
    link = {"pairs-thing": ["text:1:red", "text:1:green", "text:1:red words"], "pairs-by": "euclidean"}
    app = lab(**link, **{"pairs-cell": "0-2"})
    assert not app.exception
    assert markup(app).count('data-action="cell:') == 9
    assert "distance" in visible_text(app)
    assert "“red” and “red words” are" in visible_text(app)
    near = lab(**{"pairs-thing": ["text:1:red", "text:1:green"], "pairs-cell": "0-1"})
    assert "“red” and “green” have nothing to do with each other" in visible_text(near)


def test_words_are_added_and_taken_out(colours: Path) -> None:
    app = lab(**{"pairs-thing": ["text:1:red", "text:1:green"]})
    app.text_input(key="lab-words-pairs-add").set_value("blue").run()
    assert url_params(app)["pairs-thing"] == ["text:1:red", "text:1:green", "text:1:blue"]
    app.button(key="lab-drop-pairs-0").click().run()
    assert url_params(app)["pairs-thing"] == ["text:1:green", "text:1:blue"]
    assert not app.exception


def test_words_that_try_to_be_markup_are_shown_as_they_are(colours: Path) -> None:
    app = lab(**{"pairs-thing": ["text:1:<img src=x onerror=alert(1)>", "text:1:red"]})
    assert "<img src=x" not in markup(app)
    assert "<img src=x onerror=alert(1)>" in visible_text(app)


def test_a_link_that_makes_no_sense_shows_the_first_section(colours: Path) -> None:
    app = lab(part="nowhere", **{"pairs-thing": ["nonsense", "item:1:x"], "pairs-cell": "9-x"})
    assert not app.exception
    assert "How close are they?" in visible_text(app)


def test_a_pair_is_told_in_plain_words() -> None:
    dog, photo = ItemLabel("a dog", "a dog", False), ItemLabel("rex.jpg", "", True)
    assert sentence(dog, photo, "very close", 0, 217, "image") == (
        "“a dog” and “rex.jpg” are very close: none of the 217 pictures here is closer to “a dog”."
    )
    assert sentence(dog, photo, "loosely related", 1, 217, "image") == (
        "“a dog” and “rex.jpg” are loosely related: of the 217 pictures here, 1 is closer to “a dog”."
    )
