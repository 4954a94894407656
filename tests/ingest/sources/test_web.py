"""Sources from the web: fetched once, kept in the space, and asked for again only as far as they changed."""

import io
import json
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image

from ingest import cli
from ingest.run.reencode import reencode
from ingest.sources import web
from ingest.sources.location import location_of
from ingest.space import open_space, open_to_write
from ingest.space.maintenance.check import check
from ingest.space.maintenance.repair import repair
from search_app.components.shared.formatting import headline, source_label
from tests.fake_encoder import COLOURS, FakeEncoder
from tests.make_files import FAKE, finds_every_item
from tests.retuned_encoder import RetunedEncoder


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), COLOURS[colour]).save(file, "PNG")
    return file.getvalue()


@dataclass
class Site:
    """What a little web server has, and what it was asked for."""

    address: str
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Content type and content, by path."""
    sent: list[str] = field(default_factory=list)
    """Paths whose content was sent."""


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.split("?")[0]
            if path.startswith("/to"):
                self.send_response(302)
                self.send_header("Location", path[3:] if path != "/to/loop" else "/to/loop")
                self.end_headers()
                return
            if path not in here.pages:
                self.send_error(404)
                return
            kind, content = here.pages[path]
            tag = f'"{hash(content)}"'
            if self.headers.get("If-None-Match") == tag:
                self.send_response(304)
                self.end_headers()
                return
            here.sent.append(path)
            self.send_response(200)
            if kind:
                self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *given: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Site(f"http://127.0.0.1:{server.server_port}")
    here.pages = {
        "/pictures/red.png": ("image/png", png("red")),
        "/no-suffix": ("image/png; charset=binary", png("blue")),
        "/notes": ("text/html; charset=utf-8", b"<title>Owls</title><p>They hunt at night.</p>"),
        "/data.md": ("text/plain", b"# Meadows\n\nGreen in May."),
        "/song.mp3": ("audio/mpeg", b"ID3"),
    }
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def run(home: Path, *arguments: str) -> dict[str, tuple[str, str]]:
    """What the command says of each source: outcome and reason, by its path."""
    report = home.parent / "report.json"
    command = ["ingest", *arguments, "--home", str(home), "--space", "test", "--encoder", FAKE, "--quiet"]
    assert cli.main([*command, "--report", str(report)]) in (0, 1, 2)
    sources = json.loads(report.read_text())["sources"]
    return {entry["path"]: (entry["outcome"], entry["reason"]) for entry in sources}


def test_what_is_at_addresses_is_read_as_what_the_server_says_it_is(home, site):
    names = ("/pictures/red.png", "/no-suffix", "/notes", "/data.md", "/to/pictures/red.png")
    said = run(home, *(site.address + name for name in names))
    assert {path: outcome for path, (outcome, _) in said.items()} == {site.address + name: "added" for name in names}
    with open_space(home, "test") as space:
        assert space.ledger.items.counts() == {"image": 3, "text": 2}
        (red,) = space.ledger.items.of_source(site.address + "/pictures/red.png")
        host = site.address.removeprefix("http://")
        assert (headline(red), source_label(red), red.root) == ("red.png", f"{host}/pictures", site.address)
        assert space.thumbnail_path(red).is_file()
        (owls,) = space.ledger.items.of_source(site.address + "/notes")
        assert owls.title == "Owls"
        with location_of(red.path, space.folder).local_file() as file:
            assert file.read_bytes() == png("red")
        assert finds_every_item(space)


def test_a_second_run_fetches_and_encodes_only_what_changed(home, site, monkeypatch):
    addresses = [site.address + "/pictures/red.png", site.address + "/notes"]
    run(home, *addresses)
    monkeypatch.setattr(FakeEncoder, "encode_images", lambda *given: pytest.fail("encoded again"))
    assert {outcome for outcome, _ in run(home, *addresses).values()} == {"unchanged"}
    assert sorted(site.sent) == ["/notes", "/pictures/red.png"]
    site.pages["/notes"] = ("text/html", b"<title>Owls</title><p>They sleep by day.</p>")
    said = run(home, *addresses)
    assert [said[address][0] for address in addresses] == ["unchanged", "updated"]
    assert len(site.sent) == 3


def test_what_cannot_be_fetched_has_the_reason_and_stays_as_it_was(home, site):
    red = site.address + "/pictures/red.png"
    run(home, red)
    del site.pages["/pictures/red.png"]
    others = [site.address + name for name in ("/to/loop", "/song.mp3")] + ["http://127.0.0.1:9/a.png", "http://[/"]
    said = run(home, red, *others)
    assert {outcome for outcome, _ in said.values()} == {"failed"}
    reasons = [reason for _, reason in said.values()]
    assert reasons[0] == "the server answered 404 Not Found. Check the address, or leave it out."
    assert reasons[1].startswith("more than 5 redirects")
    assert reasons[2].startswith("no reader for content of type audio/mpeg")
    assert all(reason.startswith("cannot be fetched: ") for reason in reasons[3:])
    with open_space(home, "test") as space:
        assert len(space.ledger.items.of_source(red)) == 1
        assert finds_every_item(space)


def test_redirects_lead_to_the_web_alone_and_what_is_too_large_is_not_kept(home, site, tmp_path, monkeypatch):
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    monkeypatch.setattr(web, "MAX_BYTES", 50)
    site.pages["/notes"] = ("text/plain", b"words " * 20)
    said = run(home, f"{site.address}/tofile://{secret}", f"{site.address}/notes", f"{site.address}/data.md")
    assert [outcome for outcome, _ in said.values()] == ["failed", "failed", "added"]
    kept = [path.name for path in (home / "test" / "fetched").rglob("*") if path.is_file()]
    assert "secret.txt" not in kept and not any(name.endswith(".tmp") for name in kept)


def test_addresses_come_on_standard_input_beside_paths(home, site, tmp_path, monkeypatch):
    (tmp_path / "words.txt").write_text("A yellow taxi")
    lines = f"{site.address}/pictures/red.png\n{tmp_path / 'words.txt'}\n{site.address}/notes\r\n"

    class Input:
        buffer = io.BytesIO(lines.encode() + b"http://example.invalid/\xff\nhttp://\n")

    monkeypatch.setattr(sys, "stdin", Input)
    outcomes = [outcome for outcome, _ in run(home, "-").values()]
    assert sorted(outcomes) == ["added"] * 3 + ["failed"] * 2


def test_nothing_more_is_fetched_once_the_run_is_to_end(site, tmp_path):
    addresses = [f"{site.address}/notes?{number}" for number in range(30)]
    found = list(web.fetch(addresses, tmp_path, stop=lambda: len(site.sent) >= 3))
    assert 3 <= len(found) < 15
    assert all(each.kind == "document" and not each.problem for each in found)


def test_an_ingest_of_folders_leaves_what_was_fetched_alone(home, site, tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "red.png").write_bytes(png("red"))
    run(home, site.address + "/pictures/red.png")
    said = run(home, str(tmp_path / "files"))
    assert [outcome for outcome, _ in said.values()] == ["added"], "it is no move of what was fetched"
    with open_space(home, "test") as space:
        assert space.ledger.items.counts()["image"] == 2


def test_what_was_fetched_is_encoded_anew_and_mended_without_the_web(home, site):
    red = site.address + "/pictures/red.png"
    run(home, red)
    site.pages.clear()
    with open_to_write(home, "test", FakeEncoder.info) as space:
        done = reencode(space, RetunedEncoder())
        assert done.swapped and not done.missing and done.images == 1
        space.thumbnail_path(space.ledger.items.of_source(red)[0]).unlink()
    assert not check(home, "test").sound
    repair(home, "test")
    assert check(home, "test").sound


def test_addresses_that_differ_by_a_slash_are_encoded_anew_one_by_one(home, site):
    site.pages["/notes/"] = ("text/html", b"<title>Bats</title><p>They hang in caves.</p>")
    run(home, *(site.address + path for path in ("/notes", "/notes/", "//notes")))
    with open_to_write(home, "test", FakeEncoder.info) as space:
        done = reencode(space, RetunedEncoder())
        assert (done.swapped, done.texts) == (True, 3)
        assert finds_every_item(space)


def test_a_dry_run_fetches_nothing(home, site, capsys):
    assert cli.main(["ingest", site.address + "/notes", "--dry-run", "--home", str(home), "--encoder", FAKE]) in (0, 2)
    assert "1 web address would be fetched" in " ".join(capsys.readouterr().out.split())
    assert site.sent == [] and not home.exists()


def test_what_could_not_be_fetched_once_is_not_encoded_again_when_it_can_be(home, site):
    notes = site.address + "/notes"
    run(home, notes)
    with open_space(home, "test") as space:
        (before,) = space.ledger.items.of_source(notes)
    page = site.pages.pop("/notes")
    assert run(home, notes)[notes][0] == "failed"
    site.pages["/notes"] = page
    assert run(home, notes)[notes][0] == "unchanged"
    with open_space(home, "test") as space:
        assert [item.id for item in space.ledger.items.of_source(notes)] == [before.id]
