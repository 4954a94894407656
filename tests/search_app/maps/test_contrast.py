import numpy as np
import pytest

from search_app.maps.contrast import Contrast, contrast
from search_app.search.projection import fit
from search_app.search.topics.vocabulary import Vocabulary
from tests.search_app.search.clusters import NAMES, clustered, vectors_of
from tests.search_app.search.memory_ledger import ENCODER, Facts, MemoryLedger, snapshot_of

WORDS = Vocabulary(NAMES, ENCODER.encode_texts(NAMES))


def told(ledger: MemoryLedger, ids: list[str]) -> Contrast:
    snapshot = snapshot_of(ledger)
    return contrast(snapshot, ids, fit(snapshot.groups, 32).gap_closed.means, ledger.items.texts, WORDS, count=4)


def ids_in(ledger: MemoryLedger, *folders: str) -> list[str]:
    return [str(number) for number, row in ledger.rows.items() if row[1] in folders]


def test_a_selection_is_told_by_near_words_said_words_spread_and_its_middle() -> None:
    ledger = clustered()
    of_red = told(ledger, ids_in(ledger, "red"))
    assert (of_red.images, of_red.texts) == (20, 12)
    assert of_red.nearest_words[0][0] == "red" and of_red.nearest_words[0][1] > 0.8
    assert of_red.distinctive_words[0].word == "red" and "thing" not in {each.word for each in of_red.distinctive_words}
    assert {ledger.rows[int(each)][1] for each in of_red.medoids} == {"red"} and len(of_red.medoids) == 4
    mixed = told(ledger, ids_in(ledger, "red", "blue"))
    assert mixed.spread < of_red.spread - 0.15
    assert {word for word, _ in mixed.nearest_words[:2]} == {"red", "blue"}


def test_the_medoid_is_the_item_nearest_to_the_middle() -> None:
    ledger = clustered()
    odd = ledger.add("image", vectors_of("blue", "image", 1, seed=9), "odd")
    ids = ids_in(ledger, "red")
    assert told(ledger, [*ids, *odd]).medoids[0] in ids
    alone = told(ledger, odd)
    assert alone.medoids == tuple(odd) and alone.spread == pytest.approx(1.0, abs=1e-5)


def test_what_is_no_prose_says_nothing_of_a_selection_and_comes_last_in_it() -> None:
    ledger = clustered()
    ids = ids_in(ledger, "red")
    said_before = told(ledger, ids)
    texts = [each for each in ids if ledger.rows[int(each)][0] == "text"]
    for each in texts:
        ledger.tell(each, Facts(quality=0.0))
    of_red = told(ledger, ids)
    assert said_before.distinctive_words and not of_red.distinctive_words
    assert not set(texts) & set(of_red.medoids)
    assert len(told(ledger, texts).medoids) == 4, "rather than nothing"


def test_nothing_selected_unknown_ids_and_the_whole_space_are_told_too() -> None:
    ledger = clustered()
    assert told(ledger, []) == told(ledger, ["99999", "x"]) == Contrast(0, 0, (), (), 0.0, ())
    whole = told(ledger, ids_in(ledger, *NAMES))
    assert whole.images + whole.texts == 160 and np.isfinite(whole.spread)


def test_a_selection_is_not_named_where_it_has_no_meaning_of_its_own_or_is_nearly_everything() -> None:
    ledger = clustered()
    some_of_each = [item for name in NAMES for item in ids_in(ledger, name)[::2]]
    assert told(ledger, some_of_each).nearest_words == ()
    assert len(NAMES) == 5 and told(ledger, ids_in(ledger, *NAMES[:4])).nearest_words == ()
