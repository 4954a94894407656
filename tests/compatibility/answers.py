"""Queries the recorded space through every public surface; all answers are values that JSON can hold."""

import contextlib
import csv
import hashlib
import io
import json
import os
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anyio
from fastapi.testclient import TestClient
from PIL import Image

from ingest.cli import main
from search_app.engine import Filters, Listing, Part, Space
from tests.compatibility import cases
from tests.compatibility.differences import difference
from tests.compatibility.pages import shown
from tests.compatibility.recorded_space import SPACE, Recorded, record_of
from tests.compatibility.surface import ONE_LIST, page
from tests.event_loop import run_async
from tests.fake_encoder import COLOURS

Answers = dict[str, Any]
Items = dict[str, Answers]
"""What results say of items, by id."""

_OF_THE_SEARCH = ("rank", "id", "percentile", "cosine", "distance", "score", "closeness", "alike", "passages")


def filled_in(value: Any, recorded: Recorded) -> Any:
    """The case with its placeholders replaced; see `tests.compatibility.cases`."""
    if isinstance(value, str):
        kept = record_of("kept")
        names = {**kept, "upload": str(upload(recorded)), "out": str(recorded.home.parent)}
        for name, put_in in names.items():
            value = value.replace("{" + name + "}", put_in)
        return value
    if isinstance(value, dict):
        return {name: filled_in(each, recorded) for name, each in value.items()}
    return [filled_in(each, recorded) for each in value] if isinstance(value, list) else value


def upload(recorded: Recorded) -> Path:
    """The picture file that searches use."""
    path = recorded.home.parent / "upload.png"
    if not path.exists():
        Image.new("RGB", (80, 60), COLOURS["purple"]).save(path)
    return path


# ---- the command line -----------------------------------------------------------------------------------------------


def command(*arguments: str) -> tuple[int, str]:
    """Run `nearspace` in this process; returns the exit status and what it printed on standard output."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        try:
            status = main(arguments)
        except SystemExit as end:  # argparse refuses so
            status = int(end.code or 0)
    return status, printed.getvalue()


def search(recorded: Recorded, arguments: Sequence[str], items: Items) -> list[Answers]:
    """The results of `nearspace search --json`, as `condensed` gives them."""
    status, printed = command("search", *filled_in(list(arguments), recorded), "--json", *recorded.where)
    assert status == 0, arguments
    return condensed(recorded.neutral(json.loads(printed)), items)


def condensed(results: list[Answers], items: Items) -> list[Answers]:
    """Results without the fields of their items, which are added to `items`, or must equal what is there."""
    for result in results:
        facts = {name: value for name, value in result.items() if name not in _OF_THE_SEARCH}
        assert not difference(items.setdefault(result["id"], facts), facts), result["id"]
    return [{name: value for name, value in result.items() if name in _OF_THE_SEARCH} for result in results]


def refused_search(recorded: Recorded, arguments: Sequence[str]) -> int:
    """The exit status of a search that cannot be done."""
    return command("search", *filled_in(list(arguments), recorded), *recorded.where)[0]


def status(recorded: Recorded) -> Answers:
    """What `nearspace status --json` says, without the bytes on disk, which are those of this machine."""
    code, printed = command("status", "--json", *recorded.where)
    assert code == 0
    facts: Answers = recorded.neutral(json.loads(printed))
    return {**facts, "bytes": facts["bytes"] > 0}


def topics(recorded: Recorded) -> list[Answers]:
    """What `nearspace topics --json` says."""
    code, printed = command("topics", "--json", *recorded.where)
    assert code == 0
    listed: list[Answers] = recorded.neutral(json.loads(printed))
    return listed


# ---- HTTP -----------------------------------------------------------------------------------------------------------


def request(recorded: Recorded, client: TestClient, address: str, items: Items) -> Answers:
    """The status and body of a response; of an error only its code, since its wording may improve."""
    return _content_of(recorded, client.get(filled_in(address, recorded)), items)


def form(
    recorded: Recorded, client: TestClient, case: tuple[str, dict[str, list[str]], list[str]], items: Items
) -> Answers:
    """The same for a form with pictures."""
    address, fields, pictures = case
    content = upload(recorded).read_bytes()
    files = [(name, ("a.png", content, "image/png")) for name in pictures]
    return _content_of(recorded, client.post(address, data=fields, files=files), items)


def file(client: TestClient, address: str) -> Answers:
    """The type of a file, and its hash; of a thumbnail its size in pixels."""
    answer = client.get(address)
    if answer.status_code != 200:
        return {"status": answer.status_code, "code": answer.json()["error"]["code"]}
    content: Answers = {"status": 200, "type": answer.headers["content-type"]}
    if address.endswith("thumbnail"):
        return {**content, "size": list(Image.open(io.BytesIO(answer.content)).size)}
    name = answer.headers["content-disposition"]
    return {**content, "sha256": hashlib.sha256(answer.content).hexdigest(), "name": name}


def parameters(client: TestClient) -> dict[str, list[str]]:
    """The names of the parameters that each operation accepts, by method and path."""
    description = client.get("/openapi.json").json()
    accepted = {}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            names = [parameter["name"] for parameter in operation.get("parameters", [])]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = content["schema"]
                if "$ref" in schema:
                    schema = description["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                names += schema["properties"]
            accepted[f"{method} {path}"] = sorted(names)
    return accepted


def _content_of(recorded: Recorded, answer: Any, items: Items) -> Answers:
    content = recorded.neutral(answer.json())
    if "results" in content:
        content["results"] = condensed(content["results"], items)
    if answer.status_code != 200:
        assert set(content) == {"error"} and set(content["error"]) == {"code", "message"}
        content = {"error": {"code": content["error"]["code"]}}
    return {"status": answer.status_code, "content": content}


# ---- an assistant ---------------------------------------------------------------------------------------------------


def tools(recorded: Recorded, items: Items) -> Answers:
    """What `nearspace mcp` offers, and what the calls of `cases.TOOLS` give."""
    from mcp import Client, StdioServerParameters

    command = ["-m", "ingest.cli", "mcp", *recorded.where]
    server = StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))

    async def calling() -> Answers:
        with anyio.fail_after(300):
            async with Client(server) as client:
                listed = (await client.list_tools()).tools
                offered = {tool.name: sorted(tool.input_schema["properties"]) for tool in listed}
                called = [_called(recorded, await client.call_tool(*call), items) for call in cases.TOOLS]
                return {"offered": offered, "called": called}

    return run_async(calling)


def _called(recorded: Recorded, result: Any, items: Items) -> Answers:
    if result.is_error:
        return {"error": True}
    content = recorded.neutral(json.loads(result.content[0].text))
    if "results" in content:
        content["results"] = condensed(content["results"], items)
    return {"kinds": [content.type for content in result.content], "content": content}


# ---- Python ---------------------------------------------------------------------------------------------------------


def python_api(recorded: Recorded, items: Items) -> Answers:
    """What `search_app.engine.Space` returns."""
    with Space(SPACE, home=recorded.home) as space:
        listing = Listing(fold=False, group=True, sort="name")
        narrow = Filters(
            modalities=("image",),
            formats=("jpg", "png"),
            shapes=("portrait", "landscape"),
            min_pixels=100,
            captioned=True,
        )
        parts = [Part(text="green", weight=-1.0), Part(item="50", weight=0.5), Part(between=("9", "49", 0.5))]
        asked = {
            "words": space.search("a red apple", count=8),
            "parts": space.search("red", parts=parts, like=["49"], unlike=["12"], count=8),
            "a picture": space.search(image=upload(recorded), filters=narrow, count=8),
            "its bytes": space.search(image=upload(recorded).read_bytes(), filters=narrow, count=8),
            "listed": space.search("red", listing=listing, count=8),
            "words of it": space.search("red", filters=Filters(phrases=("apple",), where=("price",)), count=8),
            "similar": space.similar("50", count=4),
        }
        neighbours = space.neighbours("50", count=3)
        ids, vectors = space.vectors("image")
        item, thumbnail, original = space.show("41"), space.thumbnail("41"), space.original("41")
        assert thumbnail is not None and original is not None
        with original:
            content = original.read()
        answers = {
            "facts": [space.name, space.encoder, space.dimension, space.counts()],
            "searches": {
                name: condensed(recorded.neutral([result.as_json() for result in results]), items)
                for name, results in asked.items()
            },
            "neighbours": {kind: [asdict(each) for each in near] for kind, near in neighbours.items()},
            "ids": ids,
            "vectors": [[float(number) for number in row] for row in vectors],
            "vector": [float(number) for number in space.vector("50")],
            "item": {
                "id": item.id,
                "path": item.path,
                "name": item.name,
                "folder": item.folder,
                "text": item.text,
                "title": item.title,
                "modality": item.modality,
                "page": item.page,
                "meta": dict(item.meta),
                "also": list(item.also),
            },
            "thumbnail": list(Image.open(io.BytesIO(thumbnail)).size),
            "original": hashlib.sha256(content).hexdigest(),
            "topics": [[topic.name, topic.size, list(topic.representatives)] for topic in space.topics()],
            "status": dict.fromkeys(sorted(space.status()), True),
            "ingest_status": dict.fromkeys(sorted(space.ingest_status()), True),
        }
    neutral: Answers = recorded.neutral(answers)
    return neutral


# ---- pages and maps -------------------------------------------------------------------------------------------------


def link(recorded: Recorded, case: cases.Link) -> Answers:
    """What the page of a link shows."""
    path, params = _as_one_list(*filled_in(list(case), recorded))
    with _of_the_app(recorded):
        answer: Answers = recorded.neutral(shown(page(path, **params)))
    if params.get("family") in cases.UNSTEADY:
        del answer["figures"]
    return answer


def link_and_written_anew(recorded: Recorded, case: cases.Link) -> tuple[Answers, Answers]:
    """What the page of a link shows, and what the page shows for the link that it writes itself for the same view."""
    path, params = _as_one_list(*filled_in(list(case), recorded))
    with _of_the_app(recorded):
        app = page(path, **params)
        [written] = {each.proto.query_string for each in app.get("page_link")}
        again: dict[str, str | list[str]] = dict(parse_qs(written))
        return recorded.neutral(shown(app)), recorded.neutral(shown(page(path, **again)))


def _as_one_list(path: str, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A link to results as they were when it was recorded: all in one list, unless it asks for two."""
    in_full = ONE_LIST if "lists" not in params else {"expanded": ONE_LIST["expanded"]}
    return path, params if path else {**params, **in_full}


@contextlib.contextmanager
def _of_the_app(recorded: Recorded) -> Iterator[None]:
    names = {"NEARSPACE_HOME": str(recorded.home), "NEARSPACE_SPACE": SPACE}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def exported_results(recorded: Recorded, suffix: str) -> Any:
    """What `nearspace search --export` writes: a table's header and first columns, an archive's members."""
    target = recorded.home.parent / f"exported{suffix}"
    arguments = ["a red apple", "-k", "4", "--export", str(target), *recorded.where]
    assert command("search", *arguments)[0] == 0
    if suffix == ".csv":
        with target.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        return {"header": header, "rows": [row[: header.index("percentile")] for row in rows]}
    if suffix == ".zip":
        with zipfile.ZipFile(target) as archive:
            return sorted(archive.namelist())
    results = json.loads(target.read_text(encoding="utf-8"))
    return condensed(recorded.neutral(results), {})


EXPORTS = (".csv", ".json", ".zip")
MAPS: dict[str, list[str]] = {
    "pca": [],
    "pca in three dimensions": ["--dimensions", "3"],
    "the gap left open": ["--gap"],
    "tsne": ["--projection", "tsne"],
}


def exported_map(recorded: Recorded, options: Sequence[str]) -> bytes:
    """The page that `nearspace map --export` writes."""
    target = recorded.home.parent / "exported map.html"
    assert command("map", "--export", str(target), *options, *recorded.where)[0] == 0
    return target.read_bytes()
