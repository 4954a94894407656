"""Good answers are counted, marked and listed alone in one way: on the command line, over HTTP, by MCP, in Python."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient
from mcp.client import Client

from search_app.search import Listing, Space
from search_app.search.query import Query
from search_app.search.query_schema import MapView
from search_app.search.results import OF_ALL
from search_app.search.url_state import from_params, to_params
from search_app.server.http import make_app
from search_app.server.mcp import make_server
from search_app.server.open_space import ServedSpace
from tests.browser.serving import nearspace

Envelope = dict[str, Any]


@pytest.fixture
def served(colours_home: Path) -> Iterator[ServedSpace]:
    space = ServedSpace("test", colours_home)
    yield space
    space.close()


def by_http(served: ServedSpace, **asked: Any) -> Envelope:
    with TestClient(make_app(served, hosts=("testserver",))) as client:
        answer: Envelope = client.get("/v1/search", params={"text": "red", "count": 40, **asked}).json()
    return answer


def by_mcp(served: ServedSpace, **asked: Any) -> Envelope:
    async def call() -> Envelope:
        async with Client(make_server(served)) as client:
            answer = await client.call_tool("search", {"text": "red", "count": 40, **asked})
            found: Envelope = json.loads(answer.content[0].text)  # type: ignore[union-attr]
            return found

    return anyio.run(call)


def by_command(home: Path, *options: str) -> Any:
    done = nearspace("search", "red", "-k", "40", *options, "--home", home, "--space", "test")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("asked", [{}, {"good_only": True}, {"separate": True}])
def test_every_way_gives_the_same_count_and_the_same_cut(
    colours_home: Path, served: ServedSpace, asked: dict[str, bool]
) -> None:
    with Space("test", home=colours_home) as space:
        results = space.search("red", count=40, listing=Listing(fold=False, group=False, **asked))  # type: ignore[arg-type]
        python = json.loads(json.dumps(results.as_json()))
    assert by_http(served, **dict.fromkeys(asked, "on")) == python
    assert by_mcp(served, **asked) == python
    options = [f"--{name.replace('_', '-')}" for name in asked]
    assert by_command(colours_home, "--counts", *options) == python
    assert by_command(colours_home, "--json", *options) == python["results"]
    assert list(python) == ["results", *OF_ALL]
    listed = [(each["modality"], each["good"], each["closeness"]) for each in python["results"]]
    assert all(good == (closeness != "no real match") for _, good, closeness in listed)
    for modality, count in python["good"].items():
        assert count == sum(good and kind == modality for kind, good, _ in listed) > 0
    if "good_only" in asked:
        assert all(good for _, good, _ in listed)
    else:
        assert not all(good for _, good, _ in listed)
    if "separate" in asked:
        kinds = [kind for kind, _, _ in listed]
        assert kinds == sorted(kinds, key=python["shelves"].index)
        assert [each["rank"] for each in python["results"]] == list(range(1, len(listed) + 1))


def test_a_link_keeps_the_cut() -> None:
    query = Query("red", listing=Listing(good_only=True))
    assert from_params({name: list(values) for name, values in to_params(query, MapView()).items()})[0] == query


def test_the_terminal_says_how_many_match_and_praises_nothing_that_does_not(colours_home: Path) -> None:
    done = nearspace("search", "red", "-k", "30", "--home", colours_home, "--space", "test")
    assert done.returncode == 0 and "good match" in done.stderr
    rows = [line for line in done.stdout.splitlines() if "no real match" in line]
    assert rows and not any("%" in row for row in rows)
    none = nearspace("search", "xylophone quartz", "--good-only", "--home", colours_home, "--space", "test")
    assert "without --good-only" in " ".join((none.stderr + none.stdout).split())
