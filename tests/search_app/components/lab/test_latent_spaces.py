"""The family of latent spaces, as the page shows it, in the small space of the fake encoder."""

import time
from importlib import import_module
from pathlib import Path

import pytest

from search_app.access.permissions import Permission
from search_app.components.lab import encoder_comparison, latent_spaces
from search_app.components.lab.latent_spaces.samples import prose_rows
from search_app.components.lab.latent_spaces.section import VIEWS
from search_app.lab.latent_spaces import autoencoder
from search_app.lab.presentation_steps import Step, save_steps
from tests.patience import Patience
from tests.search_app.components.lab.lab_page import lab
from tests.search_app.page_driver import url_params, visible_text
from tests.search_app.search.memory_ledger import colourful, snapshot_of

pytestmark = pytest.mark.usefixtures("colours")


def _family(kind: str, **more: str):
    return lab(part="family", family=kind, **more)


@pytest.mark.parametrize("kind", [kind.key for kind in VIEWS])
def test_every_kind_tells_what_it_is_in_three_sentences(kind: str) -> None:
    app = _family(kind)
    assert not app.exception
    told = next(one.description for one in VIEWS if one.key == kind)
    assert told in visible_text(app)
    assert told.count(".") == 3


def test_a_word_lies_among_its_neighbours_by_either_distance() -> None:
    app = _family("words", **{"family-words": "red, red house, blue, green", "family-words-at": "red"})
    assert not app.exception
    by_cosine = visible_text(app)
    assert by_cosine.index("red house") < by_cosine.index("green")
    assert "4 points of 32 numbers each" in by_cosine
    app.segmented_control(key="family-words-by").set_value("Euclidean").run()
    assert url_params(app)["family-words-by"] == ["euclidean"]
    assert "the lower, the closer" in visible_text(app)


def test_topics_are_not_made_of_lists_and_licences() -> None:
    snapshot = snapshot_of(colourful(2))
    group = snapshot.groups["text"]
    group.facets.qualities[:8] = 0.2
    assert prose_rows(group).tolist() == list(range(8, 20))
    group.facets.qualities[:] = 0.2
    assert prose_rows(group).tolist() == list(range(20)), "rather than none"


def test_what_is_picked_goes_into_the_link() -> None:
    app = _family("words", **{"family-words": "red, blue, green"})
    app.selectbox(key="family-pick-words").select_index(2).run()
    assert url_params(app)["family-words-at"] == ["green"]


def test_an_encoder_that_does_not_show_its_features_says_where_to_look() -> None:
    app = _family("features")
    assert "does not show what its image tower sees" in visible_text(app)
    assert "lite" in visible_text(app)


def test_an_autoencoder_is_trained_on_the_pictures_and_kept(colours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autoencoder, "_MAX_EPOCHS", 20)
    app = _family("autoencoder", **{"family-ae-size": "2"})
    app.button(key="family-ae-train").click().run()
    patience = Patience(120)
    while "Through the bottleneck" not in visible_text(app):
        assert not app.exception and not patience.over()
        time.sleep(0.3)
        app.run()
    again = _family("autoencoder", **{"family-ae-size": "2"})
    assert "Through the bottleneck" in visible_text(again)
    assert "Pictures that never were" in visible_text(again)
    assert (colours / "test" / "projections" / "vae-2.npz").is_file()


def test_few_texts_give_topics_or_the_reason_why_not() -> None:
    assert "Do they agree?" in visible_text(_family("topics", **{"family-topics": "2"}))


def test_quality_counts_what_belongs_together_by_folders() -> None:
    app = lab(part="quality", quality="folders")
    assert not app.exception
    assert "image to image" in visible_text(app)
    assert "nDCG" in visible_text(app)


def test_without_captions_quality_says_what_a_caption_is() -> None:
    app = lab(part="quality")
    assert not app.exception
    assert "image to text" in visible_text(app) or "No picture here has a caption" in visible_text(app)


def test_another_encoder_is_compared_on_the_same_items_and_leaves_again(colours: Path) -> None:
    app = lab(part="quality", quality="folders")
    app.text_input(key="quality-with-typed").set_value("python:tests.narrow_encoder:NarrowEncoder")
    app.button(key="quality-with-start").click().run()
    patience = Patience(120)
    while "Both were asked the same" not in visible_text(app):
        assert not app.exception and not patience.over()
        time.sleep(0.2)
        app.run()
    assert visible_text(app).count("python:tests.narrow_encoder:NarrowEncoder") >= 2
    link = url_params(app)
    step = Step("quality", "", {name: tuple(values) for name, values in link.items()})
    handing = lab(steps=save_steps(colours / "test", [step]))
    handing.button(key="lab-handout").click().run()
    assert "Both were asked the same" in handing.session_state["the lab's handout"][1].decode()
    app.button(key="quality-with-none").click().run()
    assert "quality-with" not in url_params(app)


def test_a_link_never_has_code_loaded_by_itself() -> None:
    app = lab(part="quality", quality="folders", **{"quality-with": "python:tests.nowhere:Nothing"})
    assert "Compare with python:tests.nowhere:Nothing" in app.button(key="quality-with-again").label.replace("\\", "")
    app.button(key="quality-with-again").click().run()
    patience = Patience(120)
    while "cannot be compared" not in visible_text(app):
        assert not app.exception and not patience.over()
        time.sleep(0.2)
        app.run()


def test_whoever_may_only_look_has_no_encoder_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder_comparison, "visitor_permission", lambda: Permission(False, reason="You may look."))
    app = lab(part="quality", quality="folders", **{"quality-with": "lite"})
    assert not app.exception
    assert "Only who may change this space" in visible_text(app)
    assert not [button for button in app.button if button.key in ("quality-with-start", "quality-with-again")]


def test_a_handout_has_every_kind_and_the_quality(colours: Path) -> None:
    asked = {kind.key: {"part": ("family",), "family": (kind.key,)} for kind in VIEWS}
    steps = [Step(key, "", params) for key, params in asked.items()]
    steps.append(Step("quality", "", {"part": ("quality",), "quality": ("folders",)}))
    app = lab(steps=save_steps(colours / "test", steps))
    app.button(key="lab-handout").click().run()
    assert not app.exception
    handout = app.session_state["the lab's handout"][1].decode()
    assert handout.count("<section>") == len(VIEWS) + 1
    told = ("Nearest to dog", "does not show", "Do they agree?", "float16", "nearest kept", "nDCG")
    assert [words for words in told if words not in handout] == []
    assert handout.count('<svg class="ns-map-svg"') == 2  # of the words and of the topics


def test_every_module_that_defines_a_view_is_in_the_table_and_no_two_share_a_key() -> None:
    package = Path(latent_spaces.__file__).parent
    modules = [import_module(f"{latent_spaces.__name__}.{path.stem}") for path in package.glob("*.py")]
    views = [module.VIEW for module in modules if hasattr(module, "VIEW")]
    assert sorted(view.key for view in views) == sorted({view.key for view in VIEWS})
    assert len(views) == len(VIEWS)
