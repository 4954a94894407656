"""The page that describes the HTTP API, made from its OpenAPI description; it asks nothing of anywhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; }
body { max-width: 56rem; margin: 2rem auto; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h2 { margin: 2rem 0 .3rem; font-size: 1.05rem; }
code, pre { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
h2 b { display: inline-block; min-width: 3.4rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
td { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .35rem .6rem .35rem 0;
     vertical-align: top; }
td:first-child { white-space: nowrap; width: 9rem; }
p { margin: .3rem 0; }
"""


def describe(openapi: Mapping[str, Any]) -> str:
    """The page, as HTML."""
    info = openapi["info"]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])}</h1><p>{escape(info.get('description', ''))}</p>",
        "<p>For programs that read it: <a href='openapi.json'>openapi.json</a>.</p>",
    ]
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            parts.append(_operation(path, method, operation, openapi))
    return "".join([*parts, "</body></html>"])


def _operation(path: str, method: str, operation: Mapping[str, Any], openapi: Mapping[str, Any]) -> str:
    rows = [
        (parameter["name"], parameter["in"], parameter.get("description") or parameter["schema"].get("description", ""))
        for parameter in operation.get("parameters", ())
        if not parameter.get("deprecated")
    ]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        reference = content["schema"].get("$ref", "")
        schema = openapi.get("components", {}).get("schemas", {}).get(reference.rpartition("/")[2], content["schema"])
        rows += [(name, "form", field.get("description", "")) for name, field in schema.get("properties", {}).items()]
    table = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(place)}</td><td>{escape(words)}</td></tr>"
        for name, place, words in rows
    )
    return (
        f"<h2><b>{escape(method.upper())}</b> <code>{escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description') or operation.get('summary', ''))}</p>"
        f"<table>{table}</table>"
    )
