"""A space gets another encoder's vectors without losing an item, an id, or a reader."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from ingest import cli
from ingest.encoders.registry import load_encoder
from ingest.errors import EncoderMismatch, SpaceChanged
from ingest.run.pipeline import ingest
from ingest.run.reencode import Reencoding, reencode
from ingest.space import encoder_of_space, open_space, open_to_reencode, open_to_write
from ingest.space.manifest import read_manifest, write_manifest
from ingest.space.staging import STAGING_NAME, staged_count
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from search_app.search.searcher import Searcher
from tests.fake_encoder import FakeEncoder, OtherFakeEncoder
from tests.make_files import finds_every_item, ingest_folders, picture, shades, text
from tests.narrow_encoder import NarrowEncoder
from tests.patience import Patience
from tests.retuned_encoder import RetunedEncoder, SharedTextEncoder

LONG = (
    "A red fox crosses the green meadow. A blue bird sings above it. The orange sun goes down behind a purple hill. "
    "Then white stars come out over the black wood, and a grey owl calls. "
) * 3


@pytest.fixture
def folder(tmp_path):
    for colour in ("red", "green", "blue", "yellow"):
        picture(tmp_path / "files" / f"{colour}.png", colour)
    picture(tmp_path / "files" / "copy of red.png", "red")
    text(tmp_path / "files" / "fox.txt", LONG)
    text(tmp_path / "files" / "red.md", "# Red\n\nRed words.\n")
    return tmp_path / "files"


@pytest.fixture
def home(tmp_path, folder):
    ingest_folders(tmp_path / "home", [folder], SharedTextEncoder())
    return tmp_path / "home"


def again(home: Path, encoder: FakeEncoder, **options: bool) -> Reencoding:
    with open_to_reencode(home, "test") as space:
        return reencode(space, encoder, **options)


def contents(home: Path) -> dict[str, tuple[str, str]]:
    """What the space holds, by id: the first of its paths, and text."""
    with open_space(home, "test") as space:
        items = space.ledger.items.get([str(number) for number in space.ledger.items.ids()])
        return {item.id: (min((item.path, *item.also)), item.text) for item in items}


def vectors(home: Path) -> dict[str, np.ndarray]:
    with open_space(home, "test") as space:
        stored = space.ledger.items.vectors()
        return {str(number): vector for number, vector in zip(stored.ids, stored.vectors, strict=True)}


def test_with_one_text_tower_texts_keep_their_vectors_and_only_images_are_encoded(home):
    before, items = vectors(home), contents(home)
    done = again(home, RetunedEncoder())
    assert done.swapped and done.kept_texts
    assert (done.images, done.texts, done.missing) == (4, 0, []), "one content is encoded once"
    after = vectors(home)
    assert contents(home) == items
    for number, (path, _) in items.items():
        same = np.array_equal(before[number], after[number])
        assert same == (not path.endswith(("red.png", "green.png"))), path
    with open_space(home, "test") as space:
        assert space.manifest.encoder == RetunedEncoder().info
        assert finds_every_item(space)
    assert not (home / "test" / STAGING_NAME).exists()


def test_the_result_is_what_an_ingest_with_that_encoder_would_have_given(home, folder, tmp_path):
    again(home, NarrowEncoder())
    ingest_folders(tmp_path / "fresh", [folder], NarrowEncoder())
    one, other = (
        {content: vectors(place)[number] for number, content in contents(place).items()}
        for place in (home, tmp_path / "fresh")
    )
    assert one.keys() == other.keys()
    for content, vector in one.items():
        np.testing.assert_allclose(vector, other[content], atol=1e-6, err_msg=str(content))
    with open_space(home, "test") as space:
        assert space.ledger.dimension == 30
        assert len(space.manifest.statistics["image"].mean) == 30
        assert finds_every_item(space)
    with open_to_write(home, "test", NarrowEncoder().info) as space:
        report = ingest(space, NarrowEncoder(), [folder])
    assert report.counts()["unchanged"] == 7, "the next ingest has nothing to do"


def test_images_keep_their_ids_and_passages_that_fit_do_too(home):
    items = contents(home)
    done = again(home, NarrowEncoder())
    assert done.recut == 1
    after = contents(home)
    kept = {number: content for number, content in items.items() if not content[0].endswith("fox.txt")}
    assert kept.items() <= after.items()
    assert len([path for path, _ in after.values() if path.endswith("fox.txt")]) > 5


@pytest.mark.parametrize("change", ["gone", "changed"])
def test_texts_whose_files_are_gone_or_changed_come_from_the_ledger(home, folder, change):
    before = contents(home)
    for name in ("fox.txt", "red.md"):
        if change == "gone":
            (folder / name).unlink()
        else:
            text(folder / name, "something else")
    done = again(home, NarrowEncoder())
    assert done.swapped
    words = {path: " ".join(text.split()) for path, text in before.values()}
    for name in ("fox.txt", "red.md"):
        path = str(folder / name)
        old = "".join("".join(words.split()) for where, words in before.values() if where == path)
        new = "".join("".join(words.split()) for where, words in contents(home).values() if where == path)
        assert new == old, "every character is still there, in order"
    assert words


def test_pictures_that_are_gone_are_named_and_nothing_changes(home, folder, capsys):
    before = vectors(home)
    (folder / "green.png").unlink()
    picture(folder / "blue.png", "white")
    (folder / "red.png").unlink()  # its copy is still there
    arguments = ["reencode", "--encoder", RetunedEncoder().info.id, "--home", str(home), "--space", "test"]
    assert cli.main(arguments) == 2
    shown = capsys.readouterr()
    assert "1 picture cannot be encoded anew: it is no longer there" in shown.out
    assert "green.png" in shown.out and "blue.png" in shown.out and "red.png" not in shown.out
    assert "--drop-missing" in shown.err
    assert vectors(home).keys() == before.keys()
    assert encoder_of_space(home, "test") == SharedTextEncoder().info.id

    assert cli.main([*arguments, "--drop-missing"]) == 0
    with open_space(home, "test") as space:
        left = {Path(source.path).name for source in space.ledger.sources.all()}
        assert left == {"red.png", "copy of red.png", "yellow.png", "fox.txt", "red.md"}
        assert finds_every_item(space)
        thumbnails = {path.name for path in (home / "test" / "thumbnails").rglob("*.jpg")}
        assert len(thumbnails) == 2


def test_a_picture_that_turns_out_unreadable_stops_the_swap_and_costs_no_work(home, folder, monkeypatch):
    class Refusing(RetunedEncoder):
        pass

    from ingest.errors import ReadError
    from ingest.readers import images

    real = images.read_images

    def failing(path: Path, **options: object) -> object:
        if path.name == "blue.png":
            raise ReadError("the disk has a bad block. Copy it again.")
        return real(path, **options)

    with monkeypatch.context() as patch:
        patch.setattr(images, "read_images", failing)
        done = again(home, Refusing())
    assert not done.swapped
    assert [Path(entry.source.path).name for entry in done.missing] == ["blue.png"]
    done = again(home, Refusing())
    assert done.swapped
    assert (done.images, done.resumed) == (1, 3), "the others were staged"


def test_a_reader_that_is_open_is_told_and_one_that_opens_anew_answers(home):
    old, new = SharedTextEncoder(), RetunedEncoder()
    with open_space(home, "test") as reader:
        searcher = Searcher(reader)
        first = searcher.ask(Query("red"), old)
        assert first.items[first.ranking.hits[0].id].name in ("red.png", "copy of red.png", "red.md")
        held = reader.query("image", old.encode_texts(["red"]), 3)
        assert again(home, new).swapped
        with pytest.raises(SpaceChanged, match="Ask again"):
            searcher.ask(Query("red"), old)
        with pytest.raises(SpaceChanged):
            reader.query("image", old.encode_texts(["red"]), 3)
        assert held
        with open_space(home, "test") as fresh:
            best = Searcher(fresh).ask(Query("red", filters=Filters(modality=("image",))), new)
            assert best.items[best.ranking.hits[0].id].name == "green.png", "the new encoder takes green for red"


def test_until_the_swap_a_reader_is_answered_with_the_old_vectors(home, monkeypatch):
    answers = []

    class Looking(RetunedEncoder):
        def encode_images(self, images):
            with open_space(home, "test") as reader:
                assert reader.manifest.encoder == SharedTextEncoder().info
                answer = Searcher(reader).ask(Query("red", filters=Filters(modality=("image",))), SharedTextEncoder())
                answers.append(answer.items[answer.ranking.hits[0].id].name)
            return super().encode_images(images)

    assert again(home, Looking()).swapped
    assert answers and set(answers) <= {"red.png", "copy of red.png"}


def test_afterwards_the_old_encoder_is_refused_with_what_to_do(home, folder):
    again(home, RetunedEncoder())
    with pytest.raises(EncoderMismatch, match=r"nearspace reencode --encoder python:tests\.retuned_encoder:Shared"):
        open_to_write(home, "test", SharedTextEncoder().info)
    with open_to_write(home, "test", RetunedEncoder().info) as space:
        picture(folder / "purple.png", "purple")
        assert ingest(space, RetunedEncoder(), [folder]).counts()["added"] == 1


def test_the_same_encoder_has_nothing_to_do(home, capsys):
    arguments = ["reencode", "--encoder", SharedTextEncoder().info.id, "--home", str(home), "--space", "test"]
    assert cli.main(arguments) == 0
    assert "nothing to do" in " ".join(capsys.readouterr().err.split())


def test_another_encoder_in_between_starts_over_and_an_ingest_in_between_is_followed(home, folder, monkeypatch):
    (folder / "yellow.png").rename(folder / "yellow.hidden")
    staging = home / "test" / STAGING_NAME

    def interrupted(*given: object, **options: object) -> None:
        raise KeyboardInterrupt

    for encoder in (OtherFakeEncoder(), NarrowEncoder()):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("ingest.space.space.Space.swap_encoder", interrupted)
            again(home, encoder, drop_missing=True)
        assert staging.exists()
    (folder / "yellow.hidden").rename(folder / "yellow.png")
    staged = staged_count(home / "test")
    text(folder / "fox.txt", LONG + " And a brown bear wakes up in the deep white snow of the long winter night.")
    picture(folder / "purple.png", "purple")
    (folder / "green.png").unlink()
    with open_to_write(home, "test", SharedTextEncoder().info) as space:
        ingest(space, SharedTextEncoder(), [folder])
    done = again(home, NarrowEncoder())
    assert done.swapped and staged > 4
    assert done.images == 2, "what came in between, and what was missing"
    texts = [words for path, words in contents(home).values() if path.endswith("fox.txt")]
    assert "bear" in texts[-1] or "bear" in texts[-2]
    with open_space(home, "test") as space:
        assert finds_every_item(space)


def start(home: Path, encoder: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "ingest.cli", "reencode", "--home", str(home), "--space", "test"]
    command += ["--encoder", f"python:tests.retuned_encoder:{encoder}"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_reencoding_killed_in_its_middle_leaves_the_old_space_and_goes_on(tmp_path):
    home, folder, count = tmp_path / "home", tmp_path / "files", 600
    shades(folder, count)
    ingest_folders(home, [folder], SharedTextEncoder())
    before = vectors(home)
    staged, kills = 0, 0
    for _ in range(3):
        with start(home, "SlowRetunedEncoder") as process:
            patience = Patience(180)
            while staged_count(home / "test") <= staged and process.poll() is None and not patience.over():
                time.sleep(0.02)
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
        assert staged_count(home / "test") >= staged, "what was staged is kept"
        staged = staged_count(home / "test")
        if encoder_of_space(home, "test") == SharedTextEncoder().info.id:
            now = vectors(home)
            assert all(np.array_equal(now[number], vector) for number, vector in before.items())
    assert kills >= 2
    with open_to_reencode(home, "test") as space:
        done = reencode(space, load_encoder("python:tests.retuned_encoder:SlowRetunedEncoder"))
    assert done.resumed >= 64 and done.images + done.resumed == count
    with open_space(home, "test") as space:
        assert space.manifest.encoder == RetunedEncoder().info
        assert space.ledger.items.count() == count
        assert finds_every_item(space)


@pytest.mark.parametrize("after", ["the ledger", "the manifest", "the collections"])
@pytest.mark.parametrize("opener", ["reader", "writer"])
def test_a_swap_interrupted_at_any_step_is_finished_when_the_space_is_next_opened(
    home, folder, monkeypatch, after, opener
):
    before = contents(home)

    class Killed(BaseException):
        pass

    def die(*given: object, **options: object) -> None:
        raise Killed

    step = {
        "the ledger": "ingest.space.space.Space._finish_swap",
        "the manifest": "ingest.space.chroma.collections.Collections.recreate_for",
        "the collections": "ingest.space.space.catch_up",
    }[after]
    with monkeypatch.context() as patch, pytest.raises(Killed), open_to_reencode(home, "test") as space:
        patch.setattr(step, die)
        reencode(space, NarrowEncoder())
    assert encoder_of_space(home, "test") == NarrowEncoder().info.id
    if opener == "writer":
        with open_to_write(home, "test", NarrowEncoder().info) as space:
            assert ingest(space, NarrowEncoder(), [folder]).counts()["unchanged"] == 7
    with open_space(home, "test") as space:
        assert space.manifest.encoder == NarrowEncoder().info == read_manifest(home / "test").encoder
        assert finds_every_item(space)
        assert set(space.manifest.statistics) == {"image", "text"}
    assert {path for path, _ in contents(home).values()} == {path for path, _ in before.values()}
    assert not (home / "test" / STAGING_NAME).exists()


def test_a_space_of_an_older_nearspace_is_brought_up_to_date(home):
    manifest = read_manifest(home / "test")
    write_manifest(home / "test", manifest)
    path = home / "test" / "manifest.json"
    older = path.read_text().replace('"format_version": 4', '"format_version": 1')
    path.write_text(older.replace(',\n    "text_fingerprint": "texts-1"', ""))
    assert "text_fingerprint" not in path.read_text()
    with sqlite3.connect(home / "test" / "ledger.db") as database:
        database.execute("DROP TABLE encoder")
        database.execute("PRAGMA user_version = 1")
    database.close()
    done = again(home, RetunedEncoder())
    assert done.swapped and not done.kept_texts, "nothing tells that the texts are the same"
    assert done.texts > 0
    with open_space(home, "test") as space:
        assert finds_every_item(space)


def test_a_damaged_staging_file_is_begun_anew(home):
    (home / "test" / STAGING_NAME).write_bytes(b"no database" * 500)
    assert again(home, RetunedEncoder()).swapped


def test_an_unknown_space_is_refused_and_not_made(tmp_path, capsys):
    assert cli.main(["reencode", "--encoder", RetunedEncoder().info.id, "--home", str(tmp_path / "home")]) == 2
    assert "There is no space" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_a_space_that_was_moved_away_from_its_pictures_says_so_at_once(home, folder):
    shutil.rmtree(folder)
    done = again(home, NarrowEncoder())
    assert not done.swapped
    assert len(done.missing) == 5
    assert done.images == done.texts == 0, "told before anything is encoded"


def test_an_ingest_that_waited_for_a_reencoding_goes_on_with_the_new_encoder(home, folder, monkeypatch):
    from ingest.commands import ingest_session as command

    picture(folder / "purple.png", "purple")
    real = command.open_to_write

    def waiting(*given: object, **options: object) -> object:
        if encoder_of_space(home, "test") == SharedTextEncoder().info.id:
            again(home, RetunedEncoder())
        return real(*given, **options)

    monkeypatch.setattr(command, "open_to_write", waiting)
    report = command.ingest_into(home, "test", [folder])
    assert report.counts()["added"] == 1
    assert encoder_of_space(home, "test") == RetunedEncoder().info.id


def test_while_the_index_is_filled_anew_a_reader_still_finds_everything(home, monkeypatch):
    from ingest.space import space as module

    real, answers = module.catch_up, []

    def looking(*given: object) -> int:
        with open_space(home, "test") as reader:
            if reader._collections.count("image") == 0:  # the old vectors are gone, and the new ones are not in yet
                answer = Searcher(reader).ask(Query("green"), RetunedEncoder())
                answers.append({Path(path).name for item in answer.items.values() for path in (item.path, *item.also)})
        return real(*given)

    monkeypatch.setattr(module, "catch_up", looking)
    again(home, RetunedEncoder())
    assert answers
    assert answers[0] >= {"red.png", "copy of red.png", "green.png", "blue.png", "yellow.png", "red.md", "fox.txt"}
