"""What a source was read with, and the column of the ledger that keeps it."""

import pytest

from ingest.sources.read_state import ReadState

COLUMNS = {
    "": ReadState(),
    "a.txt:12:1700000000000000000": ReadState("a.txt:12:1700000000000000000"),
    "|read:gps": ReadState(options="gps"),
    "a.txt:12:17|read:frames=2 gps": ReadState("a.txt:12:17", "frames=2 gps"),
    "row:0123456789abcdef": ReadState.of_row("0123456789abcdef"),
    "row:0123456789abcdef|read:gps": ReadState.of_row("0123456789abcdef", "gps"),
    "|read:text=caption id= image=file": ReadState(options="text=caption id= image=file"),
    "odd |read: name.txt:1:2|read:every=3": ReadState("odd |read: name.txt:1:2", "every=3"),
}


@pytest.mark.parametrize(("column", "state"), COLUMNS.items())
def test_the_column_of_the_ledger_gives_the_state_and_the_state_the_column(column: str, state: ReadState) -> None:
    assert ReadState.parse(column) == state
    assert str(state) == column


def test_a_state_tells_whether_its_caption_is_from_a_table() -> None:
    assert [state.from_row for state in COLUMNS.values()] == [column.startswith("row:") for column in COLUMNS]
