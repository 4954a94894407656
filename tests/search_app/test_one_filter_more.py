"""A filter more takes one entry in the schema, one predicate and one control, and then works on every way in.

A copy of the code is given a filter by camera, as a person would add it, and is asked through every way in.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders

ROOT = Path(__file__).resolve().parents[2]

ENTRY = """    camera: Annotated[tuple[str, ...], Field(_PART, "only pictures taken with this camera", many=True)] = ()
"""
PREDICATE = """    if filters.camera:
        yield np.concatenate([ledger.search_index.with_metadata("camera", name) for name in filters.camera])
"""
CONTROL = """    "camera": Control(lambda shown: _several_words(shown, "Camera"), "taken with {}".format),
"""
CHANGES = (
    ("search_app/search/query_schema.py", "    selection: Annotated[\n", ENTRY),
    ("search_app/search/filter_masks.py", "    for pair in filters.where:\n", PREDICATE),
    ("search_app/components/search/more_filters.py", '    "selection": Control(', CONTROL),
)
"""What is added: to which file, before what, and the lines."""

EVERY_WAY_IN = """
import asyncio, json, sys
from pathlib import Path

from fastapi.testclient import TestClient
from mcp.client import Client
from streamlit.testing.v1 import AppTest

import search_app
from ingest.cli import main
from search_app.search import Filters, Space
from search_app.search.query import Query
from search_app.search.query_schema import MapView
from search_app.search.url_state import from_params, to_params
from search_app.server.http import make_app
from search_app.server.mcp import make_server
from search_app.server.open_space import ServedSpace
from tests.search_app.page_driver import bar, drop, url_params

home, canon = sys.argv[1], "Canon EOS R5"
assert Path(search_app.__file__).is_relative_to(Path.cwd())

query = Query("red", filters=Filters(camera=canon))
assert to_params(query, MapView()) == {"text": ["red"], "camera": [canon]}
assert from_params({"text": ["red"], "camera": [canon]})[0] == query


def only_the_canon(results):
    assert [Path(result["path"]).name for result in results] == ["canon.jpg"], results


with Space("test", home=home) as space:
    assert len(space.search("red")) == 3
    only_the_canon([result.as_json() for result in space.search("red", filters=Filters(camera=(canon,)))])

served_space = ServedSpace("test", home)
with TestClient(make_app(served_space), base_url="http://127.0.0.1") as client:
    only_the_canon(client.get("/v1/search", params={"text": "red", "camera": canon}).json()["results"])
    described = client.get("/openapi.json").json()["paths"]["/v1/search"]["get"]["parameters"]
    assert "camera" in [parameter["name"] for parameter in described]


async def ask():
    async with Client(make_server(served_space)) as assistant:
        result = await assistant.call_tool("search", {"text": "red", "camera": [canon]})
        only_the_canon(json.loads(result.content[0].text)["results"])


asyncio.run(ask())
served_space.close()

assert main(["search", "red", "--camera", canon, "--json", "--home", home, "--space", "test"]) == 0

app = AppTest.from_file(str(Path.cwd() / "search_app" / "app.py"), default_timeout=300)
app.query_params["text"] = "red"
app.run()
assert not app.exception, app.exception
app.text_input(key="filter-camera").set_value(canon).run()
assert url_params(app) == {"text": ["red"], "camera": [canon]}
assert [token["words"] for token in bar(app)["filters"]] == [f"taken with {canon}"]
shown = " ".join(str(element.proto.body) for element in app.get("html"))
assert "canon.jpg" in shown and "other.jpg" not in shown
drop(app, f"taken with {canon}")
assert url_params(app) == {"text": ["red"]}
"""


def photo(path: Path, camera: str) -> None:
    exif = Image.Exif()
    exif[0x0110] = camera
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (64, 48), COLOURS["red"]).save(path, exif=exif)


def test_one_filter_more_is_one_entry_one_predicate_and_one_control(tmp_path: Path) -> None:
    photo(tmp_path / "photos" / "canon.jpg", "Canon EOS R5")
    photo(tmp_path / "photos" / "other.jpg", "Nikon Z6")
    (tmp_path / "photos" / "note.txt").write_text("red words of a Canon EOS R5")
    assert ingest_folders(tmp_path / "home", [tmp_path / "photos"]).exit_status == 0

    code = tmp_path / "code"
    for package in ("ingest", "search_app"):
        shutil.copytree(ROOT / package, code / package, ignore=shutil.ignore_patterns("__pycache__"))
    for beside in ("data", "tests", ".streamlit"):
        (code / beside).symlink_to(ROOT / beside)
    for file, before, lines in CHANGES:
        source = (code / file).read_text(encoding="utf-8")
        assert source.count(before) == 1, file
        (code / file).write_text(source.replace(before, lines + before), encoding="utf-8")
    assert len({file for file, _, _ in CHANGES}) <= 3

    environment = {
        **os.environ,
        "PYTHONPATH": str(code),
        "NEARSPACE_HOME": str(tmp_path / "home"),
        "NEARSPACE_SPACE": "test",
    }
    done = subprocess.run(
        [sys.executable, "-c", EVERY_WAY_IN, str(tmp_path / "home")],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    assert "canon.jpg" in done.stdout and "other.jpg" not in done.stdout
