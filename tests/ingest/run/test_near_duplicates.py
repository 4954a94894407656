"""Near-duplicates are marked at the end of an ingest: copies saved anew, not strangers, each compared only once."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from ingest.readers.perceptual_hash import FLAT, picture_hash
from ingest.run.near_duplicates import LIKELY_BITS, SURE_BITS, mark_near_duplicates, near_texts, words_hash
from ingest.run.pipeline import ingest
from ingest.run.reencode import reencode
from ingest.space import open_space, open_to_reencode, open_to_write
from ingest.space.ledger.ledger import Ledger
from ingest.space.ledger.near_duplicates import NearDuplicates
from ingest.space.status import space_status
from tests.fake_encoder import FakeEncoder, OtherFakeEncoder
from tests.make_files import ingest_folders, picture, text


def scene(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """A picture of shapes, like no other."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(chance.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        x, y = chance.integers(0, size[0]), chance.integers(0, size[1])
        w, h = chance.integers(20, 140, 2)
        draw.ellipse((int(x - w), int(y - h), int(x + w), int(y + h)), fill=tuple(chance.integers(0, 256, 3).tolist()))
    return image


def changed(image: Image.Image, how: str) -> Image.Image:
    width, height = image.size
    match how:
        case "saved again":
            out = io.BytesIO()
            image.save(out, "JPEG", quality=30)
            return Image.open(out).convert("RGB")
        case "smaller":
            return image.resize((width // 2, height // 2))
        case "cropped":
            return image.crop((width // 50, height // 50, width - width // 50, height - height // 50))
        case "brighter":
            return ImageEnhance.Brightness(image).enhance(1.2)
        case _:
            return image.convert("L").convert("RGB")


HOW = ("saved again", "smaller", "cropped", "brighter", "grey")


def bits(one: Image.Image, other: Image.Image) -> int:
    return ((picture_hash(one) ^ picture_hash(other)) & (2**64 - 1)).bit_count()


@pytest.mark.parametrize("how", HOW)
def test_the_hash_stays_nearly_the_same_when_a_picture_is_changed_a_little(how):
    apart = [bits(scene(seed), changed(scene(seed), how)) for seed in range(30)]
    assert max(apart) <= LIKELY_BITS
    assert np.mean([number <= SURE_BITS for number in apart]) >= 0.9


def test_the_hashes_of_strangers_differ_in_about_half_of_their_bits():
    scenes = [scene(seed) for seed in range(60)]
    apart = [bits(one, other) for place, one in enumerate(scenes) for other in scenes[:place]]
    assert min(apart) > SURE_BITS
    assert 28 <= np.mean(apart) <= 36


def test_a_picture_of_one_tone_has_no_hash_of_its_own():
    assert picture_hash(Image.new("RGB", (200, 100), (200, 10, 10))) == FLAT
    assert picture_hash(scene(1)) != FLAT


def test_texts_are_near_by_their_words_whatever_their_case_and_spacing():
    assert words_hash("The red  fox.\n") == words_hash("the RED fox") != words_hash("the red dog")
    assert words_hash("?") != words_hash("!")
    long = "A fox crosses the green meadow, a blue bird sings above it and the orange sun goes down behind the hill"
    assert near_texts(long, long + " slowly")
    assert not near_texts("row 1 of 20", "row 2 of 20")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two scenes, one of them at several sizes and colours, and two texts of the same words."""
    root = tmp_path / "files"
    root.mkdir()
    scene(1).save(root / "a first.png")
    scene(2).save(root / "b other.png")
    for how in HOW:
        changed(scene(1), how).save(root / f"c {how}.png")
    text(root / "one.txt", "The red fox crosses the meadow.")
    text(root / "two.txt", "the red fox\ncrosses the MEADOW")
    text(root / "three.txt", "The blue fox crosses the meadow.")
    return root


@pytest.fixture
def home(tmp_path: Path, folder: Path) -> Path:
    ingest_folders(tmp_path / "home", [folder])
    return tmp_path / "home"


def groups(ledger: Ledger) -> list[set[str]]:
    """The names of the files in each group of more than one, the largest first, then by name."""
    items = {item.id: item.name for item in ledger.items([str(number) for number in ledger.live_ids()])}
    found: dict[str, set[str]] = {}
    for item_id, group in ledger.twin_groups(list(items)).items():
        found.setdefault(group, set()).add(items[item_id])
    return sorted((names for names in found.values() if len(names) > 1), key=lambda names: (-len(names), min(names)))


FIRST = {"a first.png", *(f"c {how}.png" for how in HOW)}
WORDS = {"one.txt", "two.txt"}


def test_an_ingest_marks_pictures_and_texts_that_are_nearly_the_same(home):
    with open_space(home, "test") as space:
        assert groups(space.ledger) == [FIRST, WORDS]
        assert space.ledger.twin_counts() == (2, 6)
        assert space_status(space)["near_duplicates"] == {"groups": 2, "items": 6, "not_compared": 0}


def test_what_comes_later_joins_its_group_and_only_it_is_compared(home, folder, monkeypatch):
    compared: list[int] = []
    real = NearDuplicates.put_leaders

    def marking(self, leaders):
        pairs = list(leaders)
        compared.extend(item for item, _ in pairs)
        real(self, pairs)

    monkeypatch.setattr(NearDuplicates, "put_leaders", marking)
    changed(scene(2), "smaller").save(folder / "d other.png")
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        assert groups(space.ledger) == [FIRST, {"b other.png", "d other.png"}, WORDS]
    assert len(compared) == 1


def test_when_the_one_that_stands_for_a_group_goes_another_does(home, folder):
    with open_space(home, "test") as space:
        leader = next(iter(set(space.ledger.twin_groups([str(n) for n in space.ledger.live_ids()]).values())))
        path = Path(space.ledger.items([leader])[0].path)
    path.unlink()
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        left = [names - {path.name} for names in (FIRST, WORDS)]
        assert groups(space.ledger) == [names for names in left if len(names) > 1]


def test_a_re_encoding_compares_all_anew(home):
    with open_to_reencode(home, "test") as space:
        assert reencode(space, OtherFakeEncoder()).swapped
        assert space.ledger.unmarked_count() == 0
        assert groups(space.ledger) == [FIRST, WORDS]


def test_a_space_from_before_there_were_marks_gets_them_at_the_next_ingest(home, folder):
    with open_to_write(home, "test", FakeEncoder.info) as space:
        space.ledger.database.connection.execute("DELETE FROM twins")
        space.ledger.database.connection.execute("DELETE FROM hashes")
        assert ingest(space, FakeEncoder(), [folder]).counts()["unchanged"] == 10
        assert groups(space.ledger) == [FIRST, WORDS], "the hashes come from the thumbnails"


def test_pictures_of_one_tone_are_near_only_if_they_are_the_same(home, folder):
    picture(folder / "white.png", "white")
    picture(folder / "white too.png", "white", (80, 60))
    picture(folder / "red.png", "red")
    ingest_folders(home, [folder])
    with open_space(home, "test") as space:
        assert {"white.png", "white too.png"} in groups(space.ledger)
        assert not any("red.png" in names for names in groups(space.ledger))


class OneDirection(FakeEncoder):
    """An encoder to which all texts are close."""

    def encode_texts(self, texts):
        return super().encode_texts(["fox"] * len(texts))


def test_different_passages_under_one_long_title_are_no_near_duplicates(tmp_path):
    title = "The opening hours of the museum of natural history and of its library in the winter of this year"
    for day in ("Monday", "Sunday"):
        text(tmp_path / "files" / f"{day}.md", f"# {title}\n\nClosed on {day}")
    text(tmp_path / "files" / "again.md", f"# Elsewhere\n\n{title}, in all towns and villages")
    text(tmp_path / "files" / "and again.md", f"# Somewhere\n\n{title}, in all towns or villages")
    ingest_folders(tmp_path / "home", [tmp_path / "files"], OneDirection())
    with open_space(tmp_path / "home", "test") as space:
        assert groups(space.ledger) == [{"again.md", "and again.md"}]


def test_blocks_and_pieces_give_what_one_look_gives(home, folder, monkeypatch):
    monkeypatch.setattr("ingest.run.near_duplicates._NEW_AT_ONCE", 3)
    monkeypatch.setattr("ingest.run.near_duplicates._LEADERS_AT_ONCE", 2)
    monkeypatch.setattr("ingest.run.near_duplicates._ROWS_AT_ONCE", 2)
    with open_to_write(home, "test", FakeEncoder.info) as space:
        space.ledger.database.connection.execute("DELETE FROM twins")
        mark_near_duplicates(space.ledger, space.folder)
        assert groups(space.ledger) == [FIRST, WORDS]
