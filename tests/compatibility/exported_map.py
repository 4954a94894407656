"""Reads the data that an exported map embeds."""

import base64
import json
import re
from typing import Any

import numpy as np


def embedded(page: bytes) -> dict[str, Any]:
    """The data of an exported map: its axes, and a sorted row for each item with its words and its place."""
    found = re.search(r'\{"title":.*\}', page.decode("utf-8"))
    assert found
    data = json.loads(found[0].split("</script>")[0].rstrip("; \n"))
    dimensions = data["dimensions"]
    spots = _numbers(data["spots"]).reshape(-1, dimensions)
    kinds, topics, folders = (_numbers(data[name]) for name in ("modalities", "topics", "folders"))
    rows = [
        [
            data["names"][row],
            data["words"][row],
            int(kinds[row]),
            data["topicNames"][topics[row]],
            data["folderNames"][folders[row]],
            str(row) in data["pictures"],
            *map(int, spots[row]),
        ]
        for row in range(len(spots))
    ]
    figures = [re.findall(r"\d+(?:\.\d+)?", axis) for axis in data["axes"]]
    return {
        "title": data["title"],
        "dimensions": dimensions,
        "isometric": data["isometric"],
        "axes": figures,
        "rows": sorted(rows, key=str),
    }


def _numbers(packed: str) -> Any:
    return np.frombuffer(base64.b64decode(packed), "<u2")
