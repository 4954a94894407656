"""One schema of a question: each way in takes its names and values from it, and refuses in the same words."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from mcp.client import Client

from ingest.cli import main
from search_app.commands.search import add_arguments
from search_app.search.fields import FieldError, fields_of
from search_app.search.query import Query
from search_app.search.query_schema import Filters, Listing
from search_app.search.requests import FILTERS, LISTING
from search_app.server.http import make_app
from search_app.server.mcp import make_server
from search_app.server.open_space import ServedSpace
from tests.event_loop import run_async

WRONG = {
    "modality": "video",
    "after": "yesterday",
    "before": "2024-02-31",
    "min_pixels": "many",
    "max_bytes": "-1",
    "orientation": "round",
    "dominant_colour": "mauve",
    "selection": "../ledger",
    "where": "=x",
    "sort": "rowid",
    "page": "0",
    "diversity": "1.5",
    "method": "magic",
    "balance": "nan",
}


@pytest.fixture(scope="module")
def client(served_space: ServedSpace) -> Iterator[TestClient]:
    with TestClient(make_app(served_space), base_url="http://127.0.0.1") as client:
        yield client


def tools(served_space: ServedSpace) -> dict[str, dict]:
    async def declared() -> dict[str, dict]:
        async with Client(make_server(served_space)) as client:
            return {tool.name: tool.input_schema["properties"] for tool in (await client.list_tools()).tools}

    return run_async(declared)


def test_every_filter_and_every_field_of_a_listing_is_offered_by_every_way_in(
    served_space: ServedSpace, client: TestClient
) -> None:
    names = {*FILTERS, *LISTING}
    ways = client.get("/openapi.json").json()["paths"]
    for way in (ways["/v1/search"]["get"], ways["/v1/items/{item_id}/similar"]["get"]):
        assert {parameter["name"] for parameter in way["parameters"] if parameter["in"] == "query"} >= names
    assert all(names <= declared.keys() for tool, declared in tools(served_space).items() if tool != "show")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    assert {option for action in parser._actions for option in action.option_strings} >= {
        f"--{name.replace('_', '-')}" for name in names
    }


def test_every_way_in_describes_a_field_in_the_same_words(served_space: ServedSpace, client: TestClient) -> None:
    search = client.get("/openapi.json").json()["paths"]["/v1/search"]["get"]["parameters"]
    by_http = {parameter["name"]: parameter["description"] for parameter in search}
    by_mcp = {name: schema["description"] for name, schema in tools(served_space)["search"].items()}
    for schema in (Filters, Listing):
        for name, field in fields_of(schema).items():
            assert by_http[name] == by_mcp[name] == field.described


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_refused_by_every_way_in_with_the_same_words(
    name: str, served_space: ServedSpace, client: TestClient, colours_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    value = WRONG[name]
    with pytest.raises(FieldError) as refused:
        (Filters if name in fields_of(Filters) else Listing)(**{name: value})
    message = str(refused.value)
    assert message.startswith((f"{name}: {value!r} ", f"{name}: there is no {value!r}. "))
    assert message.rstrip(".").rpartition(". ")[2].split()[0] in ("Give", "Write", "Choose", "Take")

    answer = client.get("/v1/search", params={"text": "red", name: value})
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["message"] == message

    async def called() -> object:
        async with Client(make_server(served_space)) as assistant:
            return await assistant.call_tool("search", {"text": "red", name: value})

    result = run_async(called)
    assert result.is_error and result.content[0].text == message  # type: ignore[attr-defined]

    option = f"--{name.replace('_', '-')}={value}"
    assert main(["search", "red", option, "--home", str(colours_home), "--space", "test"]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_former_name_is_repeated_where_its_value_is_refused(client: TestClient) -> None:
    answer = client.get("/v1/search?text=red&shape=round")
    assert answer.json()["error"]["message"].startswith("orientation (shape): there is no 'round'. Choose of")


def test_numbers_of_pixels_and_bytes_and_days_are_read_as_people_write_them(client: TestClient) -> None:
    assert Filters(min_pixels="2MP", max_bytes="500kB", before="2024-02") == Filters(  # type: ignore[arg-type]
        min_pixels=2_000_000,
        max_bytes=500_000,
        before=Filters(before="2024-02-29").before,  # type: ignore[arg-type]
    )
    everything = client.get("/v1/search?text=red&count=96").json()
    assert client.get("/v1/search?text=red&count=96&max_bytes=1GB&after=1990").json() == everything
    assert client.get("/v1/search?text=red&min_pixels=640x480").json()["results"] == []


def test_a_question_of_no_limits_reads_as_no_filter() -> None:
    assert Filters(modality=("image", "text")).narrow is False
    assert Filters() == Filters(**{name: getattr(Filters(), name) for name in fields_of(Filters)})
    assert Query() == Query(**{name: getattr(Query(), name) for name in fields_of(Query)})
