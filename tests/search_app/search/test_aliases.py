"""Every former name of a field is still read, on each way in that had it."""

import argparse
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from mcp.client import Client

from search_app.commands.field_options import add_filters, add_listing, filters_and_listing
from search_app.search.aliases import ALIASES, Alias, Surface
from search_app.search.fields import fields_of
from search_app.search.query import Query
from search_app.search.query_schema import Display, Filters, Listing, MapView
from search_app.search.url_state import from_params, to_params
from search_app.server.http import make_app
from search_app.server.mcp import make_server
from search_app.server.open_space import ServedSpace
from tests.event_loop import run_async

VALUES = {
    "text": "red",
    "count": "7",
    "modality": "image",
    "folder": "notes",
    "format": "png",
    "min_pixels": "3000",
    "max_pixels": "3000",
    "min_bytes": "100",
    "max_bytes": "60",
    "orientation": "portrait",
    "dominant_colour": "blue",
    "has_caption": "on",
    "topic": "red",
    "exact": "about blue",
    "layout": "list",
    "unfolded": "12",
    "opened": "12",
    "dimensions": "3",
    "colouring": "folder",
    "hidden": "image",
    "measure": "euclidean",
}
"""A value of each field that has had another name."""


def aliases(surface: Surface) -> list[object]:
    return [pytest.param(alias, id=alias.former) for alias in ALIASES if surface in alias.surfaces]


def pairs(alias: Alias) -> list[tuple[str, str]]:
    """Values as they were written under the former name, each with what it is now."""
    return list(alias.values.items()) or [(VALUES[alias.name], VALUES[alias.name])]


def test_every_alias_stands_for_a_field_of_the_schema() -> None:
    named = set().union(*(fields_of(schema) for schema in (Query, Filters, Listing, Display, MapView)))
    assert {alias.name for alias in ALIASES} <= named
    assert not {alias.former for alias in ALIASES if alias.former != alias.name and "link" in alias.surfaces} & named


@pytest.mark.parametrize("alias", aliases("link"))
def test_a_link_with_a_former_name_means_the_same_and_is_written_with_the_present_one(alias: Alias) -> None:
    for former, present in pairs(alias):
        query, view = from_params({alias.former: [former]})
        assert (query, view) == from_params({alias.name: [present]}) != (Query(), MapView())
        assert to_params(query, view) == {alias.name: [present]}


@pytest.mark.parametrize("alias", aliases("http"))
def test_a_request_with_a_former_name_is_answered_the_same(alias: Alias, served_space: ServedSpace) -> None:
    with TestClient(make_app(served_space), base_url="http://127.0.0.1") as client:
        for former, present in pairs(alias):
            answers = [
                client.get("/v1/search", params={"text": "red", name: value})
                for name, value in ((alias.former, former), (alias.name, present))
            ]
            assert [answer.status_code for answer in answers] == [200, 200]
            assert answers[0].json() == answers[1].json() != client.get("/v1/search?text=red").json()


@pytest.mark.parametrize("alias", aliases("python"))
def test_filters_of_a_program_take_and_have_their_former_names(alias: Alias) -> None:
    value = True if alias.name == "has_caption" else (VALUES[alias.name],)
    former = Filters(**{alias.former: value})
    assert former == Filters(**{alias.name: value}) != Filters()
    assert getattr(former, alias.former) == getattr(former, alias.name) == value
    assert replace(Filters(title="x"), **{alias.former: value}) == replace(former, title="x")


@pytest.mark.parametrize("alias", aliases("option"))
def test_options_of_the_command_line_keep_their_former_names(alias: Alias) -> None:
    def given(*words: str) -> Filters:
        parser = argparse.ArgumentParser()
        add_filters(parser)
        add_listing(parser)
        return filters_and_listing(parser.parse_args(words))[0]

    value = VALUES[alias.name]
    assert given(f"--{alias.former}", value) == given(f"--{alias.name.replace('_', '-')}", value) != Filters()
    if alias.former.endswith("-size"):
        of_bytes = f"{alias.former[:3]}_bytes"
        assert given(f"--{alias.former}", "500kB") == Filters(**{of_bytes: 500_000})
        assert given(f"--{alias.former}", "2MP") == Filters(**{alias.name: 2_000_000})


@pytest.mark.parametrize("alias", aliases("mcp"))
def test_the_tools_of_an_assistant_keep_their_former_names(alias: Alias, served_space: ServedSpace) -> None:
    async def answers() -> list[str]:
        async with Client(make_server(served_space)) as client:
            value = [VALUES[alias.name]]
            calls = ({alias.former: value}, {alias.name: value}, {})
            results = [await client.call_tool("search", {"text": "red", **call}) for call in calls]
            assert not any(result.is_error for result in results)
            return [result.content[0].text for result in results]

    former, present, without = run_async(answers)
    assert former == present != without
