"""The closeness lab's further sections and its presentations, run without a browser."""

import json
import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from search_app.components.lab.presentation import TOUR
from search_app.lab.presentation_steps import Step, save_steps, serialise_steps
from search_app.pages.closeness import SECTIONS
from tests.search_app.components.lab.lab_page import lab
from tests.search_app.page_driver import markup, url_params, visible_text


def test_the_story_leads_from_one_section_to_the_next(colours: Path) -> None:
    app = lab(part="labels")
    assert not app.exception
    assert "Name it" in visible_text(app)
    app.button(key="lab-next").click().run()
    assert url_params(app)["part"] == ["walk"]
    app.button(key="lab-to-why").click().run()
    assert "Why did this match?" in visible_text(app)
    assert not app.exception
    assert len({section.key for section in SECTIONS}) == len(SECTIONS)


def test_a_picture_is_lit_and_covered_where_it_matches(colours: Path) -> None:
    app = lab(part="why", **{"why-of": "item:1:1", "why-for": "text:1:red"})
    assert not app.exception
    assert "data:image/jpeg;base64," in markup(app)
    app = lab(part="why", **{"why-of": "text:1:red words of <b>mine", "why-for": "text:1:red"})
    assert not app.exception
    assert ">red</mark>" in markup(app) and "<b>mine" not in markup(app)
    assert "“red” does most for the match" in visible_text(app)


@pytest.mark.parametrize("sides", [("item:1:1", "item:1:2"), ("text:1:red words", "text:1:words about red")])
def test_two_of_a_kind_are_both_covered(colours: Path, sides: tuple[str, str]) -> None:
    app = lab(part="why", **{"why-of": sides[0], "why-for": sides[1]})
    assert not app.exception
    parts = markup(app).count("data:image/jpeg;base64,") or markup(app).count("</mark>")
    assert parts >= 2


def test_labels_name_the_whole_collection_one_picture_or_are_held_against_the_folders(colours: Path) -> None:
    app = lab(part="labels", **{"labels-of": "red, green, blue, <i>", "labels-prompt": "{}"})
    assert not app.exception
    assert markup(app).count('class="ns-label"') >= 3
    assert "<i>" not in markup(app).replace("<i style", "")
    app.text_area(key="labels-of").set_value("tall, pictures").run()
    assert url_params(app)["labels-of"] == ["tall, pictures"]
    one = lab(part="labels", **{"labels-of": "red, green", "labels-view": "one", "labels-item": "item:1:1"})
    assert 'class="ns-label-bars"' in markup(one)
    random_pictures = lab(
        part="labels", **{"labels-of": "red, green, blue", "labels-prompt": "{}", "labels-view": "map"}
    )
    assert not random_pictures.exception
    [figure] = [json.loads(each.proto.spec) for each in random_pictures.get("plotly_chart")]
    assert {"red", "green", "blue"} <= {trace.get("name") for trace in figure["data"]}
    assert re.findall(r"<b>(red|green|blue)</b></p><span>[1-9]", markup(random_pictures))
    link = {"labels-of": "tall, pictures", "labels-view": "folders", "labels-cell": "0-0"}
    against = lab(part="labels", **link)
    assert not against.exception
    assert "got exactly the label that their folder is called by" in visible_text(against)


def test_of_many_folders_the_largest_are_drawn_and_the_others_summed_up(
    colours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = {"labels-of": "tall, pictures", "labels-view": "folders"}
    whole = lab(part="labels", **link)
    assert "smaller" not in visible_text(whole) and "sums up" not in visible_text(whole)
    monkeypatch.setattr("search_app.components.lab.labelling._SHOWN_FOLDERS", 1)
    app = lab(part="labels", **link)
    assert not app.exception
    assert markup(app).count('<tr><th scope="row">') == 1
    assert markup(app).count('<tr class="ns-others">') == 1
    assert "2 smaller" in visible_text(app)
    assert "The 1 largest of 3 folders have a row each; the last row sums up all others." in visible_text(app)


@pytest.mark.parametrize("how", ["", "axis", "sum"])
def test_a_walk_shows_real_items_on_its_way(colours: Path, how: str) -> None:
    link = {"walk-from": "text:1:red", "walk-to": "text:1:blue", "walk-steps": "3", "walk-how": how}
    app = lab(part="walk", **{name: value for name, value in link.items() if value})
    assert not app.exception
    shown = visible_text(app)
    if how == "sum":
        assert "king" in shown and "≈" in shown
        app.text_input(key="walk-expression").set_value("red - green").run()
        assert url_params(app)["walk-sum"] == ["text:1:red", "text:-1:green"]
        app.button(key="lab-sign-walk-sum-1").click().run()
        assert url_params(app)["walk-sum"] == ["text:1:red", "text:1:green"]
    else:
        assert markup(app).count('class="ns-station') >= 3
    if how == "":
        assert "red.png" in shown and "blue.png" in shown


def test_steps_are_prepared_kept_in_the_link_and_presented_without_controls(colours: Path) -> None:
    app = lab(part="pairs", **{"pairs-thing": ["text:1:red", "text:1:blue"]})
    app.text_input(key="lab-step-title").set_value("Two <b>colours")
    app.text_area(key="lab-step-note").set_value("Not alike.")
    app.button(key="lab-step-add").click().run()
    assert not app.exception
    name = url_params(app)["steps"][0]
    shown = lab(steps=name, present="on", step="1")
    assert not shown.exception
    assert "Two <b>colours" in visible_text(shown) and "Not alike." in visible_text(shown)
    assert markup(shown).count('data-action="cell:') == 4
    assert not shown.text_input
    shown.button(key="lab-present-leave").click().run()
    assert url_params(shown) == {"part": ["pairs"], "pairs-thing": ["text:1:red", "text:1:blue"], "steps": [name]}


def test_without_steps_of_ones_own_a_tour_is_presented_and_the_arrows_lead_on(colours: Path) -> None:
    app = lab()
    app.button(key="lab-present-start").click().run()
    assert TOUR[0].title in visible_text(app)
    app.button(key="lab-present-right").click().run()
    assert not app.exception
    assert TOUR[1].title in visible_text(app)
    assert url_params(app) == {"present": ["on"], "step": ["2"], "part": ["why"]}


def test_what_a_presenter_changes_is_shown_and_gone_at_the_next_step(colours: Path) -> None:
    steps = [
        Step("One", "", {"part": ("family",), "family": ("words",), "family-words": ("red, blue, green",)}),
        Step("Two", "", {"part": ("pairs",)}),
    ]
    name = save_steps(colours / "test", steps)
    app = lab(steps=name)
    app.button(key="lab-present-start").click().run()
    app.selectbox(key="family-pick-words").select_index(2).run()
    assert url_params(app)["family-words-at"] == ["green"] and url_params(app)["present"] == ["on"]
    assert app.selectbox(key="family-pick-words").value == 2
    app.button(key="lab-present-right").click().run()
    assert url_params(app) == {"steps": [name], "present": ["on"], "step": ["2"], "part": ["pairs"]}
    app.button(key="lab-present-left").click().run()
    assert app.selectbox(key="family-pick-words").value == 0
    app.selectbox(key="family-pick-words").select_index(1).run()
    app.button(key="lab-present-leave").click().run()
    assert url_params(app)["family-words-at"] == ["blue"] and "present" not in url_params(app)
    assert not app.exception


def test_a_handout_holds_every_step_with_its_pictures(colours: Path) -> None:
    steps = [Step("One", "say <this>", {"part": ("pairs",)}), Step("Two", "", {"part": ("walk",)})]
    app = lab(steps=save_steps(colours / "test", steps))
    app.button(key="lab-handout").click().run()
    assert not app.exception
    page = app.session_state["the lab's handout"][1].decode()
    assert page.startswith("<!doctype html>") and page.count("<section>") == 2
    assert "say &lt;this&gt;" in page and "data:image/jpeg;base64," in page
    assert "http://" not in page and "https://" not in page


def upload_steps(app: AppTest, data: bytes) -> None:
    box = next(box for box in app.file_uploader if box.label == "Open saved steps")
    box.set_value(("steps.json", data, "application/json")).run()


def test_steps_that_were_saved_can_be_opened_again(colours: Path) -> None:
    app = lab()
    saved = serialise_steps([Step("Mine", "", {"part": ("walk",), "walk-how": ("axis",)})])
    upload_steps(app, saved)
    assert not app.exception
    assert "Your steps" in visible_text(app)
    app.button(key="lab-step-open-0").click().run()
    assert url_params(app)["walk-how"] == ["axis"]
    upload_steps(app, json.dumps({"a": 1}).encode())
    assert "This is not a file of steps" in visible_text(app)
