"""What an opened page loads in the background before the first query."""

from pathlib import Path

from ingest.errors import EncoderError
from search_app.components.shared import app_space
from search_app.components.shared.app_space import open_app_space
from tests.search_app.page_driver import page


def test_an_opened_page_loads_the_encoder_in_the_background(colours: Path) -> None:
    page()
    space = open_app_space(colours, "test")
    assert space._warm_up_thread is not None
    space._warm_up_thread.join(60)
    assert space.encoder_is_loaded()


def test_an_encoder_that_cannot_be_loaded_is_reported_by_the_first_query(colours: Path, monkeypatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise EncoderError("The encoder has gone. Install it again.")

    monkeypatch.setattr(app_space, "load_encoder", fails)
    page()
    space = open_app_space(colours, "test")
    assert space._warm_up_thread is not None
    space._warm_up_thread.join(60)
    assert not space.encoder_is_loaded()
    app = page(q="red")
    assert "The encoder has gone" in str([element.proto for element in app.get("html")])
