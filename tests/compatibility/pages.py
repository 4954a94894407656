"""Reads what a page of the app shows, in a form that depends little on how the page is made."""

import html
import json
import re
import struct
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from streamlit.testing.v1 import AppTest

from tests.compatibility.surface import markup, visible_text

_MAPS = ("search_map", "space_map")
_NUMBER = re.compile(r"(?<![\w.:])[+\-−]?\d*\.?\d+(?![\w:]|\.\d)")
_DISTANCE = re.compile(r"(?<![\w.:])-?\d\.\d\d(?!\d)")
_FILE = re.compile(r"[\w ]+\.(?:png|jpg|gif|webp|bmp|tif|md|txt|html|srt|pdf|csv)")
_KINDS = {"u1": "u1", "u2": "<u2", "i2": "<i2", "u4": "<u4", "f4": "<f4", "f8": "<f8"}
_TABS = ("library-tab", "library-show")


def shown(app: AppTest) -> dict[str, Any]:
    """What the page shows: its results and maps, or else its figures and file names, and its tables."""
    assert not app.exception, [error.message for error in app.exception]
    found: dict[str, Any] = {
        "hits": hits(app),
        "maps": maps(app),
        "tables": [_table(table.value) for table in app.dataframe],
    }
    if found["hits"]:
        found["as a list"] = 'class="ns-result ns-listed' in markup(app)
    if details := [block for block in app.get("flex_container") if block.proto.id.endswith("-details")]:
        found["opened"] = sorted(set(_files("".join(_bodies(details[0])))))
    if any(drawn["item"] for drawn in found["maps"].values()):
        found["distances"] = [float(figure) for figure in _DISTANCE.findall(visible_text(app))]
    if tabs := [str(group.value) for group in app.button_group if group.key in _TABS]:
        found["tabs"] = tabs
    elif not found["hits"] and not found["maps"]:
        found["figures"] = [figure.replace("−", "-") for figure in _NUMBER.findall(visible_text(app))]
        found["files"] = _files(markup(app))
        found["marked"] = [
            [html.unescape(words), float(weight)]
            for weight, words in re.findall(r"<mark[^>]*:(\d+)%[^>]*>([^<]*)</mark>", markup(app))
        ]
        found["chosen"] = [str(group.value) for group in app.button_group if str(group.key).startswith("family")]
        found["charts"] = [sorted({trace["type"] for trace in chart["data"]}) for chart in _charts(app)]
    return found


def _table(table: pd.DataFrame) -> list[list[str]]:
    """The first columns of a table, with whole paths of folders that the page shortens."""
    if {"Folder", "Path"} <= set(table.columns):
        table = table.assign(Folder=[str(PurePath(path).parent) for path in table["Path"]])
    found: list[list[str]] = table.iloc[:, :4].astype(str).values.tolist()
    return found


def hits(app: AppTest) -> list[str]:
    """The ids of the results in order."""
    return re.findall(r'<article class="ns-result\b[^>]* data-item="(\d+)"', markup(app))


def maps(app: AppTest) -> dict[str, Any]:
    """What each map of the page draws."""
    parts = {each.proto.component_name: each.proto for each in app.get("bidi_component")}
    drawn = {}
    for name in _MAPS:
        if f"nearspace.{name}_scene" not in parts:
            continue
        scene = json.loads(parts[f"nearspace.{name}_scene"].json)
        points, arrays = _unpacked(parts[f"nearspace.{name}_points"].bytes)
        look, colours = _unpacked(parts[f"nearspace.{name}_colours"].bytes)
        ids = [int(number) for number in arrays["ids"]]
        drawn[name] = {
            "hits": [[hit["id"], hit["rank"]] for hit in scene["hits"]],
            "star": scene["star"],
            "item": scene["item"],
            "near": [each["id"] for each in scene["near"]],
            "spot": scene["place"],
            "area": scene["area"],
            "topics": sorted(str(topic.get("name") or topic.get("label")) for topic in scene["topics"]),
            "hidden": scene["hidden"],
            "window": scene["window"],
            "sheet": scene["pictures"],
            "axes": [_figures(f"{axis['title']} {axis['low']} {axis['high']}") for axis in scene["axes"]],
            "dimensions": points["dimensions"],
            "items": len(ids),
            "by": look["by"],
            "legend": [[kind["name"], kind["count"]] for kind in look["legend"]],
            "scale": look["ramp"] and [look["ramp"]["low"], look["ramp"]["high"]],
            "faint": sorted(number for number, faint in zip(ids, colours["faint"], strict=False) if faint),
        }
    return drawn


def _figures(title: str) -> list[str]:
    """The figures of an axis, or else what its ends are called."""
    return re.findall(r"\d+\.\d+", title) or title.split()[-2:]


def _unpacked(packed: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the arrays of a piece that the browser's map gets."""
    (length,) = struct.unpack("<I", packed[:4])
    header = json.loads(packed[4 : 4 + length])
    arrays, at = {}, 4 + length
    for block in header["blocks"]:
        at += -at % 8
        kind = np.dtype(_KINDS[block["kind"]])
        arrays[block["name"]] = np.frombuffer(packed, kind, block["count"], at)
        at += kind.itemsize * block["count"]
    return header, arrays


def _files(markup: str) -> list[str]:
    """The names of files that stand alone in HTML, in order."""
    texts = (html.unescape(text).strip() for text in re.findall(r">([^<]*)<", markup))
    return [text for text in texts if _FILE.fullmatch(text)]


def _bodies(block: Any) -> list[str]:
    """The HTML within a block."""
    found = []
    for child in getattr(block, "children", {}).values():
        found += [str(getattr(child.proto, "body", ""))] if hasattr(child, "proto") else []
        found += _bodies(child)
    return found


def _charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(each.proto.spec) for each in app.get("plotly_chart")]
