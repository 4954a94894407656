"""What an opened page loads before anybody asks."""

from pathlib import Path

from ingest.errors import EncoderError
from search_app.components.shared import open_spaces
from search_app.components.shared.open_spaces import opened
from tests.search_app.page_driver import page


def test_an_opened_page_loads_the_encoder_in_the_background(colours: Path) -> None:
    page()
    space = opened(colours, "test")
    assert space._preparing is not None
    space._preparing.join(60)
    assert space.encoder_is_loaded()


def test_an_encoder_that_cannot_be_loaded_is_told_of_by_the_first_question(colours: Path, monkeypatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise EncoderError("The encoder has gone. Install it again.")

    monkeypatch.setattr(open_spaces, "load_encoder", fails)
    page()
    space = opened(colours, "test")
    assert space._preparing is not None
    space._preparing.join(60)
    assert not space.encoder_is_loaded()
    asked = page(q="red")
    assert "The encoder has gone" in str([element.proto for element in asked.get("html")])
