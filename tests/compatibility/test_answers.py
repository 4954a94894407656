"""A recorded space answers as it did: on the command line, over HTTP and MCP, and from Python."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.command_line import nearspace
from tests.compatibility import answers, cases
from tests.compatibility.differences import difference
from tests.compatibility.recorded_space import SPACE, Recorded, record_of
from tests.compatibility.surface import http_client

FORMER_ARGUMENTS = {"folders"}
"""Arguments that the tools still take, as their calls show, and describe by another name."""


@pytest.fixture(scope="module")
def items() -> answers.Items:
    """What was recorded of each item."""
    found: answers.Items = record_of("items")
    return found


@pytest.fixture(scope="module")
def client(recorded: Recorded) -> Iterator[TestClient]:
    with http_client(recorded.home, SPACE) as client:
        yield client


def holds(name: str, now: Any, *case: str) -> None:
    """Require that an answer equals the recorded one."""
    kept = record_of(name)
    for key in case:
        kept = kept[key]
    assert not (differs := difference(kept, now)), differs


@pytest.mark.parametrize("case", cases.SEARCHES)
def test_a_search_in_the_terminal_finds_what_it_found(recorded: Recorded, items: answers.Items, case: str) -> None:
    holds("search", answers.search(recorded, cases.SEARCHES[case], items), case)


def test_a_search_refuses_what_it_refused(recorded: Recorded) -> None:
    refused = {name: answers.refused_search(recorded, case) for name, case in cases.REFUSED_SEARCHES.items()}
    holds("refused", refused)


def test_the_command_itself_finds_what_it_found(recorded: Recorded, items: answers.Items) -> None:
    done = nearspace("search", *cases.SEARCHES["words"], "--json", *recorded.where)
    assert done.returncode == 0, done.stderr
    holds("search", answers.condensed(recorded.neutral(json.loads(done.stdout)), items), "words")


def test_status_and_topics_are_reported_as_before(recorded: Recorded) -> None:
    holds("status", answers.status(recorded))
    holds("topics", answers.topics(recorded))


@pytest.mark.parametrize("suffix", answers.EXPORTS)
def test_exports_hold_what_they_held(recorded: Recorded, suffix: str) -> None:
    holds("exports", answers.exported_results(recorded, suffix), suffix)


@pytest.mark.parametrize("case", cases.REQUESTS)
def test_a_request_is_answered_as_before(
    recorded: Recorded, client: TestClient, items: answers.Items, case: str
) -> None:
    holds("requests", answers.request(recorded, client, cases.REQUESTS[case], items), case)


@pytest.mark.parametrize("case", cases.FORMS)
def test_a_form_with_pictures_is_answered_as_before(
    recorded: Recorded, client: TestClient, items: answers.Items, case: str
) -> None:
    holds("forms", answers.form(recorded, client, cases.FORMS[case], items), case)


def test_pictures_and_files_are_given_out_as_before(client: TestClient) -> None:
    holds("files", {name: answers.file(client, address) for name, address in cases.FILES.items()})


def test_every_parameter_that_was_described_still_is(client: TestClient) -> None:
    described = answers.parameters(client)
    for way, names in record_of("parameters").items():
        assert set(names) <= set(described[way]), way


def test_an_assistant_finds_the_same_tools_and_answers(recorded: Recorded, items: answers.Items) -> None:
    now, before = answers.tools(recorded, items), record_of("tools")
    for tool, names in before["offered"].items():
        assert set(names) <= {*now["offered"][tool], *FORMER_ARGUMENTS}
    assert not (differs := difference(before["called"], now["called"])), differs


def test_a_program_gets_what_it_got(recorded: Recorded, items: answers.Items) -> None:
    holds("python", answers.python_api(recorded, items))


def test_a_difference_is_found_and_additions_are_allowed() -> None:
    before = record_of("search")["words"]
    changed = copy.deepcopy(before)
    changed[3]["cosine"] += 0.001
    assert "/3/cosine" in difference(before, changed)
    assert "/0/" in difference(before, [before[1], before[0], *before[2:]])
    assert difference(before, before[1:])
    assert difference({"a": 1}, {"b": 1}) and difference({"a": 1}, {"a": True}) and difference({"a": 1}, [1])
    assert not difference(before, [{**result, "new": 1} for result in before])
    assert not difference([1.0], [1.00005]) and not difference([1], [1.0]) and difference([1.0], ["1.0"])
    close = {"score": 1.0, "cosine": 1.0, "distance": 0.0, "percentile": 5.0}
    tied = [{"rank": 1, "id": "2", **close}, {"rank": 2, "id": "3", **close}]
    assert not difference(tied, [{**tied[1], "rank": 1}, {**tied[0], "rank": 2}])


def test_recorded_answers_hold_no_temporary_paths() -> None:
    for path in sorted((Path(__file__).parent / "data").glob("*.json")):
        assert "/tmp/" not in path.read_text(encoding="utf-8"), path.name
