"""The Python API: its names and signatures, and what it finds."""

import argparse
import inspect
import io
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import search_app.search as engine
from ingest.errors import ItemNotFound, SettingsError, SpaceNotFound
from search_app.commands.query_options import SEARCH_EPILOG
from search_app.commands.search import add_arguments
from search_app.search import Filters, Part, Result, Space, query_pictures
from search_app.search.results import FIELDS
from tests.fake_encoder import COLOURS
from tests.make_files import ingest_folders, picture
from tests.search_app.conftest import fill

SURFACE = {
    "Space": {
        "__init__": ["self", "name", "home", "log", "say"],
        "close": ["self"],
        "counts": ["self"],
        "dimension": "property",
        "encoder": "property",
        "export": ["self", "results", "file"],
        "folder": "property",
        "ingest_status": ["self"],
        "name": "property",
        "neighbours": ["self", "item_id", "measure", "centred", "count"],
        "original": ["self", "item_id"],
        "search": ["self", "text", "image", "parts", "like", "unlike", "filters", "count", "listing"],
        "show": ["self", "item_id"],
        "status": ["self"],
        "similar": ["self", "item_id", "filters", "count", "listing"],
        "thumbnail": ["self", "item_id"],
        "topics": ["self"],
        "vector": ["self", "item_id"],
        "vectors": ["self", "modality"],
    },
    "Part": {"__init__": ["self", "text", "image", "item", "between", "weight"]},
}


@pytest.fixture(scope="module")
def space(colours_home: Path) -> Iterator[Space]:
    with Space("test", home=colours_home) as opened:
        yield opened


def png(colour: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, COLOURS[colour]).save(out, "PNG")
    return out.getvalue()


def stems(results: list[Result]) -> list[str]:
    return [Path(result.path).stem for result in results]


def test_the_names_that_programs_use_stay() -> None:
    assert engine.__all__ == ["Filters", "Listing", "Part", "Result", "Space"]
    for name, members in SURFACE.items():
        kind = getattr(engine, name)
        public = {member for member in vars(kind) if not member.startswith("_")} | {"__init__"}
        if name == "Space":
            assert public == members.keys()
        for member, expected in members.items():
            found = inspect.getattr_static(kind, member)
            if expected == "property":
                assert isinstance(found, property)
            else:
                assert list(inspect.signature(found).parameters) == expected
            assert inspect.getdoc(found)
    with pytest.raises(AttributeError):
        engine.nothing  # type: ignore[attr-defined]  # noqa: B018


def test_a_result_has_the_fields_that_are_documented_everywhere(space: Space) -> None:
    result = space.search("red", count=1)[0]
    assert [field.name for field in fields(Result)] == list(FIELDS)
    assert list(json.loads(json.dumps(result.as_json()))) == list(FIELDS)
    find = argparse.ArgumentParser()
    add_arguments(find)
    assert SEARCH_EPILOG in find.format_help()
    assert all(f"\n  {name} " in SEARCH_EPILOG for name in FIELDS)


def test_words_find_images_and_passages(space: Space) -> None:
    found = space.search("red", count=3)
    assert [result.rank for result in found] == [1, 2, 3]
    assert {"red"} <= set(stems(found))
    assert {result.modality for result in space.search("red", count=6)} == {"image", "text"}
    assert space.search("red", filters=Filters(modality=("text",)), count=1)[0].modality == "text"


@pytest.mark.parametrize("kind", ["file", "text", "bytes", "picture"])
def test_a_picture_is_a_file_its_content_or_an_open_picture(space: Space, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mine.png"
    file.write_bytes(png("purple"))
    picture = {
        "file": file,
        "text": str(file),
        "bytes": png("purple"),
        "picture": Image.new("RGB", (9, 9), COLOURS["purple"]),
    }[kind]
    assert stems(space.search(image=picture, count=1)) == ["purple"]


def test_parts_are_added_and_left_out(space: Space) -> None:
    images = Filters(modality=("image",), folder=("pictures", "pictures/tall"))
    both = space.search("red", parts=[Part(text="blue", weight=1)], filters=images, count=4)
    assert {stem.split()[0] for stem in stems(both)} == {"red", "blue"}
    without = space.search("red", parts=[Part(image=png("blue"), weight=-1)], filters=images, count=8)
    assert {stem.split()[0] for stem in stems(without)} <= {"red", "green", "yellow", "purple"}


def test_similar_items_leave_the_item_out_and_between_lie_both(space: Space) -> None:
    red, blue = (
        next(result.id for result in space.search(colour, count=5) if Path(result.path).name == f"{colour}.png")
        for colour in ("red", "blue")
    )
    assert red not in [result.id for result in space.similar(red, count=20)]
    assert stems(space.similar(red, filters=Filters(folder=("pictures/tall",)), count=1)) == ["red tall"]
    middle = space.search(parts=[Part(between=(red, blue, 0.5))], filters=Filters(folder=("pictures/tall",)), count=2)
    assert {stem.split()[0] for stem in stems(middle)} == {"red", "blue"}


def test_one_id_alone_is_no_list_of_its_digits(space: Space) -> None:
    ids = [result.id for result in space.search("red", count=96)]
    assert "12" in ids
    assert space.search(like="12") == space.search(like=["12"]) == space.similar("12")
    assert space.search("red", unlike="12") == space.search("red", unlike=["12"])


def test_what_stands_in_quotation_marks_is_said_word_for_word(space: Space) -> None:
    assert stems(space.search('red "about blue"')) == ["blue"]


def test_an_item_its_thumbnail_and_its_vector(space: Space) -> None:
    result = space.search("green", filters=Filters(modality=("image",)), count=1)[0]
    item = space.show(result.id)
    assert item.path == result.path
    thumbnail = space.thumbnail(result.id)
    assert thumbnail is not None
    assert Image.open(io.BytesIO(thumbnail)).format == "JPEG"
    vector = space.vector(result.id)
    assert vector.shape == (space.dimension,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    ids, vectors = space.vectors("image")
    np.testing.assert_array_equal(vectors[ids.index(result.id)], vector)
    assert space.counts()["image"] == len(ids)


def test_the_original_is_given_while_it_is_the_file_that_was_read(tmp_path: Path) -> None:
    file = picture(tmp_path / "files" / "red.png", "red")
    secret = tmp_path / "secret.txt"
    secret.write_text("of no concern")
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    with Space("test", home=tmp_path / "home") as opened:
        [found] = opened.search("red")
        with opened.original(found.id) as original:  # type: ignore[union-attr]
            assert original.read() == file.read_bytes()
        file.unlink()
        assert opened.original(found.id) is None
        file.symlink_to(secret)
        assert opened.original(found.id) is None
        file.unlink()
        os.mkfifo(file)
        assert opened.original(found.id) is None


def test_the_original_is_given_out_of_an_archive(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    with zipfile.ZipFile(tmp_path / "files" / "all.zip", "w") as archive:
        archive.writestr("red.png", png("red"))
    ingest_folders(tmp_path / "home", [tmp_path / "files"])
    with Space("test", home=tmp_path / "home") as opened:
        [found] = opened.search("red")
        with opened.original(found.id) as original:  # type: ignore[union-attr]
            assert original.read() == png("red")
        (tmp_path / "files" / "all.zip").unlink()
        assert opened.original(found.id) is None


def test_topics_are_found_when_asked_for_and_searched_by_name(tmp_path: Path) -> None:
    fill(tmp_path / "home", tmp_path / "files")
    with Space("test", home=tmp_path / "home") as opened:
        topics = opened.topics()
        assert sum(topic.size for topic in topics) == sum(opened.counts().values())
        assert [topic.size for topic in topics] == sorted((topic.size for topic in topics), reverse=True)
        within = opened.search("red", filters=Filters(topic=(topics[-1].name,)), count=96)
        assert len(within) == topics[-1].size
        assert set(topics[-1].representatives) <= {result.id for result in within}
        with pytest.raises(SettingsError, match="has no topic"):
            opened.search("red", filters=Filters(topic=("nowhere",)))


def test_what_cannot_be_asked_is_told_in_words(space: Space, colours_home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    for wrong in (
        {},
        {"text": "   "},
        {"image": broken},
        {"image": b"no picture"},
        {"parts": [Part()]},
        {"parts": [Part(text="a", item="1")]},
        {"parts": [Part(text="a", weight=0)]},
        {"parts": [Part(text="a", weight=99)]},
        {"parts": [Part(text="a", weight=float("nan"))]},
        {"parts": [Part(between=("1", "2", 7))]},
        {"parts": [Part(text=f"word {number}") for number in range(50)]},
        {"text": "long " * 10_000},
    ):
        with pytest.raises(SettingsError):
            space.search(**wrong)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"There is no picture .*\. Check"):
        space.search(image=tmp_path / "nowhere.png")
    with pytest.raises(SettingsError, match="Choose of cosine, euclidean"):
        space.neighbours("1", measure="manhattan")  # type: ignore[arg-type]
    for item_id in ("999999", "../../etc/passwd", "1 OR 1=1", "", "01"):
        with pytest.raises(ItemNotFound):
            space.show(item_id)
        with pytest.raises((ItemNotFound, SettingsError)):
            space.similar(item_id)
    with pytest.raises(SpaceNotFound):
        Space("nowhere", home=colours_home)


@pytest.mark.parametrize(
    "named", ["../manifest.json", "thumbnails/../manifest.json", "/etc/passwd", "manifest.json", "thumbnails/../../x"]
)
def test_a_ledger_that_names_a_file_elsewhere_as_a_thumbnail_is_not_believed(space: Space, named: str) -> None:
    item = space.show(space.search("red", filters=Filters(modality=("image",)), count=1)[0].id)
    assert space._space.thumbnail_path(item) is not None
    assert space._space.thumbnail_path(replace(item, thumbnail=named)) is None


def test_an_upload_of_too_many_pixels_or_bytes_is_refused_before_it_is_decoded(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_pictures, "MOST_PIXELS", 10_000)
    with pytest.raises(SettingsError, match="too large"):
        space.search(image=png("red", (101, 100)))
    assert space.search(image=png("red", (100, 100)))
    monkeypatch.setattr(query_pictures, "MOST_BYTES", 50)
    with pytest.raises(SettingsError, match="too large"):
        space.search(image=png("red"))
