"""The sample collection answers, in all four directions, questions whose right answer is beyond doubt."""

from collections.abc import Iterator
from pathlib import Path, PurePath

import pytest
from PIL import Image

from ingest.encoders.lite.lite_encoder import LiteEncoder
from ingest.readers.images import open_upright
from ingest.resources import sample_folder
from ingest.space import Item, open_space
from search_app.search.query import Query
from search_app.search.query_schema import Filters
from search_app.search.searcher import Searcher


@pytest.fixture(scope="module")
def searcher(sample_home: Path) -> Iterator[Searcher]:
    with open_space(sample_home, "sample") as space:
        yield Searcher(space)


PICTURE = "0123456789abcdef" * 2


def found(searcher: Searcher, lite: LiteEncoder, query: Query, picture: Image.Image | None = None) -> list[Item]:
    answer = searcher.ask(query, lite, {PICTURE: picture} if picture else {})
    return [answer.items[hit.id] for hit in answer.ranking.hits]


def folders(items: list[Item]) -> list[str]:
    return [PurePath(item.folder).name for item in items]


def names(items: list[Item]) -> list[str]:
    return [PurePath(item.path).stem for item in items]


def photograph(lite: LiteEncoder, *parts: str) -> Image.Image:
    return open_upright(sample_folder().joinpath("pictures", *parts), at_least=lite.info.image_size)


@pytest.mark.parametrize(
    ("words", "folder"),
    [("a bird", "birds"), ("a guitar", "music"), ("a castle", "castles")],
)
def test_words_find_pictures_of_what_they_name(searcher, lite, words, folder):
    items = found(searcher, lite, Query(words, filters=Filters(modality=("image",)), count=5))
    assert folders(items).count(folder) >= 4, names(items)


@pytest.mark.parametrize(
    ("words", "picture"),
    [("a steam train", "steam_locomotive"), ("a cup of coffee", "cup_of_coffee"), ("a peacock", "peacock")],
)
def test_words_find_the_only_picture_of_what_they_name_first(searcher, lite, words, picture):
    assert names(found(searcher, lite, Query(words, filters=Filters(modality=("image",)), count=1))) == [picture]


@pytest.mark.parametrize(
    ("picture", "document"),
    [
        (("music", "classical_guitar.webp"), "how_a_guitar_makes_sound"),
        (("birds", "tawny_owl.jpg"), "owls"),
        (("vehicles", "steam_locomotive.jpg"), "steam_trains"),
    ],
)
def test_a_picture_finds_the_passage_about_what_it_shows(searcher, lite, picture, document):
    query = Query(image=PICTURE, filters=Filters(modality=("text",)), count=5)
    items = found(searcher, lite, query, photograph(lite, *picture))
    assert document in names(items)


def test_a_picture_of_a_guitar_finds_instruments_and_the_passage_about_them_in_one_list(searcher, lite):
    items = found(searcher, lite, Query(image=PICTURE, count=10), photograph(lite, "music", "classical_guitar.webp"))
    assert {"image", "text"} == {item.modality for item in items}
    assert folders(items).count("music") >= 8, names(items)


@pytest.mark.parametrize(
    ("words", "document"),
    [
        ("how do I bake bread", "baking_bread"),
        ("what is a latent space", "latent_spaces"),
        ("why do owls fly silently", "owls"),
    ],
)
def test_a_question_finds_its_document_first(searcher, lite, words, document):
    assert names(found(searcher, lite, Query(words, filters=Filters(modality=("text",)), count=1))) == [document]


def test_a_picture_lying_on_its_side_is_turned_upright_in_its_thumbnail(searcher):
    path = sample_folder() / "pictures" / "buildings" / "leaning_tower_of_pisa.jpg"
    item = searcher.space.ledger.items.of_source(str(path))[0]
    with Image.open(path) as stored, Image.open(searcher.space.thumbnail_path(item)) as thumbnail:
        assert stored.width > stored.height
        assert thumbnail.width < thumbnail.height
