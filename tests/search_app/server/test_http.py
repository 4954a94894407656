"""The HTTP API: what it finds, what it refuses, and that it tells errors in JSON."""

import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from ingest.errors import SettingsError
from ingest.space import open_to_write
from search_app.search import query_pictures
from search_app.search.fields import fields_of
from search_app.search.query_schema import Filters
from search_app.search.results import FIELDS
from search_app.server.http import make_app
from search_app.server.middleware import check_token_setting, is_loopback
from search_app.server.open_space import ServedSpace
from tests.browser.serving import free_port
from tests.command_line import nearspace, nearspace_here
from tests.fake_encoder import COLOURS, FakeEncoder
from tests.make_files import FAKE, ingest_folders, picture
from tests.patience import Patience, limit
from tests.search_app.conftest import CAPTION, PASSAGE, fill

TOKEN = "a-token-of-the-tests-0123"
HERE = "http://127.0.0.1"


@pytest.fixture(scope="module")
def client(served_space: ServedSpace) -> Iterator[TestClient]:
    with TestClient(make_app(served_space), base_url=HERE, raise_server_exceptions=False) as client:
        yield client


def png(colour: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(out, "PNG")
    return out.getvalue()


def found(answer: httpx.Response) -> list[dict]:
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def stems(answer: httpx.Response) -> list[str]:
    return [Path(result["path"]).stem for result in found(answer)]


def refusal(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"error"}
    assert answer.json()["error"].keys() == {"code", "message"}
    return str(answer.json()["error"]["message"])


def test_words_find_what_they_find_elsewhere(client: TestClient) -> None:
    answer = client.get("/v1/search", params={"text": "red", "count": 3})
    assert list(found(answer)[0]) == list(FIELDS)
    assert len(found(answer)) == 3
    only = client.get("/v1/search", params={"text": "red", "modality": "text", "folder": ["notes"]})
    assert {result["folder"] for result in found(only)} == {"notes"}
    assert stems(only)[0] == "red"


def test_every_filter_of_a_link_narrows_and_what_cannot_be_read_is_refused(client: TestClient) -> None:
    ways = client.get("/openapi.json").json()["paths"]["/v1/search"]
    assert {each["name"] for each in ways["get"]["parameters"]} >= fields_of(Filters).keys()
    only = client.get("/v1/search", params={"text": "red", "exact": "about blue"})
    assert [Path(result["path"]).name for result in found(only)] == ["blue.txt"]
    tall = client.post("/v1/search?shape=portrait&format=png", files={"image": ("a.png", png("red"))})
    assert {Path(result["path"]).parent.name for result in found(tall)} == {"tall"}
    for wrong in ("after=yesterday", "min-pixels=many", "shape=round", "captioned=no", "where==x", "exact=%20"):
        assert wrong.split("=")[0] in refusal(client.get(f"/v1/search?text=red&{wrong}"), 400)
    assert "modalty" in refusal(client.get("/v1/search?text=red&modalty=image"), 400)


def test_what_would_be_ignored_in_an_address_is_refused(client: TestClient) -> None:
    upload = {"image": ("a.png", png("red"))}
    for name in ("count=1", "modality=image", "text=blue", "folder=notes"):
        assert "no parameter" in refusal(client.post(f"/v1/search?{name}", files=upload), 400)
    for way in ("items/1/similar?text=blue", "items/1/neighbours?modality=text", "items/1?page=2", "status?fold=true"):
        assert "no parameter" in refusal(client.get(f"/v1/{way}"), 400)


def test_terms_and_judgements_are_asked_as_in_a_link(client: TestClient) -> None:
    images = {"modality": "image", "folder": ["pictures", "pictures/tall"], "count": 6}
    asked = {"text": "red", "term": ["text:1:blue", "text:-1:green"], **images}
    assert {stem.split()[0] for stem in stems(client.get("/v1/search", params=asked))[:4]} == {"red", "blue"}
    [red] = found(client.get("/v1/search", params={"text": "red", **images, "count": 1}))
    similar = found(client.get(f"/v1/items/{red['id']}/similar", params={"count": 3}))
    assert red["id"] not in [result["id"] for result in similar]
    liked = client.get("/v1/search", params={"like": red["id"], "count": 3})
    assert found(liked) == similar


def test_pictures_are_uploaded_to_be_looked_for_and_left_out(client: TestClient) -> None:
    images = {"modality": "image", "count": "4"}
    purple = {"image": ("../../../etc/cron.d/x.png", png("purple"), "image/png")}
    assert "purple" in stems(client.post("/v1/search", files=purple, data=images))[0]
    many = [("image", ("a.png", png("purple"))), ("minus_image", ("b.png", png("red")))]
    asked = {**images, "text": "blue", "folder": ["pictures", "pictures/tall"]}
    assert {stem.split()[0] for stem in stems(client.post("/v1/search", files=many, data=asked))} == {"purple", "blue"}


def test_an_upload_leaves_nothing_in_the_space(client: TestClient, colours_home: Path) -> None:
    before = sorted(path for path in colours_home.rglob("*") if "chroma" not in path.parts)
    client.post("/v1/search", files={"image": ("kept?.png", png("red"))})
    client.post("/v1/search", files={"image": ("kept?.png", b"no picture")})
    assert sorted(path for path in colours_home.rglob("*") if "chroma" not in path.parts) == before


def test_an_item_its_thumbnail_and_its_file(client: TestClient) -> None:
    [result] = found(client.get("/v1/search", params={"text": "green", "modality": "image", "count": 1}))
    item = client.get(f"/v1/items/{result['id']}").json()
    assert item["path"] == result["path"]
    thumbnail = client.get(f"/v1/items/{result['id']}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(thumbnail.content)).size == (item["meta"]["width"], item["meta"]["height"])
    original = client.get(f"/v1/items/{result['id']}/original")
    assert original.content == Path(item["path"]).read_bytes()
    assert original.headers["content-disposition"].startswith("attachment;")
    assert original.headers["x-content-type-options"] == "nosniff"


def test_status_tells_what_is_in_the_space(client: TestClient) -> None:
    status = client.get("/v1/status").json()
    assert status["items"] == {"image": 11, "text": 8}
    assert status["last_run"]["outcomes"]["added"] > 0


def test_the_ingest_that_goes_on_can_be_watched(client: TestClient, colours_home: Path) -> None:
    status = client.get("/v1/ingest").json()
    assert status["running"] is False and status["not_indexed"] == 0
    assert status["run"]["finished"] and status["settled"] == {"added": sum(status["run"]["outcomes"].values())}
    with open_to_write(colours_home, "test", FakeEncoder().info):
        assert client.get("/v1/ingest").json()["running"] is True
    assert client.get("/v1/ingest").json()["running"] is False


def test_no_path_outside_the_spaces_items_can_be_fetched(client: TestClient) -> None:
    for nasty in (
        "..%2F..%2Fmanifest.json",
        "%2e%2e/manifest.json",
        "../manifest.json",
        "0",
        "-1",
        "1%00",
        "1;x",
        "%2Fetc%2Fpasswd",
        "1 OR 1=1",
        "9" * 40,
        "１",
    ):
        for end in ("", "/thumbnail", "/original", "/similar"):
            answer = client.get(f"/v1/items/{nasty}{end}")
            assert answer.status_code in (404, 405), (nasty, end, answer.text)
            refusal(answer, answer.status_code)
    for path in ("/etc/passwd", "/v1/../../etc/passwd", "/thumbnails/x", "/static/x"):
        refusal(client.get(path), 404)
    passage = found(client.get("/v1/search", params={"text": "red", "modality": "text", "count": 1}))[0]
    refusal(client.get(f"/v1/items/{passage['id']}/thumbnail"), 404)


def test_a_file_that_took_the_place_of_a_source_is_not_given_out(tmp_path: Path) -> None:
    file = picture(tmp_path / "files" / "red.png", "red")
    (tmp_path / "secret").write_text("of no concern")
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    served_space = ServedSpace("test", tmp_path / "home")
    with TestClient(make_app(served_space), base_url=HERE) as client:
        [red] = found(client.get("/v1/search", params={"text": "red"}))
        assert client.get(f"/v1/items/{red['id']}/original").status_code == 200
        file.unlink()
        file.symlink_to(tmp_path / "secret")
        refusal(client.get(f"/v1/items/{red['id']}/original"), 410)
    served_space.close()


def test_what_cannot_be_asked_is_told_in_json(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing to look for" in refusal(client.get("/v1/search"), 400)
    refusal(client.get("/v1/search", params={"text": "x" * 10_000}), 400)
    refusal(client.get("/v1/search", params={"text": "red", "term": "video:1:x"}), 400)
    refusal(client.get("/v1/search", params={"text": "red", "term": "image:1:" + "0" * 32}), 400)
    refusal(client.get("/v1/search", params={"text": "red", "term": ["text:1:x"] * 50}), 400)
    refusal(client.get("/v1/search", params={"like": "999999"}), 404)
    assert "count" in refusal(client.get("/v1/search", params={"text": "red", "count": "many"}), 422)
    refusal(client.get("/v1/search", params={"text": "red", "count": 10_000}), 422)
    refusal(client.get("/v1/search", params={"text": "red", "modality": "video"}), 422)
    refusal(client.delete("/v1/search"), 405)
    for content in (b"", b"no picture", png("red")[:60], b"<svg xmlns='http://www.w3.org/2000/svg'", b"\xff" * 5_000):
        refusal(client.post("/v1/search", files={"image": ("a.png", content)}), 400)
    refusal(client.post("/v1/search", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data"}), 400)
    monkeypatch.setattr(query_pictures, "MOST_PIXELS", 1_000)
    assert "too large" in refusal(client.post("/v1/search", files={"image": ("a.png", png("red"))}), 400)


def test_a_body_that_is_too_large_is_refused_also_when_it_does_not_say_so(served_space: ServedSpace) -> None:
    from search_app.server import middleware

    inner = make_app(served_space)
    app = middleware.SecurityMiddleware(inner, token="", hosts=("127.0.0.1",), max_bytes=2_000)
    with TestClient(app, base_url=HERE) as client:
        files = {"image": ("a.png", b"x" * 5_000)}
        assert "Send a smaller" in refusal(client.post("/v1/search", files=files), 413)
        request = client.build_request("POST", "/v1/search", files=files)
        pieces = request.read()
        headers = {"content-type": request.headers["content-type"]}

        def chunked() -> Iterator[bytes]:
            for start in range(0, len(pieces), 500):
                yield pieces[start : start + 500]

        assert "Send a smaller" in refusal(client.post("/v1/search", content=chunked(), headers=headers), 413)


def test_a_token_is_needed_everywhere_once_there_is_one(served_space: ServedSpace) -> None:
    with TestClient(make_app(served_space, token=TOKEN), base_url="http://elsewhere.example") as client:
        for path in ("/", "/openapi.json", "/v1/status", "/v1/search?text=red", "/v1/items/1", "/nowhere"):
            for headers in (
                {},
                {"authorization": TOKEN},
                {"authorization": f"Bearer {TOKEN}x"},
                {"authorization": f"Bearer {TOKEN[:-1]}"},
                {"authorization": "Bearer "},
                {"authorization": "Basic " + TOKEN},
            ):
                answer = client.get(path, headers=headers)
                refusal(answer, 401)
                assert answer.headers["www-authenticate"] == "Bearer"
        assert found(client.get("/v1/search?text=red", headers={"authorization": f"Bearer {TOKEN}"}))


def test_without_a_token_only_requests_for_this_machine_are_answered(served_space: ServedSpace) -> None:
    with TestClient(make_app(served_space), base_url=HERE) as client:
        for host in ("evil.example", "evil.example:8502", "127.0.0.1.evil.example", "", "localhost@evil.example"):
            refusal(client.get("/v1/status", headers={"host": host}), 421)
        for host in ("127.0.0.1:8502", "localhost", "LOCALHOST:80", "[::1]:8502"):
            assert client.get("/v1/status", headers={"host": host}).status_code == 200


def test_pages_of_other_sites_are_told_nothing(client: TestClient) -> None:
    answer = client.get("/v1/status", headers={"origin": "https://evil.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    preflight = client.options(
        "/v1/search", headers={"origin": "https://evil.example", "access-control-request-method": "POST"}
    )
    assert preflight.status_code == 405
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_the_page_and_the_description_tell_every_way_and_load_nothing(client: TestClient) -> None:
    page, description = client.get("/"), client.get("/openapi.json").json()
    ways = [way for methods in description["paths"].values() for way in methods.values()]
    assert all(list(way["responses"]) == ["200", "default"] for way in ways)
    assert {"search", "search_with_pictures", "similar"} <= {way["operationId"] for way in ways}
    assert set(description["paths"]) == {
        "/v1/search",
        "/v1/ingest",
        "/v1/status",
        "/v1/topics",
        "/v1/items/{item_id}",
        "/v1/items/{item_id}/neighbours",
        "/v1/items/{item_id}/similar",
        "/v1/items/{item_id}/thumbnail",
        "/v1/items/{item_id}/original",
    }
    for path in description["paths"]:
        assert f"<code>{path}</code>" in page.text
    for name in ("minus_image", "term", "folder", "count"):
        assert f"<code>{name}</code>" in page.text
    assert (
        "<script" not in page.text
        and "http" not in page.text.replace("http://127.0.0.1", "").lower().split("<body>")[0]
    )
    assert " src=" not in page.text and "cdn" not in page.text.lower()
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_untrusted_words_stay_data(client: TestClient) -> None:
    answer = client.get("/v1/search", params={"text": "red stars", "folder": "odd", "count": 10})
    assert {CAPTION, PASSAGE} <= {result["text"] for result in found(answer)}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "nas.local", "127.0.0.1.evil.example", ""])
def test_listening_elsewhere_needs_a_token(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(SettingsError, match="NEARSPACE_TOKEN"):
        check_token_setting(host, "")
    with pytest.raises(SettingsError, match="shorter than"):
        check_token_setting(host, "short")
    check_token_setting(host, TOKEN)


def test_this_machine_alone_needs_none() -> None:
    for host in ("127.0.0.1", "localhost", "::1", "[::1]", "127.8.8.8"):
        check_token_setting(host, "")


def test_the_command_serves_and_refuses_to_start_open_to_others(colours_home: Path, tmp_path: Path) -> None:
    where = ["--home", str(colours_home), "--space", "test"]
    refused = nearspace_here("serve", "--host", "0.0.0.0", *where)
    assert refused.returncode == 2
    assert "NEARSPACE_TOKEN" in refused.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = nearspace_here("serve", "--port", str(taken.getsockname()[1]), *where)
    assert busy.returncode == 2 and "--port" in busy.stderr
    port = free_port()
    command = [sys.executable, "-m", "ingest.cli", "serve", "--host", "0.0.0.0", "--port", str(port), *where]
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, "NEARSPACE_TOKEN": TOKEN}, stdout=log, stderr=log)
    try:
        patience = Patience(120)
        while True:
            try:
                answer = httpx.get(f"{HERE}:{port}/v1/status", timeout=limit(30))
                break
            except httpx.TransportError:
                assert server.poll() is None and not patience.over(), (tmp_path / "log").read_text()
                time.sleep(0.3)
        refusal(answer, 401)
        headers = {"authorization": f"Bearer {TOKEN}"}
        assert found(httpx.get(f"{HERE}:{port}/v1/search?text=red", headers=headers, timeout=limit(60)))
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(limit(60)) == 0
    told = (tmp_path / "log").read_text()
    assert TOKEN not in told and "Traceback" not in told


def test_a_space_that_was_reencoded_is_opened_again(tmp_path: Path) -> None:
    picture(tmp_path / "files" / "red.png", "red")
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    served_space = ServedSpace("test", tmp_path / "home")
    with TestClient(make_app(served_space), base_url=HERE) as client:
        assert found(client.get("/v1/search?text=red"))
        other = "python:tests.retuned_encoder:SharedTextEncoder"
        done = nearspace("reencode", "--encoder", other, "--home", tmp_path / "home", "--space", "test")
        assert done.returncode == 0, done.stderr
        assert found(client.get("/v1/search?text=red"))
        assert client.get("/v1/status").json()["encoder"]["id"] == other
    served_space.close()
    assert other != FAKE


def test_results_are_paged_sorted_made_diverse_and_folded(client: TestClient) -> None:
    whole = found(client.get("/v1/search", params={"text": "red", "count": 8}))
    pages = [found(client.get("/v1/search", params={"text": "red", "count": 4, "page": page})) for page in (1, 2)]
    assert [result["id"] for page in pages for result in page] == [result["id"] for result in whole]
    assert [result["rank"] for result in pages[1]] == [5, 6, 7, 8]
    sorted_by_name = found(client.get("/v1/search", params={"text": "red", "sort": "name", "reverse": True}))
    by_name = [Path(result["path"]).name for result in sorted_by_name]
    assert by_name == sorted(by_name, key=str.casefold, reverse=True)
    diverse = found(client.get("/v1/search", params={"text": "red", "count": 8, "diversity": 1}))
    assert diverse[0]["id"] == whole[0]["id"]
    assert [result["id"] for result in diverse] != [result["id"] for result in whole]
    folded = found(client.get("/v1/search", params={"text": "red", "count": 8, "fold": True, "group": True}))
    assert all(result["alike"] == result["passages"] == [] for result in whole)
    hidden = {item_id for result in folded for item_id in (*result["alike"], *result["passages"])}
    assert not hidden & {result["id"] for result in folded}
    for wrong in ({"page": 0}, {"sort": "rowid"}, {"diversity": 2}, {"fold": "perhaps"}):
        assert client.get("/v1/search", params={"text": "red", **wrong}).status_code == 422


def test_topics_are_told_and_searched_in(tmp_path: Path) -> None:
    fill(tmp_path / "home", tmp_path / "files")
    served_space = ServedSpace("test", tmp_path / "home")
    with TestClient(make_app(served_space), base_url=HERE) as client:
        topics = client.get("/v1/topics").json()["topics"]
        chosen = topics[-1]
        assert {each["id"] for each in chosen["representatives"]} <= {
            result["id"]
            for result in found(client.get("/v1/search", params={"text": "red", "topic": chosen["name"], "count": 96}))
        }
        assert "has no topic" in refusal(client.get("/v1/search?text=red&topic=nowhere"), 400)
    served_space.close()


def test_a_folder_that_is_not_there_is_named_and_both_modalities_can_be_asked_for(client: TestClient) -> None:
    assert "has no folder 'nowhere'" in refusal(client.get("/v1/search?text=red&folder=nowhere"), 400)
    both = found(client.get("/v1/search?text=red&modality=image&modality=text&count=96"))
    assert both == found(client.get("/v1/search?text=red&count=96"))
    assert {result["modality"] for result in both} == {"image", "text"}


def test_more_folders_than_are_searched_are_refused_and_not_left_out(client: TestClient) -> None:
    many = {"text": "red", "folder": [*(f"folder {number}" for number in range(20)), "notes"]}
    for answer in (client.get("/v1/search", params=many), client.post("/v1/search", data=many)):
        assert "folder has 21 values, and may have 20 at most." in refusal(answer, 400)
    similar = client.get("/v1/items/1/similar", params={"folder": many["folder"]})
    assert "may have 20" in refusal(similar, 400)
    words = client.get("/v1/search", params={"text": "red", "exact": [f"word {number}" for number in range(30)]})
    assert "exact has 30 values, and may have 20" in refusal(words, 400)
    repeated = client.get("/v1/search", params={"text": "red", "folder": ["notes"] * 30})
    assert found(repeated) == found(client.get("/v1/search", params={"text": "red", "folder": "notes"}))


def test_neighbours_are_told_in_both_modalities(client: TestClient) -> None:
    item_id = found(client.get("/v1/search", params={"text": "red", "modality": "image"}))[0]["id"]
    answer = client.get(f"/v1/items/{item_id}/neighbours", params={"measure": "euclidean", "count": 3}).json()
    assert list(answer) == ["image", "text"]
    for near in answer.values():
        assert len(near) == 3
        assert [each["distance"] for each in near] == sorted(each["distance"] for each in near)
    assert client.get("/v1/items/999999/neighbours").status_code == 404
