"""A space whose index lives on a Chroma server of the user's own, reached through headers and TLS."""

import json
import threading
import time

import chromadb
import httpx
import pytest
import trustme
from chromadb.config import Settings

from ingest.errors import EncoderMismatch, ServerUnreachable, SettingsError, SpaceChanged
from ingest.run.pipeline import ingest
from ingest.run.reencode import reencode
from ingest.space import open_space, open_to_reencode, open_to_write
from ingest.space.chroma.local_server import HOST
from ingest.space.chroma.remote_server import RemoteConnection
from ingest.space.chroma_address import ChromaAddress, Header, address_of
from ingest.space.maintenance.check import check
from ingest.space.maintenance.repair import repair
from ingest.space.manifest import read_manifest
from tests.command_line import nearspace, nearspace_here
from tests.fake_encoder import FakeEncoder, OtherFakeEncoder
from tests.ingest.space.chroma.chroma_server import answering, collection_names, own_server, proxy
from tests.make_files import FAKE, finds_every_item, ingest_folders, picture, shades, text

SECRET = "s3cret-0123456789"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with own_server(tmp_path_factory.mktemp("chroma")) as server:
        yield server


@pytest.fixture
def folder(tmp_path):
    picture(tmp_path / "files" / "red.png", "red")
    picture(tmp_path / "files" / "blue.png", "blue")
    text(tmp_path / "files" / "meadow.txt", "A green meadow in May.")
    return tmp_path / "files"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def ingest_at(home, folder, name, chroma):
    encoder = FakeEncoder()
    with open_to_write(home, name, encoder.info, chroma=chroma) as space:
        return ingest(space, encoder, [folder])


def client_of(server):
    return chromadb.HttpClient(HOST, server.port, settings=Settings(anonymized_telemetry=False))


def test_the_index_lives_on_the_server_and_every_opening_finds_it_there(home, folder, server):
    report = ingest_at(home, folder, "far", ChromaAddress(server.url))
    assert report.counts()["added"] == 3
    assert {"far-image", "far-text"} <= collection_names(server.port)
    assert not (home / "far" / "chroma").exists()
    assert not (home / "far" / "server.json").exists()
    with open_space(home, "far") as space:
        assert finds_every_item(space)
    picture(folder / "green.png", "green")
    assert ingest_at(home, folder, "far", None).counts()["added"] == 1
    assert client_of(server).get_collection("far-image").count() == 3
    assert check(home, "far", full=True).sound


def test_headers_and_tls_lead_through_a_proxy_and_the_secret_is_nowhere_on_disk(
    home, folder, server, tmp_path, monkeypatch
):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("CHROMA_SECRET", SECRET)
    with proxy(server.port, header=("X-Chroma-Token", f"Bearer {SECRET}"), authority=authority) as front:
        where = ["--home", home, "--space", "tls"]
        reached = ["--chroma-header", "x-chroma-token: Bearer $CHROMA_SECRET", "--chroma-ca", tmp_path / "ca.pem"]
        done = nearspace("ingest", folder, *where, "--encoder", FAKE, "--chroma", front.url, *reached)
        assert done.returncode == 0, done.stderr
        assert front.seen
        done = nearspace_here("search", "red", "--json", *where)
        assert done.returncode == 0, done.stderr
        assert any(hit["path"].endswith("red.png") for hit in json.loads(done.stdout))
        for command in ("check", "status", "repair"):
            done = nearspace_here(command, *where)
            assert done.returncode == 0, done.stderr + done.stdout
        assert front.url in nearspace_here("status", *where).stdout
    for path in home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_a_value_on_the_command_line_serves_once_and_later_comes_from_the_environment(
    home, folder, server, monkeypatch
):
    with proxy(server.port, header=("authorization", SECRET)) as front:
        ingest_at(home, folder, "once", address_of(front.url, [f"Authorization: {SECRET}"]))
        assert SECRET not in (home / "once" / "manifest.json").read_text()
        with pytest.raises(SettingsError, match="NEARSPACE_CHROMA_HEADERS"):
            open_space(home, "once")
        monkeypatch.setenv("NEARSPACE_CHROMA_HEADERS", f"Authorization: {SECRET}")
        with open_space(home, "once") as space:
            assert finds_every_item(space)


def refused(url, **options):
    with pytest.raises(ServerUnreachable) as error:
        RemoteConnection(None, ChromaAddress(url, **options))
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    return lines


def test_every_way_in_which_a_server_is_not_there_has_its_own_words(server, tmp_path):
    assert "cannot be reached" in refused("http://127.0.0.1:9")[0]
    assert "There is no host 'nowhere.invalid'" in refused("http://nowhere.invalid:8000")[0]
    assert "does not speak TLS" in refused(server.url.replace("http", "https"))[0]
    assert "not as Chroma does" in refused_by(200, b"<html>hello</html>")[1]
    assert "404" in refused_by(404, b"nothing")[1]
    assert "sends on to https://else.where" in refused_by(301, b"", headers={"location": "https://else.where"})[1]
    assert "is not ready (503" in refused_by(503, b"")[0]
    old = refused_by(200, b'{"nanosecond heartbeat": 1}', version=b'"0.6.3"')
    assert "has version 0.6.3" in old[0]
    assert "Update Chroma" in old[2]
    assert "no database 'mine'" in refused(server.url, database="mine")[0]
    assert "no database 'default_database' of a tenant 'mine'" in refused(server.url, tenant="mine")[0]
    assert "cannot be used" in refused(server.url, ca_file=str(tmp_path / "none.pem"))[0]


def refused_by(status, body, *, version=None, headers=None):
    if version is None:
        with answering(status, body, headers=headers) as url:
            return refused(url)
    # Chroma of that age answers the heartbeat and tells its version.
    heartbeat, httpx_get = body, httpx.Client.get

    def get(self, url, **options):
        answer = httpx_get(self, url, **options)
        return httpx.Response(
            200, content=version if str(url).endswith("/version") else heartbeat, request=answer.request
        )

    with answering(200, heartbeat) as url, pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "get", get)
        return refused(url)


def test_a_missing_a_wrong_header_and_an_unknown_certificate_are_told_apart(server):
    with proxy(server.port, header=("x-key", SECRET)) as front:
        missing = refused(front.url)
        assert "401" in missing[0]
        assert "were sent: none" in missing[1]
        wrong = refused(front.url, headers=(Header("x-key", value="wrong"),))
        assert "403" in wrong[0]
        assert "x-key" in wrong[1]
        assert "wrong" not in "".join(wrong)
    with proxy(server.port, authority=trustme.CA()) as front:
        untrusted = refused(front.url)
        assert "is not trusted" in untrusted[0]
        assert "--chroma-ca" in untrusted[2]


def test_two_spaces_of_one_name_on_one_server_do_not_meet(home, folder, server, tmp_path):
    ingest_at(home, folder, "shared", ChromaAddress(server.url))
    for word in ("again", "and again"):
        with pytest.raises(ServerUnreachable, match="belongs to another space"):
            ingest_at(tmp_path / word, folder, "shared", ChromaAddress(server.url))
        assert not (tmp_path / word / "shared" / "manifest.json").exists()
    with open_space(home, "shared") as space:
        assert finds_every_item(space)


def test_a_collection_that_is_no_spaces_at_all_is_left_alone(home, folder, server):
    mine = client_of(server).create_collection("precious-text", embedding_function=None)
    mine.add(ids=["a"], embeddings=[[1.0, 2.0]])
    with pytest.raises(ServerUnreachable, match="'precious-text'"):
        ingest_at(home, folder, "precious", ChromaAddress(server.url))
    assert mine.count() == 1
    assert "precious-image" not in collection_names(server.port)


def test_a_failed_first_try_leaves_the_place_of_the_index_open(home, folder, server):
    with pytest.raises(ServerUnreachable):
        ingest_at(home, folder, "retry", ChromaAddress("http://127.0.0.1:9"))
    assert ingest_at(home, folder, "retry", ChromaAddress(server.url)).counts()["added"] == 3


def test_a_space_is_where_it_is_and_another_address_is_refused(home, folder, server):
    ingest_at(home, folder, "here", None)
    with pytest.raises(SettingsError, match=r"on this machine.*nearspace repair --space here --chroma http"):
        ingest_at(home, folder, "here", ChromaAddress(server.url))
    ingest_at(home, folder, "there", ChromaAddress(server.url))
    with pytest.raises(SettingsError, match="--chroma http://elsewhere"):
        ingest_at(home, folder, "there", ChromaAddress("http://elsewhere:8000"))
    assert ingest_at(home, folder, "there", ChromaAddress(server.url)).counts()["unchanged"] == 3


def test_the_environment_names_the_place_of_new_spaces_and_moves_none(home, folder, server, monkeypatch):
    ingest_folders(home, [folder], name="older")
    monkeypatch.setenv("NEARSPACE_CHROMA", server.url)
    for name in ("older", "newer"):
        done = nearspace_here("ingest", folder, "--home", home, "--space", name, "--encoder", FAKE)
        assert done.returncode == 0, done.stderr
    assert read_manifest(home / "older").chroma is None
    assert read_manifest(home / "newer").chroma == ChromaAddress(server.url)


def test_a_server_that_was_emptied_is_filled_from_the_ledger(home, folder, server):
    ingest_at(home, folder, "emptied", ChromaAddress(server.url))
    client_of(server).delete_collection("emptied-image")
    said = []
    with open_space(home, "emptied", log=said.append) as space:
        assert finds_every_item(space)
    assert any("rebuilding" in line for line in said)


def test_a_server_that_is_down_is_no_reason_to_rebuild_and_what_it_missed_it_learns_later(home, folder, tmp_path):
    with own_server(tmp_path / "chroma") as server:
        ingest_at(home, folder, "down", ChromaAddress(server.url))
        server.kill()
        with pytest.raises(ServerUnreachable, match="cannot be reached"):
            open_space(home, "down")
        found = check(home, "down")
        assert not found.sound
        assert not found.chroma_is_broken
        server.start()
        said = []
        with open_space(home, "down", log=said.append) as space:
            assert finds_every_item(space)
        assert said == []


def test_a_server_that_is_restarted_under_an_ingest_costs_no_item(home, tmp_path):
    shades(tmp_path / "many", 400)
    encoder = FakeEncoder()
    with own_server(tmp_path / "chroma") as server:
        with open_to_write(home, "restarted", encoder.info, chroma=ChromaAddress(server.url)) as space:

            def restart() -> None:
                while space.ledger.items.count() < 64:
                    time.sleep(0.01)
                server.kill()
                time.sleep(1)
                server.start()

            thread = threading.Thread(target=restart)
            thread.start()
            report = ingest(space, encoder, [tmp_path / "many"])
            thread.join()
        assert report.counts()["added"] == 400
        with open_space(home, "restarted") as space:
            assert finds_every_item(space)


def test_a_proxy_that_answers_in_chromas_place_is_waited_for_and_then_named(home, folder, server, monkeypatch):
    monkeypatch.setattr("ingest.space.chroma.remote_server._RECONNECT_SECONDS", 2.0)
    with proxy(server.port) as front:
        ingest_at(home, folder, "gateway", ChromaAddress(front.url))
        with open_space(home, "gateway") as space:
            front.out_of_order = True
            with pytest.raises(ServerUnreachable, match="502"):
                space.query("text", FakeEncoder().encode_texts(["green"]), 1)
            threading.Timer(1.0, lambda: setattr(front, "out_of_order", False)).start()
            assert space.query("text", FakeEncoder().encode_texts(["green"]), 1)[0]


def test_an_index_moves_to_a_server_and_back_and_a_reader_that_is_open_follows(home, folder, server):
    ingest_folders(home, [folder], name="moving")
    first = open_space(home, "moving")
    assert first.query("image", FakeEncoder().encode_texts(["red"]), 1)[0]
    done = repair(home, "moving", chroma=ChromaAddress(server.url))
    assert any(server.url in sentence for sentence in done.done)
    assert done.after.sound
    with pytest.raises(SpaceChanged, match="moved"):
        first.query("image", FakeEncoder().encode_texts(["red"]), 1)
    first.close()
    assert client_of(server).get_collection("moving-image").count() == 2
    with open_space(home, "moving") as space:
        assert finds_every_item(space)
    assert repair(home, "moving", chroma=ChromaAddress(server.url)).done == ()
    back = nearspace_here("repair", "--home", home, "--space", "moving", "--chroma", "local")
    assert back.returncode == 0, back.stdout + back.stderr
    assert "on this machine now" in back.stdout
    assert not {"moving-image", "moving-text"} & collection_names(server.port)
    with open_space(home, "moving") as space:
        assert finds_every_item(space)


def test_a_move_to_a_server_that_is_not_there_or_has_that_name_changes_nothing(home, folder, server, tmp_path):
    ingest_at(home, folder, "staying", ChromaAddress(server.url))
    ingest_folders(tmp_path / "other", [folder], name="staying")
    for address in (ChromaAddress(server.url), ChromaAddress("http://127.0.0.1:9")):
        with pytest.raises(ServerUnreachable):
            repair(tmp_path / "other", "staying", chroma=address)
        assert read_manifest(tmp_path / "other" / "staying").chroma is None
    for place in (home, tmp_path / "other"):
        with open_space(place, "staying") as space:
            assert finds_every_item(space)


def test_a_space_is_moved_away_from_a_server_that_is_gone(home, folder, server, tmp_path):
    with own_server(tmp_path / "chroma") as gone:
        ingest_at(home, folder, "refugee", ChromaAddress(gone.url))
    done = repair(home, "refugee", chroma=ChromaAddress(server.url))
    assert any("could not be deleted there" in sentence for sentence in done.done)
    assert done.after.sound


def test_a_header_is_given_anew_by_repair(home, folder, server, monkeypatch):
    monkeypatch.setenv("NEW_KEY", SECRET)
    with proxy(server.port) as front:
        ingest_at(home, folder, "keyed", ChromaAddress(front.url))
        front.header = ("x-key", SECRET)
        with pytest.raises(ServerUnreachable, match="repair --chroma URL --chroma-header"):
            open_space(home, "keyed")
        repair(home, "keyed", chroma=address_of(front.url, ["x-key: $NEW_KEY"]))
        with open_space(home, "keyed") as space:
            assert finds_every_item(space)


def test_another_encoder_is_refused_on_a_server_too(home, folder, server):
    ingest_at(home, folder, "encoded", ChromaAddress(server.url))
    with pytest.raises(EncoderMismatch):
        open_to_write(home, "encoded", OtherFakeEncoder.info, chroma=ChromaAddress(server.url))


def test_a_space_on_a_server_is_reencoded_there_and_an_open_reader_is_told(home, folder, server):
    ingest_at(home, folder, "reencoded", ChromaAddress(server.url))
    reader = open_space(home, "reencoded")
    with open_to_reencode(home, "reencoded") as space:
        assert reencode(space, OtherFakeEncoder()).swapped
    with pytest.raises(SpaceChanged):
        reader.query("image", FakeEncoder().encode_texts(["red"]), 1)
    reader.close()
    with open_space(home, "reencoded") as space:
        assert space.manifest.encoder.fingerprint == OtherFakeEncoder.info.fingerprint
        assert space.manifest.chroma == ChromaAddress(server.url)
        assert finds_every_item(space)


def test_a_space_on_a_server_is_not_opened_by_a_nearspace_that_knows_no_servers(home, folder, server):
    ingest_at(home, folder, "new", ChromaAddress(server.url))
    ingest_folders(home, [folder], name="plain")
    assert json.loads((home / "new" / "manifest.json").read_text())["format_version"] == 4
    assert json.loads((home / "plain" / "manifest.json").read_text())["format_version"] == 4


def test_chroma_cloud_is_written_to_in_pieces_that_it_takes(server, tmp_path):
    connection = RemoteConnection(tmp_path, ChromaAddress(server.url))
    assert connection.batch_size(5461) == 5461
    connection.address = ChromaAddress("https://api.trychroma.com")
    assert connection.batch_size(5461) == 300
