"""Runs the search page without a browser, and reads what it shows."""

import html
import json
import re
from pathlib import Path
from typing import Any

from streamlit.navigation.page import calc_hash
from streamlit.testing.v1 import AppTest

from tests.patience import limit

APP = Path(__file__).resolve().parents[2] / "search_app" / "app.py"


def page(path: str = "", **params: str | list[str]) -> AppTest:
    """A page, that of the search if no path is given, after its first run with these parameters in its URL."""
    app = AppTest.from_file(str(APP), default_timeout=limit(300))
    if path:
        app._page_hash = calc_hash(path)  # what a link to the page asks for; no page here is a file
    for name, value in params.items():
        app.query_params[name] = value
    return app.run()


def markup(app: AppTest) -> str:
    """All HTML that the page puts out itself."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def words(app: AppTest) -> str:
    """What a person reads in that HTML."""
    visible = re.sub(r"<style.*?</style>", "", markup(app), flags=re.S)
    return html.unescape(re.sub(r"<[^>]*>", " ", visible))


def names(app: AppTest) -> list[str]:
    """The headline of each result card, in order."""
    return [html.unescape(name) for name in re.findall(r'<div class="ns-facts"><h4[^>]*>(.*?)</h4>', markup(app))]


def kinds(app: AppTest) -> list[str]:
    """IMAGE or TEXT for each card."""
    return re.findall(r'<span class="ns-kind">(\w+)</span>', markup(app))


def acts(app: AppTest, number: int = 1) -> list[tuple[str, str, str]]:
    """The buttons of a card, from above to below: what each does, to which item, and its label."""
    cards = re.findall(r'<article class="(?:ns-result|ns-starter)\b.*?</article>', markup(app), flags=re.S)
    found = re.findall(r'data-act="(\w+)" data-item="(\d+)"(?: title="([^"]*)"[^>]*)?>([^<]*)', cards[number - 1])
    return [(act, item, html.unescape(title or label)) for act, item, title, label in found]


def press(app: AppTest, act: str, number: int = 1, label: str = "") -> AppTest:
    """The page after a press on the button of a card that does `act`; see `components.shared.card_actions`."""
    item = next(item for does, item, its_label in acts(app, number) if does == act and label in its_label)
    # A test cannot press what a component of its own listens to: a page of its own does the act to the same URL.
    doing = AppTest.from_function(_do, default_timeout=limit(300), args=(act, item))
    for name, values in params(app).items():
        doing.query_params[name] = values
    doing.run()
    assert not doing.exception
    for name in [*app.query_params]:
        del app.query_params[name]
    for name, values in params(doing).items():
        app.query_params[name] = values
    return app.run()


def _do(act: str, item_id: str) -> None:
    from search_app.components.shared.card_actions import ACTS

    ACTS[act](item_id)


def scene(app: AppTest, name: str) -> dict[str, Any]:
    """What the map called `name` draws beside its points; {} where the page has no such map."""
    found = [each.proto for each in app.get("bidi_component") if each.proto.component_name == f"nearspace.{name}_scene"]
    drawn: dict[str, Any] = json.loads(found[0].json) if found else {}
    return drawn


def params(app: AppTest) -> dict[str, list[str]]:
    """The parameters of the page's URL."""
    found = {}
    for name in app.query_params:
        value = app.query_params[name]
        found[name] = [value] if isinstance(value, str) else list(value)
    return found
