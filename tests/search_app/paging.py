"""Runs the search page without a browser, and reads what it shows."""

import html
import json
import re
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "search_app" / "app.py"


def page(**params: str | list[str]) -> AppTest:
    """The page after its first run, with these parameters in its URL."""
    app = AppTest.from_file(str(APP), default_timeout=300)
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
