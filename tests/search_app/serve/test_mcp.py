"""The MCP server, spoken with by a real client over standard input and output."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult
from PIL import Image

from search_app.search.results import FIELDS
from tests.search_app.conftest import CAPTION, PASSAGE

T = TypeVar("T")


def with_client(home: Path, act: Callable[[Client], Awaitable[T]]) -> T:
    """What `act` gives, with a client of `nearspace mcp` in a child process."""
    command = ["-m", "ingest.cli", "mcp", "--home", str(home), "--space", "test"]
    server = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))

    async def acting() -> T:
        with anyio.fail_after(300):
            async with Client(server) as client:
                return await act(client)

    # In a thread of its own: where a browser was started in this one, Playwright's event loop already runs in it.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, acting).result()


def told(result: CallToolResult) -> dict:
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)  # type: ignore[union-attr]


def test_an_assistant_searches_finds_what_is_similar_and_looks_at_it(colours_home: Path) -> None:
    async def act(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search", "similar", "show"}
        for tool in tools.values():
            assert tool.annotations is not None and tool.annotations.read_only_hint
            assert tool.description
            for field in tool.input_schema["properties"].values():
                assert field.get("description") or any(each.get("description") for each in field.get("anyOf", ()))

        asked = {"text": "red", "minus": ["blue"], "modality": "image", "folders": ["pictures"], "count": 3}
        found = told(await client.call_tool("search", asked))["results"]
        assert Path(found[0]["path"]).name == "red.png"
        assert list(found[0]) == list(FIELDS)
        assert len(found) == 3

        similar = told(await client.call_tool("similar", {"item_id": found[0]["id"], "count": 5}))["results"]
        assert found[0]["id"] not in [result["id"] for result in similar]
        assert any(Path(result["path"]).name == "red tall.png" for result in similar)
        liked = told(await client.call_tool("search", {"like": [found[0]["id"]], "count": 5}))["results"]
        assert liked == similar

        exact = told(await client.call_tool("search", {"text": "red", "exact": ["about blue"]}))["results"]
        assert [Path(result["path"]).name for result in exact] == ["blue.txt"]

        alone = told(await client.call_tool("search", {"exact": ["about blue"]}))["results"]
        assert [Path(result["path"]).name for result in alone] == ["blue.txt"]

        shown = await client.call_tool("show", {"item_id": found[0]["id"]})
        assert told(shown)["path"] == found[0]["path"]
        [picture] = [content for content in shown.content if content.type == "image"]
        assert picture.mime_type == "image/jpeg"
        seen = Image.open(io.BytesIO(base64.b64decode(picture.data)))
        assert seen.format == "JPEG"
        assert seen.getpixel((5, 5))[0] > 180  # type: ignore[index]

        odd = told(await client.call_tool("search", {"text": "red stars", "folders": ["odd"]}))["results"]
        assert {CAPTION, PASSAGE} <= {result["text"] for result in odd}
        passage = next(result for result in odd if result["text"] == PASSAGE)
        assert [content.type for content in (await client.call_tool("show", {"item_id": passage["id"]})).content] == [
            "text"
        ]

        for tool, wrong, reason in (
            ("search", {}, "nothing to look for"),
            ("search", {"text": "x" * 10_000}, "longer than"),
            ("search", {"text": "red", "like": ["999999"]}, "has no item 999999"),
            ("show", {"item_id": "../../etc/passwd"}, "has no item"),
            ("similar", {"item_id": "1 OR 1=1"}, "has no item"),
            ("search", {"text": "red", "count": 100_000}, "count"),
        ):
            refused = await client.call_tool(tool, wrong)
            assert refused.is_error, (tool, wrong)
            assert reason in refused.content[0].text  # type: ignore[union-attr]

    with_client(colours_home, act)


def test_a_missing_space_is_told_on_standard_error_alone(colours_home: Path) -> None:
    command = [sys.executable, "-m", "ingest.cli", "mcp", "--home", str(colours_home), "--space", "nowhere"]
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert done.stdout == ""


def test_without_the_extra_the_command_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from ingest.cli import main

    find = importlib.util.find_spec
    monkeypatch.setattr("search_app.commands.mcp.find_spec", lambda name: None if name == "mcp" else find(name))
    shown: list[str] = []
    monkeypatch.setattr("ingest.console.output.show_error", shown.append)
    assert main(["mcp"]) == 2
    assert "nearspace[mcp]" in shown[0]
