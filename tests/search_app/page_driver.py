"""Runs a page of the app without a browser, and reads what it shows."""

import base64
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.navigation.page import calc_hash
from streamlit.testing.v1 import AppTest

ONE_LIST: dict[str, str | list[str]] = {"arrangement": "mixed", "expanded": "weaker"}
"""The parameters of a link that shows all results in one list, the weaker ones too."""
APP = Path(__file__).resolve().parents[2] / "search_app" / "app.py"


def page(path: str = "", **params: str | list[str]) -> AppTest:
    """The page with that URL path (by default the search page) after its first run with these URL parameters."""
    app = AppTest.from_file(str(APP), default_timeout=300)
    if path:
        app._page_hash = calc_hash(path)  # what a link to the page sends; no page here is a file
    for name, value in params.items():
        app.query_params[name] = value
    return app.run()


def markup(app: AppTest) -> str:
    """All HTML that the page itself produces."""
    return "\n".join(str(element.proto.body) for element in app.get("html"))


def visible_text(app: AppTest) -> str:
    """The text that a person reads in that HTML."""
    visible = re.sub(r"<style.*?</style>", "", markup(app), flags=re.S)
    return html.unescape(re.sub(r"<[^>]*>", " ", visible))


def card_titles(app: AppTest) -> list[str]:
    """The title of each result, in order."""
    found = re.findall(r'<article class="ns-result\b.*?<h4[^>]*>(.*?)</h4>', markup(app), flags=re.S)
    return [html.unescape(title) for title in found]


def card_modalities(app: AppTest) -> list[str]:
    """IMAGE or TEXT for each card."""
    kinds = re.findall(r'<article class="ns-(?:result|starter)[^"]* ns-(image|text)"', markup(app))
    return [kind.upper() for kind in kinds]


def card_buttons(app: AppTest, number: int = 1) -> list[tuple[str, str, str]]:
    """The buttons of a card, from top to bottom: the action of each, its item, and its label."""
    cards = re.findall(r'<article class="(?:ns-result|ns-starter)\b.*?</article>', markup(app), flags=re.S)
    found = re.findall(r'data-action="(\w+)" data-item="(\d+)"(?: title="([^"]*)"[^>]*)?>([^<]*)', cards[number - 1])
    return [(action, item, html.unescape(title or label)) for action, item, title, label in found]


def click(app: AppTest, action: str, number: int = 1, label: str = "") -> AppTest:
    """The page after a click on a card's button for `action`; see `components.shared.card_actions`."""
    item = next(item for name, item, text in card_buttons(app, number) if name == action and label in text)
    _run_elsewhere(app, _run_action, action, item)
    return app.run()


def _run_elsewhere(app: AppTest, function: Callable[..., None], *arguments: Any) -> AppTest:
    """Bring the URL of `app` to where `function` brings it; gives the app that has run it.

    AppTest cannot trigger a custom component: another app runs its action on the same URL.
    """
    runner = AppTest.from_function(function, args=arguments, default_timeout=300)
    for name, values in url_params(app).items():
        runner.query_params[name] = values
    runner.run()
    assert not runner.exception
    for name in [*app.query_params]:
        del app.query_params[name]
    for name, values in url_params(runner).items():
        app.query_params[name] = values
    return runner


def _run_action(action: str, item_id: str) -> None:
    from search_app.components.shared.card_actions import ACTIONS

    ACTIONS[action](item_id)


def bar(app: AppTest) -> dict[str, Any]:
    """What the query bar shows; {} if the page has none."""
    return _sent_to(app, "query_bar")


def in_bar(app: AppTest, name: str, **values: object) -> AppTest:
    """The page after something was done in the query bar; see `components.search.query_bar.EVENTS`."""
    from search_app.components.search.query_bar import PROBLEM

    runner = _run_elsewhere(app, _run_event, {"name": name, **values})
    if PROBLEM in runner.session_state:
        app.session_state[PROBLEM] = runner.session_state[PROBLEM]
    return app.run()


def ask(app: AppTest, text: str, picture: bytes = b"", file: str = "") -> AppTest:
    """The page after these words, and a picture, were asked in the bar."""
    return in_bar(app, "ask", text=text, picture=base64.b64encode(picture).decode(), file=file)


def token_of(app: AppTest, words: str) -> dict[str, Any]:
    """The token of the bar with these words, of a part of the question or of a filter."""
    shown = bar(app)
    return next(token for token in [*shown["tokens"], *shown["filters"]] if token["words"] == words)


def drop(app: AppTest, words: str) -> AppTest:
    """The page after the token with these words was taken out of the bar."""
    return in_bar(app, "drop", token=token_of(app, words)["id"])


def _run_event(event: dict[str, object]) -> None:
    from search_app.components.search.query_bar import run_event
    from search_app.components.shared import page_url
    from search_app.components.shared.app_space import choose_space, open_app_space

    choice = choose_space(page_url.space_name())
    run_event(open_app_space(choice.home, choice.name), event)


def scene(app: AppTest, name: str) -> dict[str, Any]:
    """What the map called `name` draws besides its points; {} if the page has no such map."""
    return _sent_to(app, f"{name}_scene")


def _sent_to(app: AppTest, component: str) -> dict[str, Any]:
    """What a component of our own was sent; {} if the page has no such component."""
    found = [each.proto for each in app.get("bidi_component") if each.proto.component_name == f"nearspace.{component}"]
    sent: dict[str, Any] = json.loads(found[0].json) if found else {}
    return sent


def url_params(app: AppTest) -> dict[str, list[str]]:
    """The parameters of the page's URL."""
    found = {}
    for name in app.query_params:
        value = app.query_params[name]
        found[name] = [value] if isinstance(value, str) else list(value)
    return found
