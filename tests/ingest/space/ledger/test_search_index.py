"""What is looked up in a ledger is in step with its items, whatever happens to them."""

import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ingest.readers.draft import Draft, Value
from ingest.sources.read_state import ReadState
from ingest.space.ledger import Ledger
from ingest.space.ledger.records import SourceRecord
from ingest.space.ledger.search_index import day_number, mark_all_due, spaced, suffix_of
from search_app.search.full_text import MOST_WORDS, phrase, quoted, tokens_of


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db", 4)
    yield opened
    opened.close()


def put(ledger: Ledger, path: str, *texts: str, image: bool = False, title: str = "", **meta: Value) -> list[int]:
    drafts = [Draft("image" if image else "text", text=text, title=title, meta=meta) for text in texts]
    noon = int(1_577_966_400e9)  # 2 January 2020
    vectors = np.eye(4, dtype=np.float32)[: len(drafts)]
    record = SourceRecord(
        path=path,
        root="/",
        folder="folder",
        size=1_000,
        mtime_ns=noon,
        sha256=path,
        outcome="added",
        drafts=drafts,
        thumbnails=[""] * len(drafts),
        vectors=vectors,
    )
    return [int(item) for item in ledger.write(1, [record])]


def saying(ledger: Ledger, words: str, column: str = "") -> list[int]:
    return ledger.search_index.matching(phrase(words, column)).tolist()


def test_names_titles_texts_and_keywords_are_found_word_for_word(ledger: Ledger) -> None:
    [photo] = put(
        ledger, "/a/IMG_2041.JPEG", "a boat", image=True, keywords="Lake Constance, évening", camera="Canon R5"
    )
    [note] = put(ledger, "/a/plan.md", "as ISO 9001 has it, in Zürich", title="The quality plan", id=4711)
    assert saying(ledger, "img_2041") == [photo]
    assert saying(ledger, "IMG_20*") == [photo]
    assert saying(ledger, "img 20") == []
    assert saying(ledger, "lake constance") == saying(ledger, "EVENING") == saying(ledger, "canon r5") == [photo]
    assert saying(ledger, "zurich") == saying(ledger, "Zu\u0308rich") == saying(ledger, "iso-9001") == [note]
    assert saying(ledger, "9001 iso") == []
    assert saying(ledger, "quality", "title") == [note]
    assert saying(ledger, "zurich", "title") == []
    assert saying(ledger, "4711") == [note]


def test_words_of_scripts_without_spaces_are_found(ledger: Ledger) -> None:
    [one] = put(ledger, "/京都の写真.txt", "京都の寺は古い。ISO9001も")
    [two] = put(ledger, "/b.txt", "서울에서 만나요", "ห้องสมุดใหญ่")[:1]
    assert (
        saying(ledger, "京都") == saying(ledger, "寺") == saying(ledger, "写真") == saying(ledger, "iso9001") == [one]
    )
    assert saying(ledger, "都京") == []
    assert saying(ledger, "서울") == [two]
    assert saying(ledger, "สมุด") == [two + 1]
    assert spaced("plain words") == "plain words"


def test_lookups_follow_every_change_of_an_item(ledger: Ledger) -> None:
    [photo] = put(ledger, "/a/one.jpg", "", image=True)
    source = ledger.sources.get("/a/one.jpg")
    assert source is not None
    changes = ledger.search_index.facet_changes()
    ledger.set_caption(1, source.id, ReadState(caption="x"), "a heron")
    assert saying(ledger, "heron") == [photo]
    assert ledger.search_index.facets().captioned.tolist() == [True]
    assert ledger.search_index.facet_changes() > changes
    moved = SourceRecord("/b/two.png", "/", "b", 5, 0, "x", "moved")
    ledger.move(1, source.id, moved)
    assert saying(ledger, "one.jpg") == []
    assert saying(ledger, "two") == [photo]
    assert ledger.search_index.facets().formats == ["png"]
    assert ledger.search_index.facets().days.tolist() == [0]
    [newer] = put(ledger, "/b/two.png", "a stork", image=True)
    assert saying(ledger, "heron") == []
    assert ledger.search_index.facets().ids.tolist() == saying(ledger, "stork") == [newer]
    ledger.pending.purge([str(photo)])
    ledger.remove([source.id])
    assert saying(ledger, "stork") == [] and not len(ledger.search_index.facets().ids)
    assert ledger.search_index.due_count() == 0


def test_what_is_rolled_back_cannot_be_looked_up(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.transaction():
        put(ledger, "/a.txt", "a heron")
        raise RuntimeError
    assert saying(ledger, "heron") == []
    assert ledger.search_index.due_count() == 0


def test_facts_of_a_picture_and_of_a_text(ledger: Ledger) -> None:
    put(ledger, "/a.JPEG", "", image=True, width=400, height=300, colours="red, white", taken="2019-07-04T12:30:00")
    put(ledger, "/b.tar.gz", "x")
    put(ledger, "/c.webp", "said", image=True, width=300, height=301)
    put(ledger, "/d", "x", date="2021-03-04")
    facets = ledger.search_index.facets()
    assert facets.formats == ["jpg", "gz", "webp", ""]
    assert facets.days.tolist() == [
        day_number(date(*day)) for day in ((2019, 7, 4), (2020, 1, 2), (2020, 1, 2), (2021, 3, 4))
    ]
    assert facets.pixels.tolist() == [120_000, 0, 90_300, 0]
    assert facets.shapes.tolist() == [1, 0, 3, 0]
    assert facets.colours.tolist() == [1 | 1 << 11, 0, 0, 0]
    assert facets.captioned.tolist() == [False, False, True, False]
    assert ledger.search_index.facets(after=2).ids.tolist() == [3, 4]


def test_metadata_is_found_by_key_and_value_whatever_its_kind(ledger: Ledger) -> None:
    put(ledger, "/a", "x", keywords="lake, Boat", draft=False, weight=3, camera="Canon = R5")
    put(ledger, "/b", "x", Camera="nikon")
    assert ledger.search_index.with_metadata("keywords", "boat").tolist() == [1]
    assert ledger.search_index.with_metadata("draft", "false").tolist() == [1]
    assert ledger.search_index.with_metadata("weight", "3").tolist() == [1]
    assert ledger.search_index.with_metadata("camera", "Canon = R5").tolist() == [1]
    assert ledger.search_index.with_metadata("camera").tolist() == [1, 2]
    assert ledger.search_index.with_metadata("camera", "' OR 1=1 --").tolist() == []


def test_an_older_ledger_is_filled_when_it_is_opened_to_write(tmp_path: Path, ledger: Ledger) -> None:
    ids = put(ledger, "/a.txt", "a heron", "a stork")
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as database, database:
        mark_all_due(database)
    assert saying(ledger, "heron") == [] and ledger.search_index.due_count() == 2
    seen: list[tuple[int, int]] = []
    assert ledger.search_index.update(lambda done, total: seen.append((done, total))) == 2
    assert seen == [(2, 2)]
    assert [*saying(ledger, "heron"), *saying(ledger, "stork")] == ids
    assert ledger.search_index.update() == 0


def test_nothing_typed_is_ever_syntax(ledger: Ledger) -> None:
    put(ledger, "/a.txt", "heron AND stork NEAR lake")
    typed = [
        '"',
        '""',
        'heron" OR "x',
        "heron OR lake",
        "NEAR(heron lake)",
        "title : heron",
        "a*b^c",
        "-heron",
        "heron\0x",
    ]
    typed += [
        "{text} : heron",
        "(",
        ")",
        "*",
        "'; DROP TABLE items; --",
        "heron + lake",
        "\ud800",
        "x " * 5_000,
        "y" * 10_000,
    ]
    chance = random.Random(0)
    typed += ["".join(chance.choices("ab \"*():^-+{}AND OR NOT'\\\n京é", k=40)) for _ in range(300)]
    for words in typed:
        if expression := phrase(words):
            ledger.search_index.matching(expression)
            ledger.search_index.some_matching(expression, 5)
    assert saying(ledger, "heron AND stork") == [1]
    assert saying(ledger, "heron OR lake") == []
    assert phrase("--- ...") == ""
    assert len(tokens_of("word " * 10_000)) == MOST_WORDS


def test_phrases_in_quotation_marks_are_taken_out_of_a_question() -> None:
    assert quoted('the "ISO 9001" plan of "Zürich"') == ("ISO 9001", "Zürich")
    assert quoted("„Das Boot“ “the boat” «le bateau»") == ("Das Boot", "the boat", "le bateau")
    assert quoted('a 5" pipe, and "" nothing') == ()


def test_suffixes_that_mean_one_format_count_as_one() -> None:
    assert [suffix_of(path) for path in ("a.JPG", "b.jpeg", "c.tif", f"d{os.sep}e.f{os.sep}g")] == [
        "jpg",
        "jpg",
        "tif",
        "",
    ]
