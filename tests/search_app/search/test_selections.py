from pathlib import Path

import numpy as np
import pytest

from ingest.errors import SpaceError
from search_app.search import selections
from search_app.search.filter_masks import item_masks
from search_app.search.query_schema import Filters
from search_app.search.selections import keep_selection, open_selection
from search_app.search.url_state import from_params
from tests.search_app.search.memory_ledger import MemoryLedger, snapshot_of, texts


def test_the_same_items_have_the_same_name_and_come_back_in_their_order(tmp_path: Path) -> None:
    name = keep_selection(tmp_path, np.array([7, 3, 3, 5]))
    assert keep_selection(tmp_path, np.array([3, 5, 7])) == name
    assert open_selection(tmp_path, name).tolist() == [3, 5, 7]


def test_a_filter_by_selection_lets_its_items_through_and_no_other(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    ids = ledger.add("text", texts("red", "green", "blue")) + ledger.add("image", texts("red"))
    name = keep_selection(tmp_path, np.array([int(ids[1]), int(ids[3]), 99]))
    filters = from_params({"selection": [name]})[0].filters
    assert filters == Filters(selection=name) and filters.narrow
    masks = item_masks(filters, snapshot_of(ledger), ledger, selected=open_selection(tmp_path, name))
    assert masks["text"].tolist() == [False, True, False] and masks["image"].tolist() == [True]


@pytest.mark.parametrize("name", ["", "../ledger", "0" * 31, "0" * 32])
def test_a_selection_that_is_not_kept_has_no_items(tmp_path: Path, name: str) -> None:
    assert not len(open_selection(tmp_path, name))


def test_a_damaged_selection_has_no_items(tmp_path: Path) -> None:
    name = keep_selection(tmp_path, np.array([1, 2]))
    (tmp_path / selections.SELECTION_FOLDER / f"{name}.npy").write_bytes(b"no numbers")
    assert not len(open_selection(tmp_path, name))


def test_the_ones_not_used_for_longest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selections, "KEPT", 2)
    names = [keep_selection(tmp_path, np.array([number])) for number in range(4)]
    assert [len(open_selection(tmp_path, name)) for name in names] == [0, 0, 1, 1]


def test_a_folder_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / selections.SELECTION_FOLDER).write_text("a file")
    with pytest.raises(SpaceError, match="Check that the folder can be written"):
        keep_selection(tmp_path, np.array([1]))
